"""Gates by slices and einsum; the cells' equations in another order."""

import keras
from keras import ops

from solutions.rnn import *


@keras.saving.register_keras_serializable(package="gates_by_slices")
class RNNCell(RNNCell):
    def call(self, inputs, states):
        both = ops.concatenate([inputs, states[0]], axis=-1)
        weights = ops.concatenate(
            [ops.convert_to_tensor(self.kernel), ops.convert_to_tensor(self.recurrent_kernel)], 0
        )
        output = ops.tanh(both @ weights + self.bias)
        return output, [output]


@keras.saving.register_keras_serializable(package="gates_by_slices")
class GRUCell(GRUCell):
    def call(self, inputs, states):
        h, u = states[0], self.units

        def part(n, state):
            columns = slice(n * u, (n + 1) * u)
            x = ops.einsum("bd,du->bu", inputs, self.kernel[:, columns])
            r = ops.einsum("bv,vu->bu", state, self.recurrent_kernel[:, columns])
            return x + r + self.bias[columns]

        z, r = ops.sigmoid(part(0, h)), ops.sigmoid(part(1, h))
        h = h + (1 - z) * (ops.tanh(part(2, r * h)) - h)
        return h, [h]


@keras.saving.register_keras_serializable(package="gates_by_slices")
class LSTMCell(LSTMCell):
    def call(self, inputs, states):
        h, c = states
        u = self.units
        z = ops.dot(inputs, self.kernel) + ops.dot(h, self.recurrent_kernel) + self.bias
        gates = ops.sigmoid(z)
        c = c * gates[:, u : 2 * u] + gates[:, :u] * ops.tanh(z[:, 2 * u : 3 * u])
        h = ops.tanh(c) * gates[:, 3 * u :]
        return h, [h, c]
