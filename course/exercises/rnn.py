"""RNN: one step after another.

A recurrent network reads a sentence word by word and carries a state along: what it knows of the
words so far. Each state is made of the last one, so the steps can't run side by side. The unit
builds three cells, the loop that runs them, and a translation model in two halves: an encoder
that reads, and a decoder that writes, with or without attention to what was read.

Notation: B batch, S source length, T target length, D width of an input, U units (width of a
state), E width of a key, V vocabulary size. A mask is boolean and True means "a real token".
"""

import keras
from keras import ops

from course.kit.loops import scan
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID

__all__ = [
    "RNNCell",
    "GRUCell",
    "LSTMCell",
    "unroll",
    "AdditiveAttention",
    "RNNEncoder",
    "RNNDecoder",
    "RNNSeq2Seq",
]


@keras.saving.register_keras_serializable(package="course")
class RNNCell(keras.layers.Layer):
    """One step of the simple recurrent network: h' = tanh(x W + h R + b).

    Keras's own recurrent layers and cells are not allowed here.

    Args:
        units: U, the width of the state.

    Call arguments:
        inputs: this step's input x, `(B, D)`.
        states: a list of one tensor, the last step's state h, `(B, U)`.

    Returns:
        `(output, [state])`: the new state h' `(B, U)`, twice, as Keras wants it of a cell.

    Attributes:
        kernel: W, `(D, U)`.
        recurrent_kernel: R, `(U, U)`.
        bias: b, `(U,)`.

    Source: Elman 1990, "Finding structure in time".
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        raise NotImplementedError("RNNCell.build")

    def call(self, inputs, states):
        raise NotImplementedError("RNNCell.call")

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="course")
class GRUCell(keras.layers.Layer):
    """One step of the gated recurrent unit.

    z = sigmoid(x W_z + h R_z + b_z)              how much of the old state stays
    r = sigmoid(x W_r + h R_r + b_r)              how much of it the candidate sees
    candidate = tanh(x W_c + (r * h) R_c + b_c)
    h' = z * h + (1 - z) * candidate

    The reset gate r works on the state before the matrix product, as in the paper; Keras calls
    that `reset_after=False`.

    Keras's own recurrent layers and cells are not allowed here.

    Args:
        units: U, the width of the state.

    Call arguments:
        inputs: this step's input x, `(B, D)`.
        states: a list of one tensor, the last step's state h, `(B, U)`.

    Returns:
        `(output, [state])`: the new state h' `(B, U)`, twice.

    Attributes:
        kernel: W_z, W_r and W_c beside each other, `(D, 3U)`.
        recurrent_kernel: R_z, R_r and R_c beside each other, `(U, 3U)`.
        bias: b_z, b_r and b_c, `(3U,)`.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder",
    equations 5 to 8.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        raise NotImplementedError("GRUCell.build")

    def call(self, inputs, states):
        raise NotImplementedError("GRUCell.call")

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="course")
class LSTMCell(keras.layers.Layer):
    """One step of the long short-term memory.

    i, f, candidate, o = the four parts of x W + h R + b
    c' = sigmoid(f) * c + sigmoid(i) * tanh(candidate)
    h' = sigmoid(o) * tanh(c')

    The forget gate f starts open: its part of the bias is 1, so that a new cell remembers.

    Keras's own recurrent layers and cells are not allowed here.

    Args:
        units: U, the width of the state.

    Call arguments:
        inputs: this step's input x, `(B, D)`.
        states: a list of two tensors, the last step's h and c, each `(B, U)`.

    Returns:
        `(output, [h', c'])`; the output is h', `(B, U)`.

    Attributes:
        kernel: W, `(D, 4U)`, in the order input gate, forget gate, candidate, output gate.
        recurrent_kernel: R, `(U, 4U)`, in the same order.
        bias: b, `(4U,)`, in the same order.

    Source: Hochreiter and Schmidhuber 1997; the forget gate is that of Gers et al. 2000, its
    first bias that of Jozefowicz et al. 2015.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        raise NotImplementedError("LSTMCell.build")

    def call(self, inputs, states):
        raise NotImplementedError("LSTMCell.call")

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def unroll(cell, inputs, initial_states, mask=None):
    """Run a cell over a sentence, one step after another.

    (output_t, states_t) = cell(input_t, states_{t-1})

    A padded step changes nothing: the states are carried over it, and the output of the step
    before is given again; zeros where there was no real step yet. The length may be unknown when a
    function is compiled; `course.kit.loops.scan` is a loop that copes with that.

    Keras's own recurrent layers are not allowed here.

    Args:
        cell: called with `(input (B, D), states)`, gives `(output (B, U), states)`; its output is
            as wide as its first state.
        inputs: `(B, T, D)`.
        initial_states: a list of the states before the first step, each `(B, U)`.
        mask: boolean `(B, T)`, True at real steps; every step is real where it is None.

    Returns:
        `(outputs, final_states)`: the outputs of all steps, `(B, T, U)`, and the list of the last
        states.
    """

    raise NotImplementedError("unroll")


@keras.saving.register_keras_serializable(package="course")
class AdditiveAttention(keras.layers.Layer):
    """Attention with a small network for the scores.

    score_s = v · tanh(query W + key_s U)
    weight_s = softmax(scores)_s
    context = sum_s weight_s key_s

    Keras's own attention layers are not allowed here.

    Args:
        units: width of the hidden layer in which queries and keys are added.

    Call arguments:
        query: what the decoder knows, `(B, U)`.
        keys: what the encoder has read, `(B, S, E)`.
        keys_mask: boolean `(B, S)`, True at the keys that may be attended to; all where it is
            None.

    Returns:
        `(context, weights)` of shapes `(B, E)` and `(B, S)`. Masked weights are exactly 0, the
        others of a row sum to 1.

    Attributes:
        query_projection, key_projection: Dense layers without bias, `units` wide: W and U.
        score_projection: a Dense layer without bias, 1 wide: v.

    Source: Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
    Translate", equations 5 and 6 and appendix A.1.2.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        raise NotImplementedError("AdditiveAttention.__init__")

    def build(self, query_shape, keys_shape):
        raise NotImplementedError("AdditiveAttention.build")

    def call(self, query, keys, keys_mask=None):
        raise NotImplementedError("AdditiveAttention.call")

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="course")
class RNNEncoder(keras.layers.Layer):
    """Read the source sentence: embed its words, run a GRU over them.

    The state after the last real word is the famous fixed-length vector: however long the
    sentence was, U numbers are to hold all of it.

    Args:
        vocabulary_size: V, of the source language.
        units: U, width of the embeddings and of the state.

    Call arguments:
        source: token ids `(B, S)`; `PAD_ID` (0) is padding.

    Returns:
        `(outputs, state)` of shapes `(B, S, U)` and `(B, U)`. Padding changes neither the state
        nor the outputs at real words. The first state is zeros.

    Attributes:
        embedding: an Embedding layer, U wide.
        cell: a `GRUCell(units)`.

    Source: Cho et al. 2014, section 2.2.
    """

    def __init__(self, vocabulary_size, units, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        raise NotImplementedError("RNNEncoder.__init__")

    def build(self, source_shape):
        raise NotImplementedError("RNNEncoder.build")

    def call(self, source):
        raise NotImplementedError("RNNEncoder.call")

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
        }


