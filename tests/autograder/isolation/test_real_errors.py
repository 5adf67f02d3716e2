"""Real exceptions of TensorFlow and Keras, from a student's process: their words can be read."""

import re

import numpy as np
import pytest

from autograder.isolation.student_process import StudentError
from tests.course.test_library_messages import UNREADABLE

X = np.arange(6, dtype="float32").reshape(2, 3)
# What a student writes, and what is said of it: the kind, and words of the message.
WRONG = {
    "ops.matmul(x, x)": ("raised", "size-incompatible|Dimensions must be equal"),
    "x @ x": ("raised", "size-incompatible|Dimensions must be equal"),
    "ops.matmul(x[None], x[None])": ("raised", "size-incompatible|Dimensions must be equal"),
    "x + ops.transpose(x)": ("raised", "Incompatible shapes|Dimensions must be equal"),
    "ops.reshape(x, (4, -1))": ("raised", "multiple of 4|divisible by 4"),
    "ops.reshape(x, (5,))": ("raised", "6|reshape"),
    "ops.concatenate([x, ops.transpose(x)])": ("raised", "must be equal|must match"),
    "ops.stack([x, ops.transpose(x)])": ("raised", "must match|compatible|must be equal"),
    "ops.max(x, axis=2)": ("raised", "dimension"),
    "ops.transpose(x, (0, 2, 1))": ("raised", "axis|dimension|size"),
    "x @ ops.cast(ops.transpose(x), 'float16')": ("raised", "half|float16"),
    "x + ops.convert_to_tensor([1, 2, 3])": ("raised", "int32"),
    "ops.where(x > 0, x[:, :2], 0.0)": ("raised", "broadcast|Dimensions|shape"),
    "ops.conv(x[None], ops.ones((2, 2, 3)))": ("raised", "[Dd]epth"),
    "keras.layers.Dense(2).kernel": ("raised", "build the layer"),
    "keras.layers.LayerNormalization()(None)": ("raised", "None|positional"),
    "Doubled()(x, True)": ("raised", "keyword|positional"),
    "ops.exp('a')": ("raised", "string"),
    "ops.split(x, 2, axis=1)": ("raised", "split|divi"),
    "x[:, :, :, 1]": ("raised", "dim|rank|Index"),
    "ops.convert_to_tensor(object())": ("raised", "convert"),
    "x if x > 0 else 2": ("raised|value", "truth value|bool|ambiguous"),
    "x.foo": ("raised", "foo"),
}
ONLY_IN_GRAPHS = {
    "np.exp(x)": ("numpy", "numpy"),
    "ops.convert_to_tensor(x.numpy())": ("numpy", "numpy"),
    "ops.convert_to_tensor(np.array(x))": ("numpy", "numpy"),
    "float(x[0, 0]) * x": ("value", "float"),
    "x * len([row for row in x])": ("value|raised", "[Ii]terat"),
    "ops.sum(x[:, list(range(int(x[0, 0])))])": ("value", "int"),
}
# Run within the graph, where no line of the student's runs any more.
AT_RUN_TIME = {
    "ops.take(x, ops.cast(x[1] * 9, 'int32'), axis=0)": ("raised", "is not in"),
    "ops.reshape(x, (ops.cast(x[1, 1], 'int32'), -1))": ("raised", "multiple|reshape"),
}
HEADER = """
import keras
import numpy as np
from keras import ops

class Doubled(keras.layers.Layer):
    def call(self, x, twice=None):
        return x * 2

class Inner(keras.layers.Layer):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def call(self, x):
        return self.body(x)

def inside_two_layers(body):
    return Inner(Inner(body))
"""


def cases():
    for mode in ("eager", "graph", "xla"):
        for table in (WRONG, ONLY_IN_GRAPHS if mode != "eager" else {}, AT_RUN_TIME):
            if mode == "xla" and table is AT_RUN_TIME:
                continue  # XLA clips an index, say
            for code, (kinds, words) in table.items():
                yield pytest.param(code, mode, kinds, words, id=f"{mode}-{code}")


@pytest.fixture(scope="module")
def process(server):
    codes = [*WRONG, *ONLY_IN_GRAPHS, *AT_RUN_TIME]
    functions = "".join(f"\ndef f{n}(x):\n    return {code}\n" for n, code in enumerate(codes))
    layers = "".join(f"\ng{n} = inside_two_layers(f{n})\n" for n in range(len(codes)))
    process = server.fork()
    answer = process.load((HEADER + functions + layers).encode(), ".py", ())
    assert answer["problems"] == []
    process.allow(600.0)
    yield process, {code: number for number, code in enumerate(codes)}
    process.close()


@pytest.mark.slow
@pytest.mark.parametrize("within", ["f", "g"], ids=["function", "layers"])
@pytest.mark.parametrize(("code", "mode", "kinds", "words"), list(cases()))
def test_what_is_said_of_it_can_be_read(process, code, mode, kinds, words, within):
    process, numbers = process
    target = {"name": f"{within}{numbers[code]}"}
    fields = {"target": target, "args": [X], "kwargs": {}, "mode": mode}
    specs = [(None, None)] if mode == "graph" else None
    begin = {"seed": 1, "policy": "float32"}
    with pytest.raises(StudentError) as caught:
        process.request("call", begin=begin, specs=specs, **fields)
    error = caught.value
    assert error.kind in kinds.split("|"), error
    assert re.search(words, error.message), error.message
    assert not UNREADABLE.search(error.message), error.message
    assert len(error.message) <= 300
    if code not in AT_RUN_TIME and not (mode == "graph" and not error.where):
        assert error.where.startswith("your module, line "), error
