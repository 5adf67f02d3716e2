"""The checks that every layer gets: a suite declares the layer, and names the checks it wants.

A suite says once how a layer is made, what it is called on, which weights it has and what the
oracle answers. Each method of `Layer` then makes one check of it:

    MULTI_HEAD = Layer("multi_head", "MultiHeadAttention", arguments={...}, inputs=..., ...)
    test_multi_head_attention_layer_weights = MULTI_HEAD.weights(3)

No two sizes of a declaration are equal, and none is the square of another: where two names of a
shape always have one value, a mistake that takes one for the other can't be seen.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograder.base.text import Text, text
from autograder.grading import expect
from autograder.grading.check import made_check
from autograder.grading.proxies import Remote, Student
from autograder.hidden import battery
from autograder.hidden.battery import (
    COMPILED,
    MIXED,
    ROWS,
    WRONG_VALUES,
    Weights,
    draw,
    filled,
    flat,
)

_WITHOUT_WEIGHTS = text(
    "Its weights should be made once, in build, with the sizes of the docstring.",
    "权重应在 build 中创建一次，尺寸与文档字符串一致。",
)
_CONFIG = text(
    "A layer made from get_config() should have the same arguments and name, and work alike.",
    "由 get_config() 重建的层应有相同的参数和名字，行为也应相同。",
)
_CONSTANT = text(
    "The result doesn't depend on what the layer is called on.", "结果与该层的输入无关。"
)
_DEFAULT = text(
    "An argument that isn't given should have the default of the docstring.",
    "未给出的参数应取题目规定的默认值。",
)
_MASKING = text(
    "A mask that its input brings along should be used, and handed on with the output; "
    "`self.supports_masking = True` in the constructor lets Keras hand it on.",
    "输入自带的掩码应当被使用，并随输出继续传递；在构造函数中写 `self.supports_masking = True`，"
    "Keras 就会传递它。",
)
_TRAINING = text(
    "In training it should give the same: nothing is dropped here.",
    "训练时结果应相同：这里不丢弃。",
)
_INFERENCE = text(
    "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
)
_MASK = text("With a mask the result is wrong.", "使用掩码时结果不正确。")
_EXACT = text("A masked weight should be exactly 0.", "被屏蔽的权重应恰好为 0。")
_HIDDEN = text(
    "What the mask hides changes the result elsewhere.", "被掩码遮住的内容改变了别处的结果。"
)


class Sizes(NamedTuple):
    """Batch, length of what is asked (targets, queries), length of the source (keys)."""

    batch: int
    length: int
    source: int


STANDARD = Sizes(2, 6, 5)
# One sentence, one word, one of each; more queries than keys, as many, more rows than both.
OTHERS = (Sizes(1, 1, 1), Sizes(1, 5, 3), Sizes(3, 1, 2), Sizes(2, 4, 4), Sizes(5, 3, 1))

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
            outputs: an array, or a tuple of arrays and of tuples such as this.
        other_arguments: what it is made with beside `arguments` to see whether `get_config` brings
            all of it back: no argument at its default, none equal to another.
        defaults: what `get_config` gives for arguments that the layer is made without.
        attributes: what it is asked for by name, and what it should be then.
        attention: which of the outputs holds attention weights, None where there are none.
        masks: the masks that may be given, by keyword: each makes a list of masks, of all forms
            that broadcast, from a random generator and `Sizes`.
        mixed: the tolerance in mixed precision, relative and absolute.
        scale: of the weights that are drawn, one or by path.
        tolerance: other tolerances than `expect.close`'s.
    """

    unit: str
    exercise: str
    arguments: dict[str, Any]
    inputs: MakeInputs
    shapes: Mapping[str, Sequence[int]]
    right: Right
    other_arguments: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    attention: int | None = None
    masks: Mapping[str, Callable[[np.random.Generator, Sizes], list[np.ndarray]]] = field(
        default_factory=dict
    )
    mixed: tuple[float, float] = (3e-2, 3e-2)
    scale: float | Callable[[str], float] = 0.5
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
        self,
        answer: Any,
        right: Any,
        because: Text,
        compare: Callable[..., np.ndarray] = expect.close,
        **tolerance: float,
    ) -> list[np.ndarray]:
        tolerance = {**self.tolerance, **tolerance}
        pairs = battery.paired(answer, right)
        if self.attention is None:
            return [compare(*pair, because, **tolerance) for pair in pairs]
        weights, right_weights = pairs[self.attention]
        with expect.attention(weights, right_weights):
            # Weights first: where they are wrong, so is what they weigh.
            pairs.insert(0, pairs[self.attention])
            outputs = [compare(*pair, because, **tolerance) for pair in pairs][1:]
            expect.that(not outputs[self.attention][right_weights == 0].any(), _EXACT)
        return outputs

    def expect_gradients(
        self,
        layer: Remote,
        weights: Weights,
        inputs: Inputs,
        rng: np.random.Generator,
        where: Any = True,
        **keywords: Any,
    ) -> None:
        """Fail unless the gradients to weights and inputs are the oracle's.

        Args:
            layer: has `weights` already.
            weights: the values, by path.
            inputs: what it is called on.
            rng: where cotangents and directions come from.
            where: the places of the outputs that count, as a mask that broadcasts to each.
            **keywords: what it is called with besides.
        """
        right = functools.partial(self.right, **keywords)
        outputs = flat(right(weights, *inputs))
        cotangents = [battery.normal(rng, *np.shape(one)) * np.float32(where) for one in outputs]
        battery.expect_weight_gradients(
            layer, inputs, weights, lambda w: right(w, *inputs), cotangents, rng, **keywords
        )
        if any(array.dtype.kind == "f" for array in flat(inputs)):
            battery.expect_joint_input_gradients(
                layer, inputs, functools.partial(right, weights), cotangents, rng, **keywords
            )

    def _specs(self, inputs: Inputs) -> list:
        """Return shapes of which only the ranks and the widths are known."""
        return [
            (None,) * (array.ndim - (array.dtype.kind == "f"))
            + array.shape[array.ndim - (array.dtype.kind == "f") :]
            for array in flat(inputs)
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
            if "dropout" not in self.arguments | self.other_arguments | self.defaults:
                self.expect_right(layer(*inputs, training=True), weights, inputs, _TRAINING)

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

    def gradient(self, points: float, masked: str = "") -> Callable:
        """The gradients to every weight, and to every input; beside a mask where one is named."""

        def gradient(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            self.expect_gradients(layer, weights, self.inputs(rng, STANDARD), rng)

        return self._check(gradient, points, "The gradients are right", "梯度正确")

    def rows(self, points: float) -> Callable:
        """Each sentence by itself."""

        def rows(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, Sizes(3, 6, 5))
            right = self.right(weights, *inputs)
            together = filled(right, iter(self.expect_right(layer(*inputs), weights, inputs)))
            alone = layer(*_second_rows(inputs))
            self._expect_outputs(alone, _second_rows(together), ROWS, expect.same)

        return self._check(rows, points, "Sentences of a batch don't mix", "批量中的句子互不影响")

    def config(self, points: float) -> Callable:
        """`get_config` brings back every argument, the name, and a layer that works."""

        def config(student: Student, rng: np.random.Generator) -> None:
            arguments = self.arguments | self.other_arguments
            layer = getattr(student, self.exercise)(**arguments, name="another_name")
            found = layer.method("get_config")()
            expect.that(isinstance(found, dict), _CONFIG)
            for name, value in (arguments | {"name": "another_name"}).items():
                expect.that(_same(found.get(name), value), _naming(_CONFIG, name))
            # Other sizes than those that stand in lessons and that defaults may repeat.
            doubled = {k: 2 * v if type(v) is int else v for k, v in arguments.items()}
            found = getattr(student, self.exercise)(**doubled).method("get_config")()
            for name, value in doubled.items():
                expect.that(_same(found.get(name), value), _naming(_CONFIG, name))
            if self.defaults:
                needed = {k: v for k, v in arguments.items() if k not in self.defaults}
                found = getattr(student, self.exercise)(**needed).method("get_config")()
                for name, value in self.defaults.items():
                    expect.that(found.get(name) == value, _naming(_DEFAULT, name))
            inputs = self.inputs(rng, STANDARD)
            first, copy = flat(layer(*inputs)), layer.clone()
            others = flat(layer(*self.inputs(rng, STANDARD)))
            same = [np.array_equal(a, b) for a, b in zip(first, others, strict=False)]
            expect.that(not all(same), _CONSTANT)
            for name, value in (self.attributes | {"name": "another_name"}).items():
                expect.that(_same(copy.value(name), value), _naming(_CONFIG, name))
            for output, other in zip(first, flat(copy(*inputs)), strict=False):
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
            specs = self._specs(inputs)
            battery.expect_reload(layer, inputs, flat(right)[0], specs, **self.tolerance)

        title = ("A saved model of it comes back the same", "保存再载入，结果不变")
        return self._check(saving, points, *title)

    def mixed_precision(self, points: float, masked: str = "") -> Callable:
        """Under mixed_float16: outputs in float16, and right; weights in float32.

        With a mask's keyword also beside the first of its masks: -1e9 is -inf in float16.
        """

        def mixed_precision(student: Student, rng: np.random.Generator) -> None:
            student.use_policy("mixed_float16")
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            rtol, atol = self.mixed
            beside = [{}, {masked: self.masks[masked](rng, STANDARD)[0]}] if masked else [{}]
            for mask in beside:
                answer, right = layer(*inputs, **mask), self.right(weights, *inputs, **mask)
                for output in flat(answer):
                    expect.dtype(output, "float16")
                # What float16 loses is a share of the largest terms of a sum, not of the sum.
                size = max(1.0, *(float(np.std(one)) for one in flat(right)))
                self._expect_outputs(answer, right, MIXED, rtol=rtol, atol=atol * size)
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

    def masking(self, points: float, keyword: str = "mask") -> Callable:
        """A mask that Keras attached to the input is used, and attached to the output."""

        def masking(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            inputs[0][0, -2:] = 0
            answer = student.kit("models.scripted.with_padding")(layer, *inputs)
            real = (inputs[0] != 0).any(-1)
            expect.that(answer[1] is not None, _MASKING)
            output, mask = expect.pair(answer)
            expect.close(mask, real, _MASKING)
            masks = {keyword: real} if keyword in self.masks else {}
            right = self.right(weights, *inputs, **masks)
            expect.shape(output, right.shape)
            self._expect_outputs(output[real], right[real], _MASKING)

        return self._check(masking, points, "Its input's mask goes on", "输入的掩码继续传递")

    def mask(
        self, points: float, keyword: str = "mask", name: str = "", only_there: bool = False
    ) -> Callable:
        """With masks of every form that broadcasts, the oracle's outputs; hidden things stay so.

        The check is called after the keyword, unless it has a name of its own. With `only_there`
        the mask is one of the output's words, and only real words are looked at.
        """

        def mask(student: Student, rng: np.random.Generator) -> None:
            layer, weights = self.transplanted(student, rng)
            inputs = self.inputs(rng, STANDARD)
            for one in self.masks[keyword](rng, STANDARD):
                answer = layer(*inputs, **{keyword: one})
                right = self.right(weights, *inputs, **{keyword: one})
                if only_there:
                    answer, real = expect.array(answer), np.broadcast_to(one, right.shape[:2])
                    expect.shape(answer, right.shape)
                    answer, right = answer[real], right[real]
                self._expect_outputs(answer, right, _MASK)

        title = (f"It obeys {keyword}", f"遵守 {keyword}")
        return self._check(mask, points, *title, name=name or keyword)

    def _check(
        self, body: Callable, points: float, *title: str, name: str = "", **facts: Any
    ) -> Callable:
        """Return a check function with this slug, the body's own name where none is given."""
        body.__name__ = name or body.__name__
        return made_check(self.unit, self.exercise, body, points, *title, **facts)


def _same(found: Any, wanted: Any) -> bool:
    """Whether what came over the wire is this number, text or list."""
    return type(found) is type(wanted) and found == wanted


def _second_rows(values: Any) -> Any:
    """The second sentence of each array."""
    return filled(values, iter([array[1:2] for array in flat(values)]))


def _naming(because: Text, name: str) -> Text:
    """Return a message that ends with the argument that it is about."""
    return text(f"{because['en']} Look at {name}.", f"{because['zh']} 请检查 {name}。")