@keras.saving.register_keras_serializable(package="course")
class RNNDecoder(keras.layers.Layer):
    """Write the target sentence: from the words so far and the memory, scores for the next word.

    Without attention the encoder's state is the decoder's first state, and all that it ever gets:

        state_t = GRU(word_t, state_{t-1}),  logits_t = Dense(state_t)

    With attention each step first looks at the encoder's outputs, asking with the state so far:

        context_t = attention(state_{t-1}, outputs)
        state_t = GRU([word_t, context_t], state_{t-1}),  logits_t = Dense([state_t, context_t])

    Args:
        vocabulary_size: V, of the target language.
        units: U, width of the embeddings and of the state; that of the encoder.
        attention: whether to look back at the encoder's outputs.

    Call arguments:
        target: token ids `(B, T)` of the target so far, beginning with the start id.
        memory: `(outputs, state)` of an `RNNEncoder`, `(B, S, U)` and `(B, U)`.
        memory_mask: boolean `(B, S)`, True at real source words; all are where it is None.
        return_attention_scores: whether the weights are wanted too.

    Returns:
        Logits `(B, T, V)`; with `return_attention_scores` `(logits, weights (B, T, S))`, where the
        weights are None without attention.

    Attributes:
        embedding: an Embedding layer, U wide.
        attention: an `AdditiveAttention(units)`, or None.
        cell: a `GRUCell(units)`.
        output_projection: a Dense layer with bias, V wide.

    Source: Sutskever et al. 2014; with attention Bahdanau et al. 2015, section 3.1, with a plain
    Dense layer in place of the maxout.
    """

    def __init__(self, vocabulary_size, units, attention=True, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        raise NotImplementedError("RNNDecoder.__init__")

    def build(self, target_shape):
        raise NotImplementedError("RNNDecoder.build")

    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        outputs, state = memory
        if isinstance(memory_mask, tuple | list):  # Keras fills it in by itself, in pairs
            memory_mask = memory_mask[0]
        raise NotImplementedError("RNNDecoder.call")

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "attention": self.attention is not None,
        }


@keras.saving.register_keras_serializable(package="course")
class RNNSeq2Seq(keras.Model):
    """The whole translator: an `RNNEncoder`, an `RNNDecoder`, and the face of every model here.

    Args:
        source_vocabulary_size, target_vocabulary_size: the sizes of the two vocabularies.
        units: U, width of embeddings and states.
        attention: whether the decoder looks back at the encoder's outputs.

    Call arguments:
        inputs: `(source (B, S), target_in (B, T))`, token ids; the target begins with the start
            id and ends before the last word.

    Returns:
        Logits `(B, T, V)`: at t the scores of the word that follows target_in[t].

    Attributes:
        encoder, decoder: an `RNNEncoder` and an `RNNDecoder`.
    """

    def __init__(
        self, source_vocabulary_size, target_vocabulary_size, units, attention=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.units = units
        self.has_attention = attention
        raise NotImplementedError("RNNSeq2Seq.__init__")

    def build(self, input_shape):
        raise NotImplementedError("RNNSeq2Seq.build")

    def encode(self, source):
        """Read the source `(B, S)`; return `(outputs, state, source_mask)`.

        The mask is boolean `(B, S)`, True at real words.
        """
        raise NotImplementedError("RNNSeq2Seq.encode")

    def decode(self, target_in, memory, return_attention_scores=False):
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave.

        With `return_attention_scores` it is `(logits, weights (B, T, S))`.
        """
        raise NotImplementedError("RNNSeq2Seq.decode")

    def call(self, inputs, training=None):
        raise NotImplementedError("RNNSeq2Seq.call")

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, 1, T, S)}`, each row a distribution over the source words.

        A model without attention gives an empty dictionary.
        """
        raise NotImplementedError("RNNSeq2Seq.attention_scores")

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "units": self.units,
            "attention": self.has_attention,
        }
