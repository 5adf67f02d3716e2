"""Multi-head attention for later units: one product over all heads, their axis left in the middle.

Keras's own layer projects with `einsum` over three-axis kernels, which TensorFlow runs as many
small products on a CPU. With the plain Dense projections here, a training step takes about half the
time.
"""

from typing import Any

import keras
from keras import ops

from course.kit.softmax import masked_softmax


@keras.saving.register_keras_serializable(package="course.kit")
class MultiHeadAttention(keras.layers.Layer):
    """Multi-head attention with `d_model` wide projections.

    Args:
        d_model: width of the projections and of the output.
        num_heads: a divisor of `d_model`.
        dropout: the share of the attention weights that is dropped in training.

    Raises:
        ValueError: `d_model` can't be divided by `num_heads`.
    """

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if d_model % num_heads != 0:
            raise ValueError(f"{num_heads} heads can't share a width of {d_model} evenly.")
        self.supports_masking = True
        self.d_model, self.num_heads, self.dropout = d_model, num_heads, dropout
        self.query_projection = self._projection("query")
        self.key_projection = self._projection("key")
        self.value_projection = self._projection("value")
        self.output_projection = self._projection("output")
        self._drop = keras.layers.Dropout(rate=dropout, dtype=self.dtype_policy)

    def _projection(self, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(units=self.d_model, dtype=self.dtype_policy, name=name)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        """Make the projections' weights for inputs of these shapes."""
        shapes = (query_shape, key_shape or value_shape, value_shape, (None, None, self.d_model))
        for projection, shape in zip(self._projections(), shapes, strict=True):
            projection.build(shape)

    def _projections(self) -> tuple[keras.layers.Dense, ...]:
        return (
            self.query_projection,
            self.key_projection,
            self.value_projection,
            self.output_projection,
        )

    def _by_head(self, x: Any) -> Any:
        """Return `(B, T, D)` as `(B, T, H, D/H)`."""
        return ops.reshape(x, (*ops.shape(x)[:2], self.num_heads, self.d_model // self.num_heads))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Return `(B, T, D)`, or with the scores `(output, (B, H, T, S))`.

        Args:
            query: `(B, T, D)`.
            value: `(B, S, D)`.
            key: `(B, S, D)`; `value` where it is None.
            attention_mask: boolean, broadcastable to `(B, T, S)`; a query that may attend to
                nothing gets zeros from every head.
            return_attention_scores: whether the weights are wanted too.
            training: whether weights are dropped.
        """
        shape = (*ops.shape(query)[:2], self.d_model)  # (B, T, D)
        key = self._by_head(self.key_projection(value if key is None else key))
        query = self._by_head(self.query_projection(query))
        value = self._by_head(self.value_projection(value))
        if attention_mask is not None:
            attention_mask = attention_mask[..., None, :, :]
        scale = (self.d_model // self.num_heads) ** -0.5
        scores = ops.einsum("bthd,bshd->bhts", query * scale, key)
        weights = masked_softmax(scores, attention_mask)
        dropped = self._drop(weights, training=training) if self.dropout else weights
        output = ops.einsum("bhts,bshd->bthd", dropped, value)
        output = self.output_projection(ops.reshape(output, shape))
        if return_attention_scores:
            return output, weights
        return output

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
