"""One loop for both kinds of decoder; state and context projected apart."""

import keras
from keras import ops

from course.kit.loops import scan
from course.kit.tokens import PAD_ID
from solutions.rnn import *


@keras.saving.register_keras_serializable(package="one_scan")
class RNNDecoder(RNNDecoder):
    def call(self, target, memory, memory_mask=None, return_attention_scores=False):
        outputs, state = memory
        if isinstance(memory_mask, tuple | list):
            memory_mask = memory_mask[0]
        words = self.embedding(target)
        width = self.units

        def step(carry, t):
            state = carry[0]
            if self.attention is None:
                state, _ = self.cell(words[:, t], [state])
                return (state,), (state, state[:, :1])
            context, weights = self.attention(query=state, keys=outputs, keys_mask=memory_mask)
            state, _ = self.cell(ops.concatenate([words[:, t], context], 1), [state])
            return (state,), (ops.concatenate([state, context], 1), weights)

        _, (features, weights) = scan(step, (state,), ops.shape(target)[1])
        features = ops.transpose(features, (1, 0, 2))
        if self.attention is not None:
            kernel = self.output_projection.kernel
            logits = features[..., :width] @ kernel[:width] + features[..., width:] @ kernel[width:]
            logits = logits + self.output_projection.bias
        else:
            logits = self.output_projection(features)
        if not return_attention_scores:
            return logits
        return logits, ops.transpose(weights, (1, 0, 2)) if self.attention is not None else None


@keras.saving.register_keras_serializable(package="one_scan")
class RNNSeq2Seq(RNNSeq2Seq):
    def encode(self, source):
        outputs, state = self.encoder(source)
        return outputs, state, source > PAD_ID
