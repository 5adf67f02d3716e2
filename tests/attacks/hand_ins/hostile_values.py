"""Well-formed frames with values that nobody would send: keys, handles, texts, numbers.

Success: a check, the diagnosis or the writer of results breaks on one of them.
"""

import os

import msgpack


def ext(code, *fields):
    return msgpack.ExtType(code, msgpack.packb(list(fields)))


VALUES = {
    "similarity": [
        {"value": {b"raw": 1}},
        {"value": {"nan": float("nan"), "inf": float("-inf")}},
        {"value": [2**64 - 1, -(2**63)]},
    ],
    "softmax": [
        {"error": {"kind": ["missing"], "type": {"a": 1}, "message": b"\xff" * 100, "where": 7}},
        {"error": {"kind": "raised", "type": "T" * 10_000, "message": "m" * 900_000}},
        {"error": {"kind": "raised", "message": [["deep"] * 100] * 100}},
    ],
    "self_attention": [{"value": ext(2, 2**39, "\x1b[31m" + "n" * 5000)}],
    "scaled": [{"value": [ext(2, 0, "H"), ext(2, 0, "H")]}, {"value": ext(3, "no", "text")}],
    "padding_mask": [{"value": ext(4, [2**39] * 10_000, "float32")}],
    "causal_mask": [{"value": ext(4, [1, 3, 3], "\x1b[2J<b>")}, {"value": ext(1, "bfloat16", [1])}],
    "layer": [{"value": ext(2, 5, "SelfAttention")}, {"value": [{"value": ext(2, 1, "x")}]}],
}


def send(name):
    for value in VALUES[name]:
        body = msgpack.packb(value)
        os.write(3, len(body).to_bytes(4, "big") + body)


def similarity(x):
    send("similarity")


def softmax(x, axis=-1):
    send("softmax")


def self_attention(x):
    send("self_attention")


def scaled_dot_product_attention(query, key, value, mask=None):
    send("scaled")


def padding_mask(token_ids):
    send("padding_mask")


def causal_mask(length):
    send("causal_mask")


class SelfAttention:
    def __init__(self, *args, **kwargs):
        send("layer")
