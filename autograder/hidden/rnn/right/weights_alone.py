"""No layer within a layer but cells and embeddings: bare weights, and Keras's own scan."""

import keras
from keras import ops

from course.kit.loops import scan
from course.kit.tokens import PAD_ID
from solutions.rnn import *


class Cell(keras.layers.Layer):
    gates = 1

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape):
        u, g = self.units, self.gates
        self.kernel = self.add_weight(shape=(input_shape[1], g * u), initializer="random_normal")
        self.recurrent_kernel = self.add_weight(shape=(u, g * u), initializer="random_normal")
        self.bias = self.add_weight(shape=(g * u,), initializer="zeros")

    def get_config(self):
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="weights_alone")
class RNNCell(Cell):
    def call(self, inputs, states):
        terms = [
            ops.einsum("bi,iu->bu", inputs, self.kernel),
            ops.einsum("bi,iu->bu", states[0], self.recurrent_kernel),
        ]
        state = ops.tanh(terms[0] + terms[1] + self.bias)
        return state, [state]


@keras.saving.register_keras_serializable(package="weights_alone")
class GRUCell(Cell):
    gates = 3

    def call(self, inputs, states):
        h, u = states[0], self.units
        from_input = ops.add(ops.matmul(inputs, self.kernel), self.bias)
        gates = ops.sigmoid(from_input[:, : 2 * u] + h @ self.recurrent_kernel[:, : 2 * u])
        z, r = gates[:, :u], gates[:, u:]
        candidate = ops.tanh(from_input[:, 2 * u :] + (r * h) @ self.recurrent_kernel[:, 2 * u :])
        h = candidate + z * (h - candidate)
        return h, [h]


@keras.saving.register_keras_serializable(package="weights_alone")
class LSTMCell(Cell):
    gates = 4

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.state_size = [units, units]

    def build(self, input_shape):
        super().build(input_shape)
        self.bias.assign(ops.repeat(ops.convert_to_tensor([0.0, 1.0, 0.0, 0.0]), self.units))

    def call(self, inputs, states):
        h, c = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.moveaxis(ops.reshape(z, (-1, 4, self.units)), 1, 0)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


def unroll(cell, inputs, initial_states, mask=None):
    if mask is None:
        mask = ops.ones(ops.shape(inputs)[:2], "bool")

    def step(carry, t):
        before, states = carry
        output, new = cell(ops.take(inputs, t, axis=1), states)
        real = ops.expand_dims(ops.take(mask, t, axis=1), 1)
        new = [ops.where(real, a, b) for a, b in zip(new, states, strict=True)]
        output = ops.where(real, output, before)
        return (output, new), output

    states = list(initial_states)
    start = (ops.zeros_like(states[0]), states)
    (_, states), outputs = scan(step, start, ops.shape(inputs)[1])
    return ops.transpose(outputs, (1, 0, 2)), states


@keras.saving.register_keras_serializable(package="weights_alone")
class AdditiveAttention(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, query_shape, keys_shape):
        self.query_projection = self.add_weight(shape=(query_shape[-1], self.units))
        self.key_projection = self.add_weight(shape=(keys_shape[-1], self.units))
        self.score_projection = self.add_weight(shape=(self.units, 1))

    def call(self, query, keys, keys_mask=None):
        asked = ops.einsum("bq,qu->bu", query, self.query_projection)
        offered = ops.einsum("bsk,ku->bsu", keys, self.key_projection)
        hidden = ops.tanh(ops.expand_dims(asked, axis=1) + offered)
        scores = ops.einsum("bsu,uo->bso", hidden, self.score_projection)[:, :, 0]
        if keys_mask is not None:
            scores = ops.where(keys_mask, scores, -float("inf"))
        powers = ops.exp(scores - ops.max(scores, axis=1, keepdims=True))
        weights = powers / ops.sum(powers, axis=1, keepdims=True)
        return ops.einsum("bs,bsk->bk", weights, keys), weights

    def get_config(self):
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="weights_alone")
class RNNDecoder(RNNDecoder):
    def logits(self, words, state, outputs, mask):
        scores = []
        features = words

        def step(state, t):
            looked, weights = self.attention(state, outputs, keys_mask=mask)
            _, [state] = self.cell(ops.concatenate([words[:, t], looked], axis=-1), [state])
            return state, [state, looked, weights]

        if self.attention is None:
            features, _ = unroll(self.cell, words, [state])
        else:
            _, found = scan(step, state, ops.shape(words)[1])
            states, looked, scores = (ops.swapaxes(part, 0, 1) for part in found)
            features = ops.concatenate([states, looked], axis=-1)
        return self.output_projection(features), None if self.attention is None else scores

    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        if isinstance(memory_mask, list | tuple):
            [memory_mask, *_] = memory_mask
        answer = self.logits(self.embedding(target), memory[1], memory[0], memory_mask)
        return answer if return_attention_scores else answer[0]


@keras.saving.register_keras_serializable(package="weights_alone")
class RNNSeq2Seq(RNNSeq2Seq):
    def encode(self, source):
        return (*self.encoder(source), ops.cast(source, "bool"))

    def call(self, inputs, training=None):
        outputs, state = self.encoder(inputs[0])
        return self.decoder(inputs[1], (outputs, state), memory_mask=inputs[0] > PAD_ID)

    def attention_scores(self, source, target_in):
        answer = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {} if answer[1] is None else {"layer_1": ops.expand_dims(answer[1], axis=1)}
