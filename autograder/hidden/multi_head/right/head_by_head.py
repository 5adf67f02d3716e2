"""Heads cut out and attended one by one, then laid side by side."""

import keras
from keras import ops

from course.kit.parts import scaled_dot_product_attention
from solutions.multi_head import *


def split_heads(x, num_heads):
    rest = x.shape[-1] % num_heads
    if rest:
        raise ValueError(f"{x.shape[-1]} columns for {num_heads} heads: {rest} are left over")
    return ops.stack(ops.split(x, num_heads, axis=-1), axis=1)


def merge_heads(x):
    heads = [x[:, head] for head in range(x.shape[1])]
    return ops.concatenate(heads, axis=-1)


@keras.saving.register_keras_serializable(package="head_by_head")
class MultiHeadAttention(keras.Layer):
    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.d_model = d_model
        self.num_heads = num_heads
        self.dropout = dropout

    def build(self, query_shape, value_shape, key_shape=None):
        if self.d_model % self.num_heads:
            raise ValueError(f"{self.d_model} columns for {self.num_heads} heads")
        for name in ("query", "key", "value", "output"):
            dense = keras.layers.Dense(self.d_model, name=name)
            dense.build((None, None, value_shape[-1] if name != "query" else query_shape[-1]))
            setattr(self, f"{name}_projection", dense)
        self.drop = keras.layers.Dropout(self.dropout)

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=False,
    ):
        projected = (
            self.query_projection(query),
            self.key_projection(value if key is None else key),
            self.value_projection(value),
        )
        outputs, scores = [], []
        for q, k, v in zip(
            *(ops.split(p, self.num_heads, axis=-1) for p in projected), strict=True
        ):
            _, weights = scaled_dot_product_attention(q, k, v, attention_mask)
            scores.append(weights)
            outputs.append(self.drop(weights, training=training) @ v)
        output = self.output_projection(ops.concatenate(outputs, axis=-1))
        return (output, ops.stack(scores, axis=1)) if return_attention_scores else output

    def get_config(self):
        config = {"d_model": self.d_model, "num_heads": self.num_heads, "dropout": self.dropout}
        return {**super().get_config(), **config}
