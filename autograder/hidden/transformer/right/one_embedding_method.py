"""One method embeds either side; the decoder's layers as a generator."""

import keras
from keras import ops

# The parts of the units before, given. To build on your own: from course.own import ...
from course.kit.parts import MultiHeadAttention, PositionalEncoding


@keras.saving.register_keras_serializable(package="one_embedding_method")
class FeedForward(keras.layers.Layer):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.d_ff = d_ff
        self.inner = keras.layers.Dense(d_ff, activation="relu")
        self.outer = keras.layers.Dense(d_model)

    def build(self, input_shape):
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.d_ff))

    def call(self, x):
        return self.outer(self.inner(x))

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "d_ff": self.d_ff}


@keras.saving.register_keras_serializable(package="one_embedding_method")
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
        self.attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
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


@keras.saving.register_keras_serializable(package="one_embedding_method")
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
        self.self_attention_norm = keras.layers.LayerNormalization()
        self.cross_attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
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
        may_see = ops.tril(ops.ones((1, *[ops.shape(target)[1]] * 2), dtype="bool"))
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


@keras.saving.register_keras_serializable(package="one_embedding_method")
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
        for layer in self.encoder_layers:
            layer.build(shape)
        for layer in self.decoder_layers:
            layer.build(shape, shape)
        self.output_projection.build(shape)

    def embed(self, tokens, table, training):
        scaled = table(tokens) * ops.sqrt(ops.cast(self.d_model, self.compute_dtype))
        return self.positions(scaled, training=training), ops.cast(tokens, "bool")

    def encode(self, source, training=None):
        x, mask = self.embed(source, self.source_embedding, training)
        for layer in self.encoder_layers:
            x = layer(x, mask=mask, training=training)
        return x, mask

    def look(self, target_in, memory, training=None):
        x, target_mask = self.embed(target_in, self.target_embedding, training)
        masks = {"target_mask": target_mask, "memory_mask": memory[1]}
        for layer in self.decoder_layers:
            x, scores = layer(
                x, memory[0], **masks, training=training, return_attention_scores=True
            )
            yield x, scores

    def decode(self, target_in, memory, training=None):
        *_, (x, _) = self.look(target_in, memory, training)
        return self.output_projection(x)

    def call(self, inputs, training=None):
        source, target_in = inputs
        memory = self.encode(source, training=training)
        return self.decode(target_in, memory, training=training)

    def attention_scores(self, source, target_in):
        memory = self.encode(source)
        layers = enumerate(self.look(target_in, memory))
        return {f"layer_{n + 1}": scores for n, (_, scores) in layers}

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
