"""One method embeds either side; the decoder's layers as a generator."""

import keras
from keras import ops

from solutions.transformer import *


@keras.saving.register_keras_serializable(package="one_embedding_method")
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


@keras.saving.register_keras_serializable(package="one_embedding_method")
class Transformer(Transformer):
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

    def attention_scores(self, source, target_in):
        memory = self.encode(source)
        layers = enumerate(self.look(target_in, memory))
        return {f"layer_{n + 1}": scores for n, (_, scores) in layers}
