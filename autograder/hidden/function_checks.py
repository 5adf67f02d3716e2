"""The checks that every function gets; see `layer_checks`."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.base.text import Text, text
from autograder.grading import expect
from autograder.grading.check import made_check
from autograder.grading.proxies import Remote, Student
from autograder.hidden import battery
from autograder.hidden.battery import COMPILED, WRONG_VALUES

_HALF = text("For float16 the result is wrong.", "输入为 float16 时结果不正确。")


@dataclass(frozen=True)
class Function:
    """A function as its suite declares it.

    Attributes:
        unit, exercise: the unit's name, the function's name.
        inputs: makes the arrays that it is called on, from a random generator.
        right: the oracle: from the inputs and the keywords to the outputs, an array or a tuple.
        specs: the shapes of the inputs in a compiled function, None where a size is not known.
        keywords: what it is called with besides.
        tolerance: other tolerances than `expect.close`'s.
    """

    unit: str
    exercise: str
    inputs: Callable[[np.random.Generator], list[np.ndarray]]
    right: Callable[..., Any]
    specs: Sequence[Sequence[int | None]] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)

    def of(self, student: Student) -> Remote:
        """Return the hand-in's function."""
        return getattr(student, self.exercise)

    def expect_right(
        self,
        answer: Any,
        inputs: list[np.ndarray],
        because: Text = WRONG_VALUES,
        **tolerance: float,
    ) -> None:
        """Fail unless an answer has the oracle's outputs for these inputs."""
        for output, right in battery.paired(answer, self.right(*inputs, **self.keywords)):
            expect.close(output, right, because, **{**self.tolerance, **tolerance})

    def unknown_sizes(self, points: float) -> Callable:
        """Compiled with sizes that are not known."""

        def unknown_sizes(student: Student, rng: np.random.Generator) -> None:
            inputs = self.inputs(rng)
            self.expect_right(self.of(student)(*inputs, **self.keywords), inputs)
            answer = self.of(student).graph(*inputs, specs=self.specs, **self.keywords)
            self.expect_right(answer, inputs, COMPILED)

        return self._check(
            unknown_sizes, points, "It compiles with unknown sizes", "在未知尺寸下也能编译"
        )

    def xla(self, points: float) -> Callable:
        """Compiled by XLA."""

        def xla(student: Student, rng: np.random.Generator) -> None:
            inputs = self.inputs(rng)
            answer = self.of(student).xla(*inputs, **self.keywords)
            self.expect_right(answer, inputs, COMPILED)

        return self._check(xla, points, "It compiles under XLA", "可用 XLA 编译")

    def gradient(self, points: float) -> Callable:
        """The gradients to its inputs."""

        def gradient(student: Student, rng: np.random.Generator) -> None:
            inputs = self.inputs(rng)
            right = battery.flat(self.right(*inputs, **self.keywords))
            cotangents = [battery.normal(rng, *np.shape(output)) for output in right]
            function = functools.partial(self.right, **self.keywords)
            battery.expect_joint_input_gradients(
                self.of(student), inputs, function, cotangents, rng, **self.keywords
            )

        return self._check(gradient, points, "The gradient is right", "梯度正确")

    def half_precision(self, points: float, tolerance: float = 1e-2) -> Callable:
        """Of float16 inputs it gives float16, and the right values."""

        def half_precision(student: Student, rng: np.random.Generator) -> None:
            inputs = [array.astype("float16") for array in self.inputs(rng)]
            answer = self.of(student)(*inputs, **self.keywords)
            for output in answer if isinstance(answer, list) else [answer]:
                expect.dtype(output, "float16")
            self.expect_right(answer, inputs, _HALF, rtol=tolerance, atol=tolerance)

        return self._check(
            half_precision, points, "float16 stays float16", "float16 输入得到 float16"
        )

    def _check(self, body: Callable, points: float, *title: str) -> Callable:
        return made_check(self.unit, self.exercise, body, points, *title)
