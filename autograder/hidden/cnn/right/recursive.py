"""A recursive count, a gate by tanh, masks by multiplication."""

import math

import keras
from keras import ops

from solutions.cnn import *


def receptive_field(kernel_size, num_layers, dilation=1):
    if num_layers == 0:
        return 1
    below = receptive_field(kernel_size, num_layers - 1, dilation)
    return below + (kernel_size - 1) * dilation


def gated_linear_unit(x):
    first, second = ops.split(x, 2, axis=-1)
    return first * (0.5 + 0.5 * ops.tanh(second / 2))


@keras.saving.register_keras_serializable(package="recursive")
class CausalConv1D(CausalConv1D):
    def call(self, x):
        front = ops.zeros_like(ops.repeat(x[:, :1], self.kernel_size - 1, axis=1))
        longer = ops.concatenate([front, x], axis=1)
        return ops.add(ops.conv(longer, self.kernel, 1, "valid", "channels_last"), self.bias)


@keras.saving.register_keras_serializable(package="recursive")
class ConvBlock(ConvBlock):
    def call(self, x, mask=None):
        keep = 1 if mask is None else ops.cast(mask, x.dtype)[..., None]
        x = x * keep
        if self.causal:
            seen = self.convolution(x)
        else:
            right = self.kernel_size // 2
            seen = ops.pad(x, [(0, 0), (0, right), (0, 0)])
            seen = self.convolution(seen)[:, right:, :]
        return (gated_linear_unit(seen) + x) / math.sqrt(2)


@keras.saving.register_keras_serializable(package="recursive")
class ConvAttention(ConvAttention):
    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = self.query_projection(state)
        scores = query[:, :, None, :] + target_embedding[:, :, None, :]
        scores = ops.sum(scores * memory[:, None, :, :], axis=-1)
        if memory_mask is not None:
            scores = ops.where(ops.expand_dims(memory_mask, 1), scores, -6e4)
        weights = ops.softmax(scores, axis=2)
        context = weights @ (source_embedding + memory)
        return self.output_projection(context), weights
