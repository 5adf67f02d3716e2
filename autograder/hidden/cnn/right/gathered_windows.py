"""Windows gathered by index, and one einsum over all of them."""

import math

import keras
from keras import ops

from course.kit.tokens import PAD_ID

ROOT = math.sqrt(0.5)


def receptive_field(kernel_size, num_layers, dilation=1):
    seen = 1
    for _ in range(num_layers):
        seen += dilation * (kernel_size - 1)
    return seen


def gated_linear_unit(x):
    values, gates = ops.split(x, 2, axis=-1)
    return values / (1 + ops.exp(-gates))


@keras.saving.register_keras_serializable(package="gathered_windows")
class CausalConv1D(keras.layers.Layer):
    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size

    def build(self, input_shape):
        shape = (self.kernel_size, input_shape[-1], self.filters)
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.kernel = self.add_weight(shape=shape, initializer="he_normal", name="kernel")

    def call(self, x):
        steps = ops.arange(ops.shape(x)[1])
        index = steps[:, None] + ops.arange(self.kernel_size)[None, :]
        nothing = ops.repeat(ops.zeros_like(x[:, :1]), self.kernel_size - 1, axis=1)
        frames = ops.take(ops.concatenate([nothing, x], axis=1), index, axis=1)
        return ops.einsum("btkd,kdf->btf", frames, self.kernel) + self.bias

    def get_config(self):
        config = super().get_config()
        config.update(filters=self.filters, kernel_size=self.kernel_size)
        return config


@keras.saving.register_keras_serializable(package="gathered_windows")
class ConvBlock(keras.layers.Layer):
    def __init__(self, filters, kernel_size, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.filters, self.kernel_size, self.causal = filters, kernel_size, causal
        self.convolution = CausalConv1D(2 * filters, kernel_size)

    def call(self, x, mask=None):
        if mask is not None:
            x = x * ops.cast(ops.expand_dims(mask, 2), x.dtype)
        shift = self.kernel_size // 2
        if self.causal:
            seen = self.convolution(x)
        else:
            seen = self.convolution(ops.pad(x, [[0, 0], [0, shift], [0, 0]]))
            seen = seen[:, shift:]
        return ROOT * (gated_linear_unit(seen) + x)

    def get_config(self):
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "causal": self.causal}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="gathered_windows")
class ConvAttention(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.query_projection = keras.layers.Dense(units)

    def build(self, state_shape, target_embedding_shape, memory_shape, source_embedding_shape):
        self.query_projection.build(state_shape)
        self.output_projection = keras.layers.Dense(state_shape[-1])
        self.output_projection.build(memory_shape)

    def call(self, state, target_embedding, memory, source_embedding, memory_mask=None):
        query = target_embedding + self.query_projection(state)
        scores = ops.matmul(query, ops.transpose(memory, (0, 2, 1)))
        scores = scores - ops.max(scores, axis=-1, keepdims=True)
        powers = ops.exp(ops.maximum(scores, -80.0 if scores.dtype != "float16" else -15.0))
        if memory_mask is not None:
            scores = ops.where(
                memory_mask[:, None], ops.matmul(query, ops.swapaxes(memory, 1, 2)), -1e4
            )
            powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
            powers = ops.where(memory_mask[:, None], powers, 0.0)
        weights = powers / ops.sum(powers, axis=-1, keepdims=True)
        context = ops.matmul(weights, memory) + ops.matmul(weights, source_embedding)
        return self.output_projection(context), weights

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="gathered_windows")
class ConvSeq2Seq(keras.Model):
    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        filters,
        kernel_size,
        num_layers,
        max_length=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.sizes = {
            "source_vocabulary_size": source_vocabulary_size,
            "target_vocabulary_size": target_vocabulary_size,
            "filters": filters,
            "kernel_size": kernel_size,
            "num_layers": num_layers,
            "max_length": max_length,
        }
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, filters)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, filters)
        self.source_positions = keras.layers.Embedding(max_length, filters)
        self.target_positions = keras.layers.Embedding(max_length, filters)
        self.encoder_blocks = []
        self.decoder_blocks = []
        self.attentions = []
        for _ in range(num_layers):
            self.encoder_blocks.append(ConvBlock(filters, kernel_size))
            self.decoder_blocks.append(ConvBlock(filters, kernel_size, causal=True))
            self.attentions.append(ConvAttention(filters))
        self.output_projection = keras.layers.Dense(target_vocabulary_size)

    def embed(self, side, tokens):
        length, most = tokens.shape[1], self.sizes["max_length"]
        if length is not None and length > most:
            raise ValueError(f"{length} tokens, but max_length is {most}")
        words, positions = {
            "source": (self.source_embedding, self.source_positions),
            "target": (self.target_embedding, self.target_positions),
        }[side]
        places = ops.expand_dims(ops.arange(ops.shape(tokens)[1]), 0)
        return positions(places) + words(tokens)

    def encode(self, source):
        mask = source != PAD_ID
        embedded = x = self.embed("source", source)
        for block in self.encoder_blocks:
            x = block(x, mask=mask)
        return x, embedded, mask

    def run_decoder(self, target_in, memory):
        encoded, source, mask = memory
        target = x = self.embed("target", target_in)
        scores = {}
        for n in range(self.sizes["num_layers"]):
            x = self.decoder_blocks[n](x)
            context, weights = self.attentions[n](x, target, encoded, source, memory_mask=mask)
            x = (context + x) * ROOT
            scores[f"layer_{n + 1}"] = ops.expand_dims(weights, 1)
        return self.output_projection(x), scores

    def decode(self, target_in, memory):
        return self.run_decoder(target_in, memory)[0]

    def attention_scores(self, source, target_in):
        return self.run_decoder(target_in, self.encode(source))[1]

    def call(self, inputs, training=None):
        return self.decode(inputs[1], self.encode(inputs[0]))

    def get_config(self):
        return {**super().get_config(), **self.sizes}
