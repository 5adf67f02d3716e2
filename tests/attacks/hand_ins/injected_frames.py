"""Sends such texts past the agent, which would have cleaned them: where, kind, type, problems.

Success: a control character that a student chose stands in a result.
"""

import os

import msgpack

BAD = "\x1b[2J\x9b31m\u202e\x00\x07<script>alert(1)</script>"


def say(message):
    body = msgpack.packb(message)
    os.write(3, len(body).to_bytes(4, "big") + body)


EXERCISES = ("similarity", "softmax", "self_attention", "padding_mask")
say({"value": {"defined": list(EXERCISES), "problems": [BAD, {"a": BAD}, BAD * 100]}})


def similarity(x):
    say({"error": {"kind": "raised", "type": BAD, "message": BAD, "where": BAD}})


def softmax(x, axis=-1):
    say({"error": {"kind": "forbidden", "message": BAD}})


def self_attention(x):
    say({"value": msgpack.ExtType(2, msgpack.packb([1, BAD]))})


def padding_mask(token_ids):
    say({"value": msgpack.ExtType(3, msgpack.packb(BAD))})
