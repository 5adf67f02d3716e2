"""Columns picked by their numbers, heads behind the words, dropout drawn without a layer."""

import keras
from keras import ops

from solutions.multi_head import *


def split_heads(x, num_heads):
    size, rest = divmod(x.shape[-1], num_heads)
    if rest:
        raise ValueError(f"{num_heads} heads and {x.shape[-1]} columns don't go together.")
    columns = ops.reshape(ops.arange(num_heads * size), (num_heads, size))
    return ops.moveaxis(ops.take(x, columns, axis=-1), 2, 1)


def merge_heads(x):
    return ops.concatenate(ops.unstack(x, axis=1), axis=-1)


@keras.saving.register_keras_serializable(package="heads_last")
class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if d_model % num_heads > 0:
            raise ValueError(f"{num_heads} heads and {d_model} columns don't go together.")
        self.d_model, self.num_heads, self.dropout = d_model, num_heads, dropout
        self.seeds = keras.random.SeedGenerator()

    def build(self, query_shape, value_shape, key_shape=None):
        for role in ("query", "key", "value", "output"):
            dense = keras.layers.EinsumDense("btd,de->bte", (None, self.d_model), bias_axes="e")
            dense.build(query_shape)
            setattr(self, role + "_projection", dense)

    def heads(self, x):
        shape = ops.shape(x)
        return ops.reshape(x, (shape[0], shape[1], self.num_heads, -1))

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        q = self.heads(self.query_projection(query))
        k = self.heads(self.key_projection(value if key is None else key))
        v = self.heads(self.value_projection(value))
        scores = ops.einsum("bthd,bshd->bhts", q, k) * (self.num_heads / self.d_model) ** 0.5
        if attention_mask is not None:
            allowed = ops.expand_dims(ops.cast(attention_mask, "bool"), -3)
            weights = ops.where(allowed, ops.softmax(ops.where(allowed, scores, -3e4)), 0.0)
        else:
            weights = ops.softmax(scores)
        left = keras.random.dropout(weights, self.dropout, seed=self.seeds) if training else weights
        found = ops.einsum("bhts,bshd->bthd", left, v)
        output = self.output_projection(ops.reshape(found, ops.shape(query)))
        return (output, weights) if return_attention_scores else output

    def get_config(self):
        names = ("d_model", "num_heads", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
