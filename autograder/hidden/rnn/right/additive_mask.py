"""Attention with an additive mask and einsum, its softmax by hand."""

import keras
from keras import ops

from solutions.rnn import *


@keras.saving.register_keras_serializable(package="additive_mask")
class AdditiveAttention(AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        asked = ops.expand_dims(self.query_projection(query), 1)
        hidden = ops.tanh(self.key_projection(keys) + asked)
        scores = ops.einsum("bsu,uo->bs", hidden, self.score_projection.kernel)
        if keys_mask is not None:
            allowed = ops.cast(keys_mask, scores.dtype)
            scores = scores + (1 - allowed) * -1e4
        powers = ops.exp(scores - ops.max(scores, axis=1, keepdims=True))
        if keys_mask is not None:
            powers = powers * allowed
        weights = powers / ops.sum(powers, axis=1, keepdims=True)
        return ops.einsum("bs,bse->be", weights, keys), weights


@keras.saving.register_keras_serializable(package="additive_mask")
class RNNEncoder(RNNEncoder):
    def call(self, source):
        words = self.embedding(source)
        start = ops.zeros((ops.shape(source)[0], self.units), dtype=words.dtype)
        outputs, states = unroll(self.cell, words, [start], ops.cast(source, "bool"))
        return outputs, states[0]
