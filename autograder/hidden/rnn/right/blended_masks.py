"""Sigmoids and softmax by their formulas, masks as numbers that blend the new with the old."""

import keras
from keras import ops

from course.kit.loops import scan
from solutions.rnn import *


def squash(x):
    return (1 + ops.tanh(x / 2)) / 2


@keras.saving.register_keras_serializable(package="blended_masks")
class RNNCell(RNNCell):
    def call(self, inputs, states):
        z = self.bias
        for tensor, kernel in ((inputs, self.kernel), (states[0], self.recurrent_kernel)):
            z = z + ops.tensordot(tensor, kernel, axes=1)
        return ops.tanh(z), [ops.tanh(z)]


@keras.saving.register_keras_serializable(package="blended_masks")
class GRUCell(GRUCell):
    def call(self, inputs, states):
        [h] = states
        parts = {}
        for n, name in enumerate("zrc"):
            columns = slice(n * self.units, (n + 1) * self.units)
            parts[name] = (
                inputs @ self.kernel[:, columns] + self.bias[columns],
                self.recurrent_kernel[:, columns],
            )
        z, r = (squash(parts[name][0] + h @ parts[name][1]) for name in "zr")
        x, recurrent = parts["c"]
        h = z * h + (1 - z) * ops.tanh(x + (r * h) @ recurrent)
        return h, [h]


@keras.saving.register_keras_serializable(package="blended_masks")
class LSTMCell(LSTMCell):
    def build(self, input_shape):
        u = self.units
        self.kernel = self.add_weight(shape=(input_shape[-1], 4 * u))
        self.recurrent_kernel = self.add_weight(shape=(u, 4 * u))
        self.bias = self.add_weight(shape=(4 * u,), initializer="zeros")
        self.bias.assign([0.0] * u + [1.0] * u + [0.0] * (2 * u))

    def call(self, inputs, states):
        [h, c] = states
        z = self.bias + h @ self.recurrent_kernel + inputs @ self.kernel
        i, f, g, o = (z[:, n * self.units : (n + 1) * self.units] for n in range(4))
        c = c * squash(f) + ops.tanh(g) * squash(i)
        h = ops.tanh(c) * squash(o)
        return h, [h, c]


def unroll(cell, inputs, initial_states, mask=None):
    def step(carry, t):
        output, states = cell(inputs[:, t], list(carry[1:]))
        new = (output, *states)
        if mask is not None:
            real = ops.cast(mask[:, t, None], output.dtype)
            new = tuple(real * a + (1 - real) * b for a, b in zip(new, carry, strict=True))
        return new, new[0]

    carry = (0 * initial_states[0], *initial_states)
    carry, outputs = scan(step, carry, ops.shape(inputs)[1])
    return ops.moveaxis(outputs, 0, 1), list(carry[1:])


@keras.saving.register_keras_serializable(package="blended_masks")
class AdditiveAttention(AdditiveAttention):
    def build(self, query_shape, keys_shape):
        self.query_projection.build(query_shape)
        self.key_projection.build(keys_shape)
        self.score_projection.build((None, self.units))

    def call(self, query, keys, keys_mask=None):
        hidden = self.key_projection(keys)
        hidden = hidden + ops.reshape(self.query_projection(query), (-1, 1, self.units))
        scores = ops.cast(self.score_projection(ops.tanh(hidden)), "float32")
        if keys_mask is not None:
            scores = scores - 1e9 * (1 - ops.cast(ops.expand_dims(keys_mask, -1), "float32"))
        powers = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=1, keepdims=True)))
        weights = ops.cast(powers / ops.sum(powers, axis=1, keepdims=True), keys.dtype)
        context = ops.matmul(ops.transpose(weights, (0, 2, 1)), keys)
        return ops.squeeze(context, 1), ops.squeeze(weights, -1)


@keras.saving.register_keras_serializable(package="blended_masks")
class RNNEncoder(RNNEncoder):
    def call(self, source):
        words = self.embedding(source)
        mask = ops.cast(source, "bool")
        outputs, states = unroll(self.cell, words, [ops.zeros_like(words)[:, 0]], mask)
        return outputs * ops.cast(mask[..., None], outputs.dtype), states[0]


@keras.saving.register_keras_serializable(package="blended_masks")
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        keys, state = memory
        mask = memory_mask[0] if isinstance(memory_mask, tuple | list) else memory_mask
        if self.attention is None:
            logits = self.output_projection(unroll(self.cell, self.embedding(target), [state])[0])
            return (logits, None) if return_attention_scores else logits

        def step(state, t):
            context, weights = self.attention(state, keys, keys_mask=mask)
            words = self.embedding(target[:, t])
            state, _ = self.cell(ops.concatenate([words, context], axis=-1), [state])
            logits = self.output_projection(ops.concatenate([state, context], axis=-1))
            return state, (logits, weights)

        _, each = scan(step, state, ops.shape(target)[1])
        logits, weights = (ops.swapaxes(part, 0, 1) for part in each)
        return (logits, weights) if return_attention_scores else logits


@keras.saving.register_keras_serializable(package="blended_masks")
class RNNSeq2Seq(RNNSeq2Seq):
    def encode(self, source):
        outputs, state = self.encoder(source)
        return [outputs, state, ops.greater(source, 0)]

    def decode(self, target_in, memory, return_attention_scores=False):
        *read, mask = memory
        wanted = {"return_attention_scores": return_attention_scores}
        return self.decoder(target_in, read, memory_mask=mask, **wanted)

    def attention_scores(self, source, target_in):
        scores = {}
        if self.decoder.attention is not None:
            memory = self.encode(source)
            scores["layer_1"] = self.decode(target_in, memory, True)[1][:, None, :, :]
        return scores
