"""The training loss, from Keras's own cross-entropy."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="course.kit")
class TokenLoss(keras.losses.Loss):
    """Cross-entropy of the right tokens under logits, averaged over all tokens of a batch.

    The sample weights tell tokens from padding: 1 and 0.

    Args:
        label_smoothing: the share of the truth that is spread over the vocabulary.
    """

    def __init__(self, label_smoothing: float = 0.0, **kwargs: Any):
        kwargs.setdefault("reduction", "mean_with_sample_weight")
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each token, `(B, T)`, for ids `(B, T)` and logits `(B, T, V)`."""
        logits = ops.cast(y_pred, "float32")
        one_hot = ops.one_hot(y_true, logits.shape[-1], dtype=logits.dtype)
        return keras.losses.categorical_crossentropy(
            one_hot, logits, from_logits=True, label_smoothing=self.label_smoothing
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
