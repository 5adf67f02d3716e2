"""Claims arrays that need terabytes, in ways that a product of the sizes doesn't show.

Success: the grader takes memory for what was claimed and not sent.
"""

import os

import keras
import msgpack
import numpy as np


def claim(shape, dtype="float32", content=b""):
    inner = msgpack.packb([dtype, shape, content])
    body = msgpack.packb({"value": msgpack.ExtType(1, inner)})
    os.write(3, len(body).to_bytes(4, "big") + body)


def similarity(x):
    return keras.KerasTensor((2**39, 2**39), "float64")


def softmax(x, axis=-1):
    claim([2**39, 0])
    return np.zeros((0, 2**31), "float32")


def self_attention(x):
    claim([2**39, 2**39])


def scaled_dot_product_attention(query, key, value, mask=None):
    empty = np.zeros((2**33, 0), "float32")
    return empty, empty


def padding_mask(token_ids):
    claim([-1])


def causal_mask(length):
    return np.lib.stride_tricks.as_strided(np.zeros(1, "float32"), (2**20, 2**20), (0, 0))
