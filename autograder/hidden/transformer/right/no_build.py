"""Short: no build, sub-layers in loops, a Dropout of its own for each sub-layer."""

import keras
from keras import ops

from course.kit.parts import MultiHeadAttention, PositionalEncoding
from course.kit.tokens import PAD_ID


@keras.saving.register_keras_serializable(package="no_build")
class FeedForward(keras.layers.Layer):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.sizes = {"d_model": d_model, "d_ff": d_ff}
        self.inner, self.outer = keras.layers.Dense(d_ff), keras.layers.Dense(d_model)

    def call(self, x):
        return self.outer(ops.relu(self.inner(x)))

    def get_config(self):
        return super().get_config() | self.sizes


class Block(keras.layers.Layer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.sizes = {"d_model": d_model, "num_heads": num_heads, "d_ff": d_ff, "dropout": dropout}
        for name in self.attentions:
            setattr(self, name, MultiHeadAttention(d_model, num_heads))
        self.feed_forward = FeedForward(d_model, d_ff)
        for name in (*self.attentions, "feed_forward"):
            setattr(self, f"{name}_norm", keras.layers.LayerNormalization(epsilon=1e-6))
            setattr(self, f"{name}_dropout", keras.layers.Dropout(dropout))

    def add(self, name, x, news):
        news = getattr(self, f"{name}_dropout")(news)
        return getattr(self, f"{name}_norm")(x + news)

    def get_config(self):
        return super().get_config() | self.sizes


@keras.saving.register_keras_serializable(package="no_build")
class EncoderLayer(Block):
    attentions = ("attention",)

    def call(self, x, mask=None):
        if mask is not None:
            mask = mask[:, None]
        x = self.add("attention", x, self.attention(x, x, attention_mask=mask))
        return self.add("feed_forward", x, self.feed_forward(x))


@keras.saving.register_keras_serializable(package="no_build")
class DecoderLayer(Block):
    attentions = ("self_attention", "cross_attention")

    def call(
        self, target, memory, target_mask=None, memory_mask=None, return_attention_scores=False
    ):
        place = ops.arange(ops.shape(target)[1])
        may_see = ops.expand_dims(place[:, None] >= place, 0)
        if target_mask is not None:
            may_see = ops.where(target_mask[:, None], may_see, False)
        if memory_mask is not None:
            memory_mask = memory_mask[:, None]
        seen = self.self_attention(target, target, attention_mask=may_see)
        x = self.add("self_attention", target, seen)
        found, scores = self.cross_attention(
            x, memory, attention_mask=memory_mask, return_attention_scores=True
        )
        x = self.add("cross_attention", x, found)
        x = self.add("feed_forward", x, self.feed_forward(x))
        return (x, scores) if return_attention_scores else x


@keras.saving.register_keras_serializable(package="no_build")
class Transformer(keras.Model):
    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        d_model,
        num_heads,
        d_ff,
        num_layers,
        dropout=0.1,
        max_length=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        layer = {"d_model": d_model, "num_heads": num_heads, "d_ff": d_ff, "dropout": dropout}
        self.sizes = layer | {
            "source_vocabulary_size": source_vocabulary_size,
            "target_vocabulary_size": target_vocabulary_size,
            "num_layers": num_layers,
            "max_length": max_length,
        }
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, d_model)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, d_model)
        self.positions = PositionalEncoding(max_length, d_model, dropout)
        self.encoder_layers, self.decoder_layers = [], []
        for _ in range(num_layers):
            self.encoder_layers.append(EncoderLayer(**layer))
            self.decoder_layers.append(DecoderLayer(**layer))
        self.output_projection = keras.layers.Dense(target_vocabulary_size)

    def encode(self, source):
        mask = source != PAD_ID
        x = self.positions(self.source_embedding(source) * self.sizes["d_model"] ** 0.5)
        for layer in self.encoder_layers:
            x = layer(x, mask=mask)
        return x, mask

    def layers_of(self, target_in, memory):
        x = self.positions(self.target_embedding(target_in) * self.sizes["d_model"] ** 0.5)
        scores = {}
        for layer in self.decoder_layers:  # padding stands last: the future is hidden anyway
            x, weights = layer(x, memory[0], memory_mask=memory[1], return_attention_scores=True)
            scores[f"layer_{len(scores) + 1}"] = weights
        return x, scores

    def decode(self, target_in, memory):
        return self.output_projection(self.layers_of(target_in, memory)[0])

    def call(self, inputs):
        return self.decode(inputs[1], self.encode(inputs[0]))

    def attention_scores(self, source, target_in):
        return self.layers_of(target_in, self.encode(source))[1]

    def get_config(self):
        return super().get_config() | self.sizes
