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
        ### BEGIN SOLUTION
        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, self.units), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        ### END SOLUTION

    def call(self, inputs, states):
        ### BEGIN SOLUTION
        [state] = states
        state = ops.tanh(  # (B, D) @ (D, U) + (B, U) @ (U, U) -> (B, U)
            ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        )
        return state, [state]
        ### END SOLUTION

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
        ### BEGIN SOLUTION
        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, 3 * self.units), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 3 * self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(3 * self.units,), initializer="zeros", name="bias")
        ### END SOLUTION

    def call(self, inputs, states):
        ### BEGIN SOLUTION
        [state] = states
        x = ops.matmul(inputs, self.kernel) + self.bias  # (B, D) -> (B, 3U)
        x_z, x_r, x_c = ops.split(x, 3, axis=-1)  # each (B, U)
        r_z, r_r, r_c = ops.split(ops.convert_to_tensor(self.recurrent_kernel), 3, axis=-1)
        update = ops.sigmoid(x_z + ops.matmul(state, r_z))
        reset = ops.sigmoid(x_r + ops.matmul(state, r_r))
        candidate = ops.tanh(x_c + ops.matmul(reset * state, r_c))
        state = update * state + (1 - update) * candidate
        return state, [state]
        ### END SOLUTION

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
        ### BEGIN SOLUTION
        def forget_gate_open(shape, dtype=None):
            shut, open_ = ops.zeros((self.units,), dtype), ops.ones((self.units,), dtype)
            return ops.concatenate([shut, open_, shut, shut])

        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, 4 * self.units), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 4 * self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(
            shape=(4 * self.units,), initializer=forget_gate_open, name="bias"
        )
        ### END SOLUTION

    def call(self, inputs, states):
        ### BEGIN SOLUTION
        state, memory = states
        parts = (  # (B, D) @ (D, 4U) + (B, U) @ (U, 4U) -> (B, 4U)
            ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        )
        i, f, candidate, o = ops.split(parts, 4, axis=-1)  # each (B, U)
        memory = ops.sigmoid(f) * memory + ops.sigmoid(i) * ops.tanh(candidate)
        state = ops.sigmoid(o) * ops.tanh(memory)
        return state, [state, memory]
        ### END SOLUTION

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

    ### BEGIN SOLUTION
    def step(carry, t):
        output, states = cell(inputs[:, t], carry[1:])
        new = [output, *states]
        if mask is not None:
            real = ops.cast(mask[:, t], "bool")[:, None]  # (B, 1)
            new = [ops.where(real, after, before) for after, before in zip(new, carry, strict=True)]
        return new, new[0]

    first = [ops.zeros_like(initial_states[0]), *initial_states]
    last, outputs = scan(step, first, ops.shape(inputs)[1])
    return ops.swapaxes(outputs, 0, 1), last[1:]  # (T, B, U) -> (B, T, U)
    ### END SOLUTION


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
        ### BEGIN SOLUTION
        self.query_projection = keras.layers.Dense(units, use_bias=False)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score_projection = keras.layers.Dense(1, use_bias=False)
        ### END SOLUTION

    def build(self, query_shape, keys_shape):
        ### BEGIN SOLUTION
        self.query_projection.build(query_shape)
        self.key_projection.build(keys_shape)
        self.score_projection.build((*keys_shape[:-1], self.units))
        ### END SOLUTION

    def call(self, query, keys, keys_mask=None):
        ### BEGIN SOLUTION
        query = self.query_projection(query)[:, None, :]  # (B, U) -> (B, 1, units)
        hidden = ops.tanh(query + self.key_projection(keys))  # (B, S, units)
        scores = ops.squeeze(self.score_projection(hidden), axis=-1)  # (B, S, 1) -> (B, S)
        weights = masked_softmax(scores, keys_mask)
        context = ops.sum(weights[:, :, None] * keys, axis=1)  # (B, S, E) -> (B, E)
        return context, weights
        ### END SOLUTION

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
        ### BEGIN SOLUTION
        self.embedding = keras.layers.Embedding(vocabulary_size, units)
        self.cell = GRUCell(units)
        ### END SOLUTION

    def build(self, source_shape):
        ### BEGIN SOLUTION
        self.embedding.build(source_shape)
        self.cell.build((None, self.units))
        ### END SOLUTION

    def call(self, source):
        ### BEGIN SOLUTION
        words = self.embedding(source)  # (B, S) -> (B, S, U)
        start = ops.zeros_like(words[:, 0])  # (B, U)
        outputs, [state] = unroll(self.cell, words, [start], mask=ops.not_equal(source, PAD_ID))
        return outputs, state
        ### END SOLUTION

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
        ### BEGIN SOLUTION
        self.embedding = keras.layers.Embedding(vocabulary_size, units)
        self.attention = AdditiveAttention(units) if attention else None
        self.cell = GRUCell(units)
        self.output_projection = keras.layers.Dense(vocabulary_size)
        ### END SOLUTION

    def build(self, target_shape):
        ### BEGIN SOLUTION
        state, width = (None, self.units), self.units
        self.embedding.build(target_shape)
        if self.attention is not None:
            self.attention.build(state, (None, None, self.units))
            width = 2 * self.units
        self.cell.build((None, width))
        self.output_projection.build((None, None, width))
        ### END SOLUTION

    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        outputs, state = memory
        if isinstance(memory_mask, tuple | list):  # Keras fills it in by itself, in pairs
            memory_mask = memory_mask[0]
        ### BEGIN SOLUTION
        words = self.embedding(target)  # (B, T) -> (B, T, U)
        if self.attention is None:
            states, _ = unroll(self.cell, words, [state])
            logits = self.output_projection(states)  # (B, T, U) -> (B, T, V)
            return (logits, None) if return_attention_scores else logits

        def step(state, t):
            context, weights = self.attention(state, outputs, keys_mask=memory_mask)
            inputs = ops.concatenate([words[:, t], context], axis=-1)  # (B, 2U)
            _, [state] = self.cell(inputs, [state])
            return state, (ops.concatenate([state, context], axis=-1), weights)

        _, (features, weights) = scan(step, state, ops.shape(target)[1])  # (T, B, 2U), (T, B, S)
        logits = self.output_projection(ops.swapaxes(features, 0, 1))  # (B, T, 2U) -> (B, T, V)
        return (logits, ops.swapaxes(weights, 0, 1)) if return_attention_scores else logits
        ### END SOLUTION

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
        ### BEGIN SOLUTION
        self.encoder = RNNEncoder(source_vocabulary_size, units)
        self.decoder = RNNDecoder(target_vocabulary_size, units, attention)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        source_shape, target_shape = input_shape
        self.encoder.build(source_shape)
        self.decoder.build(target_shape)
        ### END SOLUTION

    def encode(self, source):
        """Read the source `(B, S)`; return `(outputs, state, source_mask)`.

        The mask is boolean `(B, S)`, True at real words.
        """
        ### BEGIN SOLUTION
        outputs, state = self.encoder(source)
        return outputs, state, ops.not_equal(source, PAD_ID)
        ### END SOLUTION

    def decode(self, target_in, memory, return_attention_scores=False):
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave.

        With `return_attention_scores` it is `(logits, weights (B, T, S))`.
        """
        ### BEGIN SOLUTION
        outputs, state, source_mask = memory
        return self.decoder(
            target_in,
            (outputs, state),
            memory_mask=source_mask,
            return_attention_scores=return_attention_scores,
        )
        ### END SOLUTION

    def call(self, inputs, training=None):
        ### BEGIN SOLUTION
        source, target_in = inputs
        return self.decode(target_in, self.encode(source))
        ### END SOLUTION

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, 1, T, S)}`, each row a distribution over the source words.

        A model without attention gives an empty dictionary.
        """
        ### BEGIN SOLUTION
        if not self.has_attention:
            return {}
        _, weights = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {"layer_1": weights[:, None]}  # (B, T, S) -> (B, 1, T, S)
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "units": self.units,
            "attention": self.has_attention,
        }
