"""A symbolic tensor that claims any shape, and a type whose name is a command for terminals.

Success: the claimed shape passes for a computed one, or the name gets into the result as it is.
"""

import keras


class Claim(keras.KerasTensor):
    def __init__(self):
        super().__init__((2, 2), "float32")

    @property
    def shape(self):
        return (None, None, 2**39)

    @shape.setter
    def shape(self, value):
        pass

    @property
    def dtype(self):
        return "float32\x1b[2J"

    @dtype.setter
    def dtype(self, value):
        pass


class Claimed(keras.layers.Layer):
    def call(self, *args, **kwargs):
        return Claim()


def similarity(x):
    return Claim()


def softmax(x, axis=-1):
    return [Claim(), keras.Input((3,))]


SelfAttention = Claimed
