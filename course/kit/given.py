"""A translator that is given, for the unit on decoding: the plain RNN on Keras's own layers.

Its weights are those of the family `rnn-fixed`.
"""

from typing import Any

import keras
from keras import ops

from course.kit.tokens import PAD_ID


@keras.saving.register_keras_serializable(package="course.kit")
class GivenTranslator(keras.Model):
    """Reads the source into one vector, and writes from there.

    Args:
        source_vocabulary_size, target_vocabulary_size: the sizes of the two vocabularies.
        units: the width of embeddings and states.
    """

    def __init__(
        self, source_vocabulary_size: int, target_vocabulary_size: int, units: int, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.source_words = keras.layers.Embedding(source_vocabulary_size, units)
        self.target_words = keras.layers.Embedding(target_vocabulary_size, units)
        self.reader = keras.layers.GRU(units, reset_after=False)
        self.writer = keras.layers.GRU(units, reset_after=False, return_sequences=True)
        self.scores = keras.layers.Dense(target_vocabulary_size)

    def encode(self, source: Any) -> tuple[Any, Any]:
        """Read the source `(B, S)`; return `(state (B, U), source_mask (B, S))`."""
        real = ops.cast(source - PAD_ID, "bool")
        return self.reader(self.source_words(source), mask=real), real

    def decode(self, target_in: Any, memory: Any) -> Any:
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave."""
        state, _ = memory
        return self.scores(self.writer(self.target_words(target_in), initial_state=state))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return logits `(B, T, V)` for `(source (B, S), target_in (B, T))`."""
        return self.decode(inputs[1], self.encode(inputs[0]))
