"""Annotations, small private steps, and EinsumDense for the projections."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers
from keras import ops as K

from course.kit import tokens
from solutions.attention import *

Tensor = Any


def similarity(x: Tensor) -> Tensor:
    return K.matmul(x, K.swapaxes(x, axis1=-2, axis2=-1))


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    return _normalised(_safe_powers(x, axis), axis)


def _safe_powers(x: Tensor, axis: int) -> Tensor:
    return K.exp(x - K.max(x, axis=axis, keepdims=True))


def _normalised(powers: Tensor, axis: int) -> Tensor:
    return powers * K.reciprocal(K.sum(powers, axis=axis, keepdims=True))


def self_attention(x: Tensor) -> Tensor:
    return _mixed(softmax(similarity(x)), x)


def _mixed(weights: Tensor, rows: Tensor) -> Tensor:
    return K.matmul(weights, rows)


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    # The scale is shared between the two sides, which keeps float16 far from its end.
    share = float(key.shape[-1]) ** -0.25
    scores = K.matmul(query * share, K.swapaxes(key * share, -1, -2))
    weights = softmax(scores) if mask is None else _masked_softmax(scores, mask)
    return _mixed(weights, value), weights


def _masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Blocked scores become the lowest of their row, so the largest is one that counts."""
    mask = K.broadcast_to(K.cast(mask, "bool"), K.shape(scores))
    lowered = K.where(mask, scores, K.min(scores, axis=-1, keepdims=True))
    powers = K.where(mask, _safe_powers(lowered, -1), K.zeros_like(scores))
    total = K.sum(powers, axis=-1, keepdims=True)
    # An honest total is at least 1: the largest score gives exp(0).
    return powers / K.maximum(total, K.ones_like(total))


def padding_mask(token_ids: Tensor) -> Tensor:
    return K.expand_dims(K.cast(token_ids - tokens.PAD_ID, "bool"), -2)


def causal_mask(length: int) -> Tensor:
    # Sums of the diagonal's ones, down each column.
    return K.cumsum(K.eye(length, dtype="int32"), axis=0)[None] > 0


@keras.saving.register_keras_serializable(package="course")
class SelfAttention(layers.Layer):
    d_k: int
    d_v: int

    def __init__(self, d_k: int, d_v: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_k, self.d_v = d_k, d_v or d_k

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.query_projection = self._projection(self.d_k, input_shape)
        self.key_projection = self._projection(self.d_k, input_shape)
        self.value_projection = self._projection(self.d_v, input_shape)
        self.built = True

    @staticmethod
    def _projection(width: int, input_shape: tuple[int | None, ...]) -> layers.Layer:
        projection = layers.EinsumDense("btd,dk->btk", output_shape=(None, width))
        projection.build(input_shape)
        return projection

    def call(self, x: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return scaled_dot_product_attention(
            self.query_projection(x),
            self.key_projection(x),
            self.value_projection(x),
            attention_mask,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "d_k": self.d_k, "d_v": self.d_v}
