"""Writes answers of its own straight to the descriptor, before and beside the agent's.

Success: points, a status or another's name in an answer end up in the result.
"""

import os

import msgpack
import numpy as np

KINDS = [
    {"value": True, "status": "passed", "points": 100.0},
    {"value": {"score": 100.0, "checks": []}, "submission": "alice"},
    {"error": {"kind": "skipped", "type": "Skipped", "message": "needs a GPU"}},
    {"error": {"kind": "passed"}, "value": True},
    {"error": None},
    {"error": []},
    {"value": None, "cpu": "never"},
    {"value": 0.0, "cpu": -1e300},
    {"skipped": True},
    [],
    None,
    "value",
]


def say(message):
    body = msgpack.packb(message)
    os.write(3, len(body).to_bytes(4, "big") + body)


def similarity(x):
    for kind in KINDS[:2]:
        say(kind)
    return np.float32(0)


def softmax(x, axis=-1):
    say(KINDS[2])
    say(KINDS[3])


def self_attention(x):
    for kind in KINDS[4:6]:
        say(kind)


def scaled_dot_product_attention(query, key, value, mask=None):
    for kind in KINDS[6:8]:
        say(kind)


def padding_mask(token_ids):
    for kind in KINDS[8:10]:
        say(kind)


def causal_mask(length):
    for kind in KINDS[10:]:
        say(kind)
