"""The checks that every layer gets: a suite declares the layer, and names the checks it wants.

A suite says once how a layer is made, what it is called on, which weights it has and what the
oracle answers. Each method of `Layer` then makes one check of it:

    MULTI_HEAD = Layer("multi_head", "MultiHeadAttention", arguments={...}, inputs=..., ...)
    test_multi_head_attention_layer_weights = MULTI_HEAD.weights(3)

No two sizes of a declaration are equal, and none is the square of another: where two names of a
shape always have one value, a mistake that takes one for the other can't be seen.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograder.base.text import Text, text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.proxies import Remote, Student
from autograder.hidden import battery
from autograder.hidden.battery import COMPILED, MIXED, ROWS, WRONG_VALUES, Weights, draw

_WITHOUT_WEIGHTS = text(
    "Its weights should be made once, in build, with the sizes of the docstring.",
    "权重应在 build 中创建一次，尺寸与文档字符串一致。",
)
_CONFIG = text(
    "A layer made from get_config() should have the same arguments and name, and work alike.",
    "由 get_config() 重建的层应有相同的参数和名字，行为也应相同。",
)
_INFERENCE = text(
    "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
)
_MASK = text("With a mask the result is wrong.", "使用掩码时结果不正确。")
_HIDDEN = text(
    "What the mask hides changes the result elsewhere.", "被掩码遮住的内容改变了别处的结果。"
)


class Sizes(NamedTuple):
    """Batch, length of what is asked (targets, queries), length of the source (keys)."""

    batch: int
    length: int
    source: int


STANDARD = Sizes(2, 6, 5)
# One sentence, one word, one of each; more queries than keys, and more rows than both.
OTHERS = (Sizes(1, 1, 1), Sizes(1, 5, 3), Sizes(3, 1, 2), Sizes(5, 3, 1))

Inputs = list[Any]
MakeInputs = Callable[[np.random.Generator, Sizes], Inputs]
Right = Callable[..., Any]


@dataclass(frozen=True)
class Layer:
    """A layer as its suite declares it.

    Attributes:
        unit, exercise: the unit's name, the class's name.
        arguments: what the layer is made with, by name.
        inputs: makes what it is called on, from a random generator and `Sizes`.
        shapes: the shapes of its weights, by path.
        right: the oracle: from weights (by path), the inputs and the keywords of the call to the
            outputs, one array or a tuple of arrays.
        other_arguments: what it is made with beside `arguments` to see whether `get_config` brings
            all of it back: no argument at its default, none equal to another.
        masks: the masks that may be given, by keyword: each makes a list of masks, of all forms
            that broadcast, from a random generator and `Sizes`.
        mixed: the tolerance in mixed precision, relative and absolute.
        scale: of the weights that are drawn.
        tolerance: other tolerances than `expect.close`'s.
    """

    unit: str
    exercise: str
    arguments: dict[str, Any]
    inputs: MakeInputs
    shapes: Mapping[str, Sequence[int]]
    right: Right
    other_arguments: dict[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Callable[[np.random.Generator, Sizes], list[np.ndarray]]] = field(
        default_factory=dict
    )
    mixed: tuple[float, float] = (3e-2, 3e-2)
    scale: float = 0.5
    tolerance: dict[str, float] = field(default_factory=dict)

    # -- what the suites' own checks use ---------------------------------------------------------

    def transplanted(
        self, student: Student, rng: np.random.Generator, **arguments: Any
    ) -> tuple[Remote, Weights]:
        """Return the layer with weights that are drawn, and those weights.

        Args:
            student: the hand-in.
            rng: what the weights are drawn from.
            **arguments: what it is made with instead of, or beside, `arguments`.
        """
        inputs = self.inputs(np.random.default_rng(0), STANDARD)
        layer = student.shared(self.exercise, **self.arguments | arguments, built_on=inputs)
        weights = draw(rng, self.shapes, self.scale)
        layer.assign(weights)
        return layer, weights

    def expect_right(
        self,
        answer: Any,
        weights: Weights,
        inputs: Inputs,
        because: Text = WRONG_VALUES,
        **keywords: Any,
    ) -> list[np.ndarray]:
        """Fail unless an answer has the oracle's outputs; return them as arrays."""
        return self._expect_outputs(answer, self.right(weights, *inputs, **keywords), because)

    def _expect_outputs(
        self, answer: Any, right: Any, because: Text, **tolerance: float
    ) -> list[np.ndarray]:
        wanted = right if isinstance(right, tuple) else (right,)
        outputs = answer if len(wanted) > 1 else [answer]
        if not isinstance(outputs, list) or len(outputs) != len(wanted):
            expect.fail(
                text(f"It should give {len(wanted)} results.", f"应返回 {len(wanted)} 个结果。")
            )
        tolerance = {**self.tolerance, **tolerance}
        return [
            expect.close(output, one, because, **tolerance)
            for output, one in zip(outputs, wanted, strict=True)
        ]

    def _specs(self, inputs: Inputs) -> list:
        """Return shapes of which only the ranks and the widths are known."""
        return [
            (None,) * (array.ndim - (array.dtype.kind == "f"))
            + array.shape[array.ndim - (array.dtype.kind == "f") :]
            for array in _arrays(inputs)
        ]

    # -- the checks ------------------------------------------------------------------------------

    def values(self, points: float, *title: str) -> Callable:
        """With given weights, the oracle's outputs."""

        def values(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            self.expect_right(layer(*inputs), weights, inputs)

        titles = title or (
            "With given weights it gives the formula's values",
            "给定权重时与公式一致",
        )
        return self._check(values, points, *titles)

    def other_sizes(self, points: float) -> Callable:
        """Batches and lengths down to one."""

        def other_sizes(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            for sizes in OTHERS:
                inputs = self.inputs(rng, sizes)
                self.expect_right(layer(*inputs), weights, inputs)

        title = ("Other batch sizes and lengths, down to one", "别的批量和长度，直到一")
        return self._check(other_sizes, points, *title)

    def weights(self, points: float) -> Callable:
        """The weights of the docstring, made once, and no other."""

        def weights(student: Student, rng: np.random.Generator) -> None:
            layer = getattr(student, self.exercise)(**self.arguments)
            for sizes in (STANDARD, OTHERS[1]):
                layer(*self.inputs(rng, sizes))
            battery.expect_weights(layer, list(self.shapes.values()), _WITHOUT_WEIGHTS)

        return self._check(weights, points, "Its weights, made once", "应有的权重，只创建一次")

    def gradient(self, points: float) -> Callable:
        """The gradients to every weight, and to every input."""

        def gradient(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            outputs = self.right(weights, *inputs)
            several = isinstance(outputs, tuple)
            first = outputs[0] if several else outputs
            others: list[None] = [None] * (len(outputs) - 1 if several else 0)
            cotangents = [battery.normal(rng, *np.shape(first)), *others]

            def function(values: Weights) -> np.ndarray:
                answer = self.right(values, *inputs)
                return answer[0] if several else answer

            battery.expect_weight_gradients(layer, inputs, weights, function, cotangents, rng)
            self._expect_input_gradients(layer, weights, inputs, cotangents, rng)

        return self._check(gradient, points, "The gradients are right", "梯度正确")

    def _expect_input_gradients(
        self,
        layer: Remote,
        weights: Weights,
        inputs: Inputs,
        cotangents: list,
        rng: np.random.Generator,
    ) -> None:
        """Fail unless the gradients to the inputs are right, where all inputs are numbers."""
        if any(array.dtype.kind != "f" for array in _arrays(inputs)):
            return
        if any(isinstance(item, list) for item in inputs):
            return

        def of_inputs(*arrays: np.ndarray) -> np.ndarray:
            answer = self.right(weights, *arrays)
            return answer[0] if isinstance(answer, tuple) else answer

        battery.expect_joint_input_gradients(layer, inputs, of_inputs, cotangents, rng)

    def rows(self, points: float) -> Callable:
        """Each sentence by itself."""

        def rows(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, Sizes(3, 6, 5))
            together = self.expect_right(layer(*inputs), weights, inputs)
            alone = layer(*_mapped(inputs, lambda array: array[1:2]))
            right = tuple(output[1:2] for output in together)
            self._expect_outputs(alone, right if len(right) > 1 else right[0], ROWS)

        return self._check(rows, points, "Sentences of a batch don't mix", "批量中的句子互不影响")

    def config(self, points: float) -> Callable:
        """`get_config` brings back every argument, the name, and a layer that works."""

        def config(student: Student, rng: np.random.Generator) -> None:
            arguments = self.arguments | self.other_arguments
            layer = getattr(student, self.exercise)(**arguments, name="another_name")
            found = layer.method("get_config")()
            expect.that(isinstance(found, dict), _CONFIG)
            for name, value in (arguments | {"name": "another_name"}).items():
                same = found.get(name) == value and isinstance(found.get(name), type(value))
                expect.that(same, _naming(_CONFIG, name))
            inputs = self.inputs(rng, STANDARD)
            first, copy = layer(*inputs), layer.clone()
            expect.that(copy.value("name") == "another_name", _naming(_CONFIG, "name"))
            for output, other in zip(_outputs(first), _outputs(copy(*inputs)), strict=False):
                expect.shape(
                    other, expect.array(output).shape, text("The copy's output", "副本的输出")
                )

        return self._check(config, points, "Its configuration makes it again", "可由配置重建")

    def saving(self, points: float) -> Callable:
        """A functional model of it, with sizes that are not known, comes back from a file."""

        def saving(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            right = self.right(weights, *inputs)
            first = right[0] if isinstance(right, tuple) else right
            battery.expect_reload(layer, inputs, first, self._specs(inputs), **self.tolerance)

        title = ("A saved model of it comes back the same", "保存再载入，结果不变")
        return self._check(saving, points, *title)

    def mixed_precision(self, points: float) -> Callable:
        """Under mixed_float16: outputs in float16, and right; weights in float32."""

        def mixed_precision(student: Student, rng: np.random.Generator) -> None:
            student.use_policy("mixed_float16")
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            answer, (rtol, atol) = layer(*inputs), self.mixed
            for output in _outputs(answer):
                expect.dtype(output, "float16")
            self._expect_outputs(answer, self.right(weights, *inputs), MIXED, rtol=rtol, atol=atol)
            for weight in battery.found_weights(layer):
                expect.dtype(weight["value"], "float32")

        return self._check(mixed_precision, points, "It works in mixed precision", "支持混合精度")

    def xla(self, points: float) -> Callable:
        """Compiled by XLA, with the same values."""

        def xla(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            self.expect_right(layer.xla(*inputs), weights, inputs, COMPILED)

        return self._check(xla, points, "It compiles under XLA", "可用 XLA 编译")

    def inference(self, points: float, rate: str = "dropout") -> Callable:
        """With a rate of dropout, nothing changes outside of training."""

        def inference(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng, **{rate: 0.5})
            inputs = self.inputs(rng, STANDARD)
            self.expect_right(layer(*inputs), weights, inputs, _INFERENCE)
            self.expect_right(layer(*inputs, training=False), weights, inputs, _INFERENCE)

        return self._check(inference, points, "Nothing is dropped at inference", "推理时不丢弃")

    def mask(self, points: float, keyword: str = "mask") -> Callable:
        """With masks of every form that broadcasts, the oracle's outputs; hidden things stay so."""

        def mask(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            for one in self.masks[keyword](rng, STANDARD):
                answer = layer(*inputs, **{keyword: one})
                self.expect_right(answer, weights, inputs, _MASK, **{keyword: one})

        return self._check(mask, points, f"It obeys {keyword}", f"遵守 {keyword}", name=keyword)

    def _check(
        self, body: Callable, points: float, *title: str, name: str = "", **facts: Any
    ) -> Callable:
        """Return a check function: named and placed as if the suite had written it by hand."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.exercise).lower()
        body.__name__ = f"test_{words}_layer_{name or body.__name__}"
        body.__module__ = f"autograder.hidden.{self.unit}.test_{self.unit}"
        return check(self.exercise, points, *title, **facts)(body)


def _arrays(inputs: Inputs) -> list[np.ndarray]:
    return [array for item in inputs for array in (item if isinstance(item, list) else [item])]


def _mapped(inputs: Inputs, change: Callable[[np.ndarray], np.ndarray]) -> Inputs:
    return [
        [change(array) for array in item] if isinstance(item, list) else change(item)
        for item in inputs
    ]


def _outputs(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def _naming(because: Text, name: str) -> Text:
    """Return a message that ends with the argument that it is about."""
    return text(f"{because['en']} Look at {name}.", f"{because['zh']} 请检查 {name}。")
