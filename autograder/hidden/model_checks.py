"""The checks that each of the three translation models gets; see `layer_checks`.

A model's input is a pair of token ids, source `(B, S)` and target `(B, T)`; its logits are
`(B, T, V)`. The first sentence of a batch is padded on both sides.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.proxies import Remote, Student
from autograder.hidden import battery, translating
from autograder.hidden.battery import FUTURE, WITH_PADDING, WRONG_VALUES, Weights
from autograder.hidden.layer_checks import Inputs, Layer, MakeInputs, Sizes
from autograder.isolation.student_process import StudentError
from course.kit.tokens import END_ID, PAD_ID, START_ID, UNKNOWN_ID

_FIRST_WORD = 4  # ids below are padding, unknown, start and end
SOURCE_VOCABULARY, TARGET_VOCABULARY = 11, 13

_MEMORY = text(
    "encode should give a tuple whose last item is the source mask (B, S), boolean, True at real "
    "words.",
    "encode 应返回元组，最后一项是源句掩码 (B, S)，布尔型，真实的词为 True。",
)
_ORDER = text(
    "With the source words in another order the logits are wrong; does the model know positions?",
    "源词换了顺序后 logits 不正确；模型知道位置吗？",
)
_TOO_LONG = text(
    "A sentence longer than max_length should raise ValueError.",
    "句子长于 max_length 时应抛出 ValueError。",
)
_NO_RATE = text(
    "With a rate of 0 something is dropped in training; does every layer get the rate?",
    "比例为 0 时训练中仍有丢弃；每一层都得到这个比例了吗？",
)
_STILL = text("In training nothing is dropped.", "训练时没有丢弃。")


def sentences(rng: np.random.Generator, sizes: Sizes) -> Inputs:
    """Return `[[source, target]]`: random words; the first of several sentences is shorter.

    A longer sentence has a word that isn't in the vocabulary, too: a word like any other.
    """
    source = rng.integers(_FIRST_WORD, SOURCE_VOCABULARY, (sizes.batch, sizes.source))
    target = rng.integers(_FIRST_WORD, TARGET_VOCABULARY, (sizes.batch, sizes.length))
    if sizes.source > 2:
        source[:, 1] = UNKNOWN_ID
    if sizes.length > 2:
        target[:, 1] = UNKNOWN_ID
    target[:, 0] = START_ID
    if sizes.source > 1:
        source[:, -1] = END_ID
    if sizes.batch > 1 and sizes.source > 3:
        source[0, -3:] = [END_ID, PAD_ID, PAD_ID]
    if sizes.batch > 1 and sizes.length > 3:
        target[0, -2:] = PAD_ID
    return [[source.astype("int32"), target.astype("int32")]]


@dataclass(frozen=True, kw_only=True)
class Model(Layer):
    """A translation model as its suite declares it.

    Attributes:
        family: `rnn`, `cnn` or `transformer`.
        scores: the oracle's attention scores by name, from weights, source and target.
    """

    inputs: MakeInputs = sentences
    family: str = ""
    scores_of: Callable[..., Mapping[str, np.ndarray]] = field(default=lambda *_: {})

    def _drawn(self, student: Student, rng: np.random.Generator) -> tuple[Remote, Weights, Inputs]:
        model, weights = self.transplanted(student, rng)
        return model, weights, self.inputs(rng, Sizes(2, 6, 7))

    def every_gradient(self, points: float) -> Callable:
        """A gradient to every weight, and the right one along a random direction of all."""

        def gradient(student: Student, rng: np.random.Generator) -> None:
            model, weights, inputs = self._drawn(student, rng)
            cotangent = battery.normal(rng, *self.right(weights, *inputs).shape)
            battery.expect_joint_gradient(
                model, inputs, weights, lambda w: self.right(w, *inputs), [cotangent], rng
            )

        return self._check(gradient, points, "Every weight gets its gradient", "每个权重都得到梯度")

    def future(self, points: float) -> Callable:
        """No logit depends on later target words."""

        def future(student: Student, rng: np.random.Generator) -> None:
            model, _, [[source, target]] = self._drawn(student, rng)
            first = expect.array(model([source, target]))
            expect.shape(first, (*target.shape, TARGET_VOCABULARY))
            for length in (1, 3):
                changed = target.copy()
                other = _FIRST_WORD + (target + 1) % (TARGET_VOCABULARY - _FIRST_WORD)
                changed[:, length:] = other[:, length:]
                second = expect.array(model([source, changed]))
                expect.same(second[:, :length], first[:, :length], FUTURE, rtol=0, atol=1e-5)

        title = ("A logit never depends on later target words", "logits 不依赖后面的目标词")
        return self._check(future, points, *title)

    def padding(self, points: float) -> Callable:
        """More padding behind source and target changes no logit of a real word."""

        def padding(student: Student, rng: np.random.Generator) -> None:
            model, weights, [[source, target]] = self._drawn(student, rng)
            right = self.right(weights, [source, target])
            wider = [np.pad(source, [(0, 0), (0, 1)]), np.pad(target, [(0, 0), (0, 2)])]
            logits = expect.array(model(wider))
            expect.shape(logits, (*wider[1].shape, TARGET_VOCABULARY))
            expect.close(logits[:, : target.shape[1]], right, WITH_PADDING, **self.tolerance)

        title = ("More padding behind the sentences changes nothing", "句后再多填充也不影响结果")
        return self._check(padding, points, *title)

    def order(self, points: float) -> Callable:
        """The order of the source words matters."""

        def order(student: Student, rng: np.random.Generator) -> None:
            model, weights, [[source, target]] = self._drawn(student, rng)
            turned = source[1:].copy()
            turned[:, :-1] = turned[:, -2::-1]
            pair = [turned, target[1:]]
            expect.close(model(pair), self.right(weights, pair), _ORDER, **self.tolerance)

        return self._check(
            order, points, "The order of the source words matters", "源词的顺序有影响"
        )

    def interface(self, points: float) -> Callable:
        """`encode` and `decode` make up the model."""

        def interface(student: Student, rng: np.random.Generator) -> None:
            model, weights, [[source, target]] = self._drawn(student, rng)
            memory = model.method("encode")(source)
            expect.that(isinstance(memory, list) and len(memory) > 1, _MEMORY)
            mask = expect.array(memory[-1])
            expect.that(mask.dtype == bool, _MEMORY)
            expect.close(mask, source != PAD_ID, _MEMORY)
            logits = model.method("decode")(target, memory)
            self.expect_right(logits, weights, [[source, target]])

        title = ("encode and decode make up the model", "encode 与 decode 合起来就是模型")
        return self._check(interface, points, *title)

    def scores(self, points: float) -> Callable:
        """`attention_scores` gives each layer's, `(B, H, T, S)`."""

        def scores(student: Student, rng: np.random.Generator) -> None:
            model, weights, [[source, target]] = self._drawn(student, rng)
            right = self.scores_of(weights, source, target)
            found = model.method("attention_scores")(source, target)
            names = ", ".join(right)
            because = text(
                f"It should give {names}, each (B, H, T, S), and nothing else.",
                f"应只给出 {names}，形状均为 (B, H, T, S)。",
            )
            expect.that(isinstance(found, dict) and set(found) == set(right), because)
            for name, wanted in right.items():
                with expect.attention(found[name], wanted):
                    expect.close(found[name], wanted, WRONG_VALUES, **self.tolerance)

        return self._check(scores, points, "Attention scores of every layer", "每一层的注意力分数")

    def too_long(self, points: float) -> Callable:
        """Longer than `max_length` is refused, on either side; `max_length` itself is not."""

        def too_long(student: Student, rng: np.random.Generator) -> None:
            model, weights = self.transplanted(student, rng)
            most = self.arguments["max_length"]
            longest = sentences(rng, Sizes(1, most, most))
            self.expect_right(model(*longest), weights, longest)
            for sizes in (Sizes(1, 2, most + 1), Sizes(1, most + 1, 2)):
                expect_value_error(functools.partial(model, *sentences(rng, sizes)))

        title = ("Longer than max_length is refused", "超过 max_length 会被拒绝")
        return self._check(too_long, points, *title)

    def dropout(self, points: float) -> Callable:
        """Dropout works in training, and only then."""

        def dropout(student: Student, rng: np.random.Generator) -> None:
            model, weights = self.transplanted(student, rng, dropout=0.5)
            inputs = self.inputs(rng, Sizes(2, 6, 7))
            right = self.right(weights, *inputs)
            because = text("At inference something is dropped.", "推理时也丢弃了。")
            for keywords in ({}, {"training": False}):
                expect.close(model(*inputs, **keywords), right, because, **self.tolerance)
            trained = expect.array(model(*inputs, training=True))
            expect.shape(trained, right.shape)
            expect.that(np.abs(trained - right).max() > 1e-2, _STILL, presumes_values=True)
            model, weights = self.transplanted(student, rng, dropout=0.0)
            right = self.right(weights, *inputs)
            expect.close(model(*inputs, training=True), right, _NO_RATE, **self.tolerance)

        title = ("Dropout works in training, and only then", "dropout 只在训练时起作用")
        return self._check(dropout, points, *title)

    def translations(self, points: float) -> Callable:
        """With trained weights, the reference's translations."""

        def translations(student: Student) -> None:
            model = getattr(student, self.exercise)
            translating.expect_translations(student, model, self.family)

        title = translating.TRANSLATES
        return self._check(translations, points, *title, timeout=60, evident=False)

    def learning(self, points: float) -> Callable:
        """Its own gradients teach it a small batch."""

        def learning(student: Student, rng: np.random.Generator) -> None:
            model, weights = self.transplanted(student, rng)
            [[source, target]] = sentences(rng, Sizes(1, 6, 5))
            pair = [source, target]
            battery.expect_learning(model, source, target, weights, lambda w: self.right(w, pair))

        return self._check(learning, points, *battery.LEARNS, timeout=30, evident=False)


def expect_value_error(call: Callable[[], object], because: dict[str, str] = _TOO_LONG) -> None:
    """Fail unless a call raises ValueError."""
    try:
        call()
    except StudentError as error:
        if error.kind in ("missing", "forbidden"):
            raise
        expect.that(error.type_name == "ValueError", because)
    else:
        expect.fail(because)
