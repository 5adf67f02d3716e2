"""Padded on both sides and chomped; parts in small methods; the model without a list of scores."""

import keras
from keras import ops

from course.kit.tokens import PAD_ID
from solutions.cnn import *


def receptive_field(kernel_size, num_layers, dilation=1):
    first, last = 0, 0
    for _ in range(num_layers):
        first -= dilation * (kernel_size - 1)
    return last - first + 1


def gated_linear_unit(x):
    halves = ops.reshape(x, (*ops.shape(x)[:-1], 2, x.shape[-1] // 2))
    return halves[..., 0, :] * ops.sigmoid(halves[..., 1, :])


@keras.saving.register_keras_serializable(package="chomped")
class CausalConv1D(CausalConv1D):
    def call(self, x):
        around = self.kernel_size - 1
        padded = ops.pad(x, [[0, 0], [around, around], [0, 0]])
        output = ops.conv(padded, self.kernel, data_format="channels_last")
        return output[:, : ops.shape(x)[1]] + self.bias


@keras.saving.register_keras_serializable(package="chomped")
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        if mask is not None:
            x = ops.multiply(x, ops.cast(mask[:, :, None], x.dtype))
        seen = self.convolution(x) if self.causal else self._centred(x)
        return (gated_linear_unit(seen) + x) * 0.5**0.5

    def _centred(self, x):
        nothing = ops.zeros_like(x[:, :1])
        longer = ops.concatenate([x] + [nothing] * (self.kernel_size // 2), axis=1)
        return self.convolution(longer)[:, -ops.shape(x)[1] :]


@keras.saving.register_keras_serializable(package="chomped")
class ConvAttention(ConvAttention):
    def _weights(self, scores, mask):
        if mask is None:
            return ops.softmax(scores, axis=-1)
        mask = ops.broadcast_to(mask[:, None], ops.shape(scores))
        lowest = -6e4 if keras.backend.standardize_dtype(scores.dtype) == "float16" else -1e9
        return ops.softmax(ops.where(mask, scores, lowest), axis=-1) * ops.cast(mask, scores.dtype)

    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = ops.add(target_embedding, self.query_projection(state))
        scores = ops.einsum("bte,bse->bts", query, memory)
        weights = self._weights(scores, memory_mask)
        context = self.output_projection(ops.matmul(weights, ops.add(source_embedding, memory)))
        return context, weights


@keras.saving.register_keras_serializable(package="chomped")
class ConvSeq2Seq(ConvSeq2Seq):
    def _embed(self, tokens, embedding, positions):
        length = tokens.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(f"{length} words are too many for {self.max_length} positions.")
        return ops.add(embedding(tokens), positions(ops.arange(ops.shape(tokens)[-1]))[None])

    def encode(self, source):
        mask = ops.logical_not(ops.equal(source, PAD_ID))
        words = self._embed(source, self.source_embedding, self.source_positions)
        memory = words
        for n in range(self.num_layers):
            memory = self.encoder_blocks[n](memory, mask=mask)
        return memory, words, mask

    def _decoded(self, target_in, memory):
        """Yield each decoder layer's state and its attention weights."""
        encoded, source, mask = memory
        words = self._embed(target_in, self.target_embedding, self.target_positions)
        state = words
        for n, block in enumerate(self.decoder_blocks):
            state = block(state)
            context, weights = self.attentions[n](state, words, encoded, source, memory_mask=mask)
            state = (context + state) * 2**-0.5
            yield state, weights

    def decode(self, target_in, memory):
        *_, (state, _) = self._decoded(target_in, memory)
        return self.output_projection(state)

    def call(self, inputs, training=None):
        return self.decode(inputs[1], self.encode(inputs[0]))

    def attention_scores(self, source, target_in):
        layers = self._decoded(target_in, self.encode(source))
        return {f"layer_{n}": ops.expand_dims(w, 1) for n, (_, w) in enumerate(layers, start=1)}
