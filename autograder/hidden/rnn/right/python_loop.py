"""A Python loop over a list where the length is known."""

import keras
from keras import ops

from course.kit.loops import scan
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID


@keras.saving.register_keras_serializable(package="python_loop")
class RNNCell(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, self.units), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs, states):
        [state] = states
        state = ops.tanh(
            ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        )
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="python_loop")
class GRUCell(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, 3 * self.units), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 3 * self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(3 * self.units,), initializer="zeros", name="bias")

    def call(self, inputs, states):
        [state] = states
        x_z, x_r, x_c = ops.split(ops.matmul(inputs, self.kernel) + self.bias, 3, axis=-1)
        r_z, r_r, r_c = ops.split(ops.convert_to_tensor(self.recurrent_kernel), 3, axis=-1)
        update = ops.sigmoid(x_z + ops.matmul(state, r_z))
        reset = ops.sigmoid(x_r + ops.matmul(state, r_r))
        candidate = ops.tanh(x_c + ops.matmul(reset * state, r_c))
        state = update * state + (1 - update) * candidate
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="python_loop")
class LSTMCell(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
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

    def call(self, inputs, states):
        state, memory = states
        gates = (
            ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
        )
        entering, forgetting, candidate, leaving = ops.split(gates, 4, axis=-1)
        memory = ops.sigmoid(forgetting) * memory + ops.sigmoid(entering) * ops.tanh(candidate)
        state = ops.sigmoid(leaving) * ops.tanh(memory)
        return state, [state, memory]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def unroll(cell, inputs, initial_states, mask=None):
    states, output = list(initial_states), ops.zeros_like(initial_states[0])
    if inputs.shape[1] is None:
        return unroll_any_length(cell, inputs, states, output, mask)
    outputs = []
    for t in range(inputs.shape[1]):
        new_output, new_states = cell(inputs[:, t], states)
        if mask is not None:
            real = ops.expand_dims(mask[:, t], -1)
            new_output = ops.where(real, new_output, output)
            pairs = zip(new_states, states, strict=True)
            new_states = [ops.where(real, new, old) for new, old in pairs]
        output, states = new_output, list(new_states)
        outputs.append(output)
    return ops.stack(outputs, axis=1), states


def unroll_any_length(cell, inputs, states, output, mask):
    def step(carry, t):
        output, *states = carry
        new_output, new_states = cell(inputs[:, t], states)
        new = [new_output, *new_states]
        if mask is not None:
            real = ops.expand_dims(mask[:, t], -1)
            new = [ops.where(real, a, b) for a, b in zip(new, [output, *states], strict=True)]
        return new, new[0]

    last, outputs = scan(step, [output, *states], ops.shape(inputs)[1])
    return ops.moveaxis(outputs, 0, 1), last[1:]


@keras.saving.register_keras_serializable(package="python_loop")
class AdditiveAttention(keras.layers.Layer):
    """Attention with a small network for the scores.

    score_s = v · tanh(query W + key_s U)
    weights = softmax(scores)
    context = sum_s weight_s key_s

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
        self.query_projection = keras.layers.Dense(units, use_bias=False)
        self.key_projection = keras.layers.Dense(units, use_bias=False)
        self.score_projection = keras.layers.Dense(1, use_bias=False)

    def build(self, query_shape, keys_shape):
        self.query_projection.build(query_shape)
        self.key_projection.build(keys_shape)
        self.score_projection.build((*keys_shape[:-1], self.units))

    def call(self, query, keys, keys_mask=None):
        hidden = ops.tanh(self.query_projection(query)[:, None, :] + self.key_projection(keys))
        scores = ops.squeeze(self.score_projection(hidden), axis=-1)
        weights = masked_softmax(scores, keys_mask)
        context = ops.sum(weights[:, :, None] * keys, axis=1)
        return context, weights

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="python_loop")
class RNNEncoder(keras.layers.Layer):
    def __init__(self, vocabulary_size, units, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.embedding = keras.layers.Embedding(vocabulary_size, units)
        self.cell = GRUCell(units)

    def build(self, source_shape):
        self.embedding.build(source_shape)
        self.cell.build((None, self.units))

    def call(self, source):
        words = self.embedding(source)
        start = ops.zeros_like(words[:, 0])
        outputs, [state] = unroll(self.cell, words, [start], mask=ops.not_equal(source, PAD_ID))
        return outputs, state

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
        }


@keras.saving.register_keras_serializable(package="python_loop")
class RNNDecoder(keras.layers.Layer):
    def __init__(self, vocabulary_size, units, attention=True, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.embedding = keras.layers.Embedding(vocabulary_size, units)
        self.attention = AdditiveAttention(units) if attention else None
        self.cell = GRUCell(units)
        self.output_projection = keras.layers.Dense(vocabulary_size)

    def build(self, target_shape):
        state, width = (None, self.units), self.units
        self.embedding.build(target_shape)
        if self.attention is not None:
            self.attention.build(state, (None, None, self.units))
            width = 2 * self.units
        self.cell.build((None, width))
        self.output_projection.build((None, None, width))

    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        outputs, state = memory
        if isinstance(memory_mask, tuple | list):  # Keras fills it in by itself, in pairs
            memory_mask = memory_mask[0]
        words = self.embedding(target)
        if self.attention is None:
            states, _ = unroll(self.cell, words, [state])
            logits = self.output_projection(states)
            return (logits, None) if return_attention_scores else logits

        def step(state, t):
            context, weights = self.attention(state, outputs, keys_mask=memory_mask)
            _, [state] = self.cell(ops.concatenate([words[:, t], context], axis=-1), [state])
            return state, (ops.concatenate([state, context], axis=-1), weights)

        _, (features, weights) = scan(step, state, ops.shape(target)[1])
        logits = self.output_projection(ops.swapaxes(features, 0, 1))
        return (logits, ops.swapaxes(weights, 0, 1)) if return_attention_scores else logits

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "attention": self.attention is not None,
        }


@keras.saving.register_keras_serializable(package="python_loop")
class RNNSeq2Seq(keras.Model):
    def __init__(
        self, source_vocabulary_size, target_vocabulary_size, units, attention=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.units = units
        self.has_attention = attention
        self.encoder = RNNEncoder(source_vocabulary_size, units)
        self.decoder = RNNDecoder(target_vocabulary_size, units, attention)

    def build(self, input_shape):
        source_shape, target_shape = input_shape
        self.encoder.build(source_shape)
        self.decoder.build(target_shape)

    def encode(self, source):
        outputs, state = self.encoder(source)
        return outputs, state, ops.not_equal(source, PAD_ID)

    def decode(self, target_in, memory, return_attention_scores=False):
        outputs, state, source_mask = memory
        return self.decoder(
            target_in,
            (outputs, state),
            memory_mask=source_mask,
            return_attention_scores=return_attention_scores,
        )

    def call(self, inputs, training=None):
        source, target_in = inputs
        return self.decode(target_in, self.encode(source))

    def attention_scores(self, source, target_in):
        if not self.has_attention:
            return {}
        _, weights = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {"layer_1": weights[:, None]}

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "units": self.units,
            "attention": self.has_attention,
        }
