"""Dense layers and normalisation with weights of its own, another epsilon."""

import math

import keras
from keras import ops

# The parts of the units before, given. To build on your own: from course.own import ...
from course.kit.parts import MultiHeadAttention, PositionalEncoding, causal_mask
from course.kit.tokens import PAD_ID


@keras.saving.register_keras_serializable(package="own_weights")
class Affine(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, x):
        return ops.einsum("...d,du->...u", x, self.kernel) + self.bias

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="own_weights")
class Norm(keras.layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(shape=shape[-1:], initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape[-1:], initializer="zeros", name="beta")

    def call(self, x):
        x = ops.cast(x, "float32")
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        spread = ops.sqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + 1e-5)
        scaled = ops.cast(centred / spread, self.compute_dtype)
        return scaled * self.gamma + self.beta


@keras.saving.register_keras_serializable(package="own_weights")
class FeedForward(keras.layers.Layer):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.d_ff = d_ff
        self.inner = Affine(d_ff)
        self.outer = Affine(d_model)

    def build(self, input_shape):
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.d_ff))

    def call(self, x):
        return self.outer(keras.activations.relu(self.inner(x)))

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "d_ff": self.d_ff}


@keras.saving.register_keras_serializable(package="own_weights")
class EncoderLayer(keras.layers.Layer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        self.attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.attention_norm = Norm()
        self.feed_forward_norm = Norm()
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, input_shape):
        self.attention.build(input_shape, input_shape)
        self.feed_forward.build(input_shape)
        self.attention_norm.build(input_shape)
        self.feed_forward_norm.build(input_shape)

    def call(self, x, mask=None, training=None):
        attention_mask = None if mask is None else mask[:, None, :]
        seen = self.attention(query=x, value=x, attention_mask=attention_mask, training=training)
        x = self.attention_norm(x + self.dropout_layer(seen, training=training))
        thought = self.feed_forward(x)
        return self.feed_forward_norm(x + self.dropout_layer(thought, training=training))

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="own_weights")
class DecoderLayer(keras.layers.Layer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        self.self_attention = MultiHeadAttention(d_model, num_heads)
        self.cross_attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.self_attention_norm = Norm()
        self.cross_attention_norm = Norm()
        self.feed_forward_norm = Norm()
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, target_shape, memory_shape):
        self.self_attention.build(target_shape, target_shape)
        self.cross_attention.build(target_shape, memory_shape)
        self.feed_forward.build(target_shape)
        for norm in (self.self_attention_norm, self.cross_attention_norm, self.feed_forward_norm):
            norm.build(target_shape)

    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = causal_mask(ops.shape(target)[1])
        if target_mask is not None:
            may_see = ops.logical_and(may_see, target_mask[:, None, :])
        seen = self.self_attention(
            query=target, value=target, attention_mask=may_see, training=training
        )
        x = self.self_attention_norm(target + self.dropout_layer(seen, training=training))

        found, scores = self.cross_attention(
            query=x,
            value=memory,
            attention_mask=None if memory_mask is None else memory_mask[:, None, :],
            return_attention_scores=True,
            training=training,
        )
        x = self.cross_attention_norm(x + self.dropout_layer(found, training=training))

        thought = self.feed_forward(x)
        x = self.feed_forward_norm(x + self.dropout_layer(thought, training=training))
        return (x, scores) if return_attention_scores else x

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="own_weights")
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
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.num_layers = num_layers
        self.dropout = dropout
        self.max_length = max_length
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, d_model)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, d_model)
        self.positions = PositionalEncoding(max_length, d_model, dropout)
        sizes = (d_model, num_heads, d_ff, dropout)
        self.encoder_layers = [EncoderLayer(*sizes) for _ in range(num_layers)]
        self.decoder_layers = [DecoderLayer(*sizes) for _ in range(num_layers)]
        self.output_projection = keras.layers.Dense(target_vocabulary_size)

    def build(self, input_shape):
        shape = (None, None, self.d_model)
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        for encoder_layer in self.encoder_layers:
            encoder_layer.build(shape)
        for decoder_layer in self.decoder_layers:
            decoder_layer.build(shape, shape)
        self.output_projection.build(shape)

    def encode(self, source, training=None):
        source_mask = ops.not_equal(source, PAD_ID)
        x = self.source_embedding(source) * math.sqrt(self.d_model)
        x = self.positions(x, training=training)
        for layer in self.encoder_layers:
            x = layer(x, mask=source_mask, training=training)
        return x, source_mask

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        encoded, source_mask = memory
        target_mask = ops.not_equal(target_in, PAD_ID)
        x = self.target_embedding(target_in) * math.sqrt(self.d_model)
        x = self.positions(x, training=training)
        scores = []
        for layer in self.decoder_layers:
            x, weights = layer(
                x,
                encoded,
                target_mask=target_mask,
                memory_mask=source_mask,
                training=training,
                return_attention_scores=True,
            )
            scores.append(weights)
        logits = self.output_projection(x)
        return (logits, scores) if return_attention_scores else logits

    def call(self, inputs, training=None):
        source, target_in = inputs
        memory = self.encode(source, training=training)
        return self.decode(target_in, memory, training=training)

    def attention_scores(self, source, target_in):
        _, scores = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {f"layer_{n}": weights for n, weights in enumerate(scores, start=1)}

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "max_length": self.max_length,
        }
