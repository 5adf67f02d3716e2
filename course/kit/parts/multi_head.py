"""Multi-head attention for later units: Keras's own layer, called as the course calls its own."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="course.kit")
class MultiHeadAttention(keras.layers.MultiHeadAttention):
    """Multi-head attention with `d_model` wide projections.

    Args:
        d_model: width of the projections and of the output.
        num_heads: a divisor of `d_model`.
        dropout: the share of the attention weights that is dropped in training.

    Raises:
        ValueError: `d_model` can't be divided by `num_heads`.
    """

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        if d_model % num_heads != 0:
            raise ValueError(f"{num_heads} heads can't share a width of {d_model} evenly.")
        super().__init__(num_heads, d_model // num_heads, dropout=dropout, **kwargs)
        self.d_model = d_model

    # The names under which the course knows Keras's projections.
    query_projection = property(lambda self: self.query_dense)
    key_projection = property(lambda self: self.key_dense)
    value_projection = property(lambda self: self.value_dense)
    output_projection = property(lambda self: self.output_dense)

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
        some = None
        if attention_mask is not None:
            attention_mask = ops.cast(attention_mask, "bool")
            some = ops.any(attention_mask, axis=-1, keepdims=True)
        options = {"attention_mask": attention_mask, "training": training}
        options["return_attention_scores"] = True
        output, scores = super().call(query, value, key, **options)
        if some is not None:
            # Keras spreads the weights of such a query evenly.
            nothing = ops.zeros_like(output) + ops.cast(self.output_dense.bias, output.dtype)
            output = ops.where(some, output, nothing)
            scores = ops.where(ops.expand_dims(some, -3), scores, 0.0)
        return (output, scores) if return_attention_scores else output

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        kept = {key: config[key] for key in ("name", "trainable", "dtype")}
        return {
            **kept,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
