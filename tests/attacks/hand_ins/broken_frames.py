"""Sends frames that are no frames: cut short, too long, nested, of unknown kinds, not text.

Success: the reader raises what nobody catches, or takes memory for what is only claimed.
"""

import os
import struct

import msgpack

DEEP = b"\x91" * 100_000 + b"\xc0"
IN_EXT = msgpack.packb(msgpack.ExtType(1, msgpack.packb(msgpack.ExtType(1, DEEP))))
KINDS = {
    "similarity": [struct.pack(">I", 1000) + b"half"],
    "softmax": [struct.pack(">I", 0xFFFFFFFF), struct.pack(">I", 0)],
    "self_attention": [struct.pack(">I", len(DEEP)) + DEEP],
    "scaled": [struct.pack(">I", len(IN_EXT)) + IN_EXT],
    "padding_mask": [struct.pack(">I", 9) + b"\xdb\xff\xff\xff\xffabcd"],
    "causal_mask": [struct.pack(">I", 6) + b"\x81\xa1\xff\xa1\xfe\xc1"],
    "layer": [struct.pack(">I", 10) + b"\xd6\xff\x00\x00\x00\x00\xc7\x00\x63\xc0"],
}


def send(name):
    for frame in KINDS[name]:
        os.write(3, frame)
    os._exit(0)


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
