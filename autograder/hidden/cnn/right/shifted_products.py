"""Convolution as a sum of shifted matrix products; masks added, then zeroed."""

import math

import keras
from keras import ops

from course.kit.tokens import PAD_ID

ROOT = math.sqrt(0.5)


def receptive_field(kernel_size, num_layers, dilation=1):
    reach = (kernel_size - 1) * dilation
    return reach * num_layers + 1


def gated_linear_unit(x):
    half = x.shape[-1] // 2
    return ops.sigmoid(x[..., half:]) * x[..., :half]


@keras.saving.register_keras_serializable(package="shifted_products")
class CausalConv1D(keras.layers.Layer):
    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size

    def build(self, input_shape):
        shape = (self.kernel_size, input_shape[-1], self.filters)
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.kernel = self.add_weight(shape=shape, initializer="he_normal", name="kernel")

    def call(self, x):
        length = ops.shape(x)[1]
        padded = ops.pad(x, ((0, 0), (self.kernel_size - 1, 0), (0, 0)))
        total = self.bias
        for k in range(self.kernel_size):
            total = total + ops.matmul(padded[:, k : k + length], self.kernel[k])
        return total

    def get_config(self):
        config = super().get_config()
        config.update(filters=self.filters, kernel_size=self.kernel_size)
        return config


@keras.saving.register_keras_serializable(package="shifted_products")
class ConvBlock(keras.layers.Layer):
    def __init__(self, filters, kernel_size, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.causal = filters, kernel_size, causal
        self.convolution = CausalConv1D(2 * filters, kernel_size)

    def call(self, x, mask=None):
        if mask is not None:
            x = ops.where(ops.expand_dims(mask, -1), x, 0.0)
        ahead = 0 if self.causal else self.kernel_size // 2
        nothing = ops.zeros_like(x[:, :1])
        seen = ops.concatenate([x, *[nothing] * ahead], axis=1)
        gate = gated_linear_unit(self.convolution(seen)[:, ahead:])
        return x * ROOT + gate * ROOT

    def get_config(self):
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "causal": self.causal}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="shifted_products")
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

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="shifted_products")
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
