"""Padding neither looks nor is looked at; masks from the embeddings; sums by Keras's Add."""

import keras
from keras import ops

from solutions.transformer import *


def both_ways(rows, columns):
    """A mask (B, T, S) of two token masks; where one is None, that of the other alone."""
    if rows is None or columns is None:
        return None if columns is None else columns[:, None, :]
    return ops.logical_and(rows[:, :, None], columns[:, None, :])


@keras.saving.register_keras_serializable(package="masks_both_ways")
class FeedForward(FeedForward):
    def call(self, x):
        hidden = self.inner(x)  # its ReLU stands in the Dense layer
        return ops.add(ops.matmul(hidden, self.outer.kernel), self.outer.bias)


@keras.saving.register_keras_serializable(package="masks_both_ways")
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        news = self.attention(query=x, value=x, attention_mask=both_ways(mask, mask))
        x = self.attention_norm(keras.layers.Add()([self.dropout_layer(news), x]))
        news = self.feed_forward(x)
        return self.feed_forward_norm(keras.layers.Add()([self.dropout_layer(news), x]))


@keras.saving.register_keras_serializable(package="masks_both_ways")
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        allowed = causal_mask(ops.shape(target)[1])
        own = both_ways(target_mask, target_mask)
        allowed = allowed if own is None else ops.logical_and(allowed, own)
        news = self.self_attention(query=target, value=target, attention_mask=allowed)
        x = self.self_attention_norm(keras.layers.Add()([self.dropout_layer(news), target]))
        news, scores = self.cross_attention(
            query=x,
            value=memory,
            attention_mask=both_ways(target_mask, memory_mask),
            return_attention_scores=True,
        )
        x = self.cross_attention_norm(keras.layers.Add()([self.dropout_layer(news), x]))
        news = self.feed_forward(x)
        x = self.feed_forward_norm(keras.layers.Add()([self.dropout_layer(news), x]))
        if return_attention_scores:
            return x, scores
        return x


@keras.saving.register_keras_serializable(package="masks_both_ways")
class Transformer(Transformer):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.source_embedding.mask_zero = self.target_embedding.mask_zero = True

    def embedded(self, embedding, ids):
        scale = ops.sqrt(ops.cast(self.d_model, self.compute_dtype))
        return self.positions(embedding(ids) * scale), embedding.compute_mask(ids)

    def encode(self, source, training=None):
        x, mask = self.embedded(self.source_embedding, source)
        for layer in self.encoder_layers:
            x = layer(x, mask=mask)
        return x, mask

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        encoded, source_mask = memory
        x, mask = self.embedded(self.target_embedding, target_in)
        scores = []
        for layer in self.decoder_layers:
            masks = {"target_mask": mask, "memory_mask": source_mask}
            x, weights = layer(x, encoded, **masks, return_attention_scores=True)
            scores += [weights]
        logits = self.output_projection(x)
        return (logits, scores) if return_attention_scores else logits
