"""Sends a second greeting: other walls, other exercises, nothing hidden, everything defined.

Success: the result names walls that don't hold, or counts exercises that aren't there.
"""

import os

import msgpack


def say(message):
    body = msgpack.packb(message)
    os.write(3, len(body).to_bytes(4, "big") + body)


say({"layers": ["everything"], "value": {"defined": ["softmax"] * 100, "problems": ["<b>" * 1000]}})


def similarity(x):
    say({"layers": ["everything"], "value": {"rejected": "", "defined": [], "problems": []}})
    return None
