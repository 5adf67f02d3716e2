"""Convolution as a sum of shifted matrix products; masks added, then zeroed."""

import math

import keras
from keras import ops

from solutions.cnn import *

ROOT = math.sqrt(0.5)


def receptive_field(kernel_size, num_layers, dilation=1):
    reach = (kernel_size - 1) * dilation
    return reach * num_layers + 1


def gated_linear_unit(x):
    half = x.shape[-1] // 2
    return ops.sigmoid(x[..., half:]) * x[..., :half]


@keras.saving.register_keras_serializable(package="shifted_products")
class CausalConv1D(CausalConv1D):
    def call(self, x):
        length = ops.shape(x)[1]
        padded = ops.pad(x, ((0, 0), (self.kernel_size - 1, 0), (0, 0)))
        total = self.bias
        for k in range(self.kernel_size):
            total = total + ops.matmul(padded[:, k : k + length], self.kernel[k])
        return total


@keras.saving.register_keras_serializable(package="shifted_products")
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        if mask is not None:
            x = ops.where(ops.expand_dims(mask, -1), x, 0.0)
        ahead = 0 if self.causal else self.kernel_size // 2
        nothing = ops.zeros_like(x[:, :1])
        seen = ops.concatenate([x, *[nothing] * ahead], axis=1)
        gate = gated_linear_unit(self.convolution(seen)[:, ahead:])
        return x * ROOT + gate * ROOT


@keras.saving.register_keras_serializable(package="shifted_products")
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state) + target_embedding
        scores = ops.einsum("bte,bse->bts", query, memory)
        if memory_mask is not None:
            allowed = ops.cast(memory_mask, scores.dtype)[:, None, :]
            scores = scores + (1 - allowed) * -1e4
            weights = ops.softmax(scores) * allowed
        else:
            weights = ops.softmax(scores)
        values = memory + source_embedding
        context = ops.einsum("bts,bse->bte", weights, values)
        return self.output_projection(context), weights
