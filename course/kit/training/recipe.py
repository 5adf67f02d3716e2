"""How a family is trained: sizes, learning rate, regularisation, and for how long.

Each of these can be changed on the command line. The recipe for generated pairs made the reference
weights; the one for real pairs was measured for the Transformer (README), and is a first guess for
the others.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from course.kit.errors import UserError
from course.kit.language import say


@dataclass(frozen=True)
class Recipe:
    """The settings of `course train`.

    Attributes:
        sizes: arguments of the model's class, but for those that the vocabularies decide.
        epochs: passes over the training pairs, at most.
        tokens: the most token ids of a batch, both sides and padding counted.
        learning_rate: the highest; it grows to there for `warmup_steps` and falls to 0 as a cosine.
        warmup_steps: updates.
        label_smoothing: the share of the truth that is spread over all words.
        clip: the longest that a gradient may be, over all weights; 0 for no limit.
        average: how many last epochs' weights are averaged in the end, kept where that is better.
        patience: epochs without a better validation BLEU after which training ends; 0 for never.
        source_words: English is cut into `words` or `subwords`.
        source_size, target_size: the largest vocabularies.
        min_count: words seen less often in training are unknown.
        max_length: the longest translation, its end id counted.
    """

    sizes: dict[str, Any] = field(default_factory=dict)
    epochs: int = 20
    tokens: int = 2048
    learning_rate: float = 2e-3
    warmup_steps: int = 500
    label_smoothing: float = 0.1
    clip: float = 1.0
    average: int = 0
    patience: int = 0
    source_words: str = "words"
    source_size: int = 8000
    target_size: int = 4000
    min_count: int = 2
    max_length: int = 48

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain data."""
        return asdict(self)


# The generated corpus: few words, sentences that obey rules; small models learn it in minutes.
_SMALL = Recipe(epochs=8, tokens=2048, min_count=1, label_smoothing=0.0, max_length=32)
_SMALL_SIZES: dict[str, dict[str, Any]] = {
    "rnn": {"units": 128},
    "rnn-fixed": {"units": 128},
    "cnn": {"filters": 96, "kernel_size": 3, "num_layers": 3, "max_length": 64},
    "transformer": {
        "d_model": 128,
        "num_heads": 4,
        "d_ff": 256,
        "num_layers": 2,
        "dropout": 0.1,
        "max_length": 64,
    },
}

# Real sentences: thousands of words, each seen a few times.
_REAL = Recipe(epochs=28, tokens=2048, average=8)
_REAL_SIZES: dict[str, dict[str, Any]] = {
    "rnn": {"units": 256},
    "rnn-fixed": {"units": 256},
    "cnn": {"filters": 192, "kernel_size": 3, "num_layers": 3, "max_length": 128},
    "transformer": {
        "d_model": 128,
        "num_heads": 4,
        "d_ff": 512,
        "num_layers": 2,
        "dropout": 0.1,
        "max_length": 128,
    },
}


def default_recipe(family: str, data: str) -> Recipe:
    """Return the recipe that a family begins with, on generated or on real pairs."""
    recipe, sizes = (_SMALL, _SMALL_SIZES) if data == "generated" else (_REAL, _REAL_SIZES)
    return replace(recipe, sizes=dict(sizes[family]))


def changed(recipe: Recipe, sizes: list[str], **others: Any) -> Recipe:
    """Return a recipe with some settings changed; settings that are None stay.

    Args:
        recipe: the one to begin with.
        sizes: arguments of the model's class, each as `name=value`.
        **others: attributes of the recipe.

    Raises:
        UserError: a size can't be understood, or the model has no such argument.
    """
    changed_sizes = dict(recipe.sizes)
    for each in sizes:
        name, _, value = each.partition("=")
        try:
            if name not in changed_sizes:
                raise KeyError(name)
            changed_sizes[name] = type(changed_sizes[name])(value)
            _check_size(changed_sizes[name])
        except (KeyError, ValueError):
            known = ", ".join(f"{name}={value}" for name, value in recipe.sizes.items())
            raise UserError(
                say(
                    f"--size {each} can't be used; sizes are given like these: {known}.",
                    f"无法使用 --size {each}；写法如：{known}。",
                )
            ) from None
    width, heads = changed_sizes.get("d_model", 0), changed_sizes.get("num_heads", 1)
    if width % heads or width % 2:
        raise UserError(
            say(
                f"d_model={width} must be even, and {heads} heads must share it evenly.",
                f"d_model={width} 必须是偶数，并能被 {heads} 个头整除。",
            )
        )
    changes = {name: value for name, value in others.items() if value is not None}
    return replace(recipe, sizes=changed_sizes, **changes)


def _check_size(value: Any) -> None:
    """Refuse a share, as of dropout, outside of 0 to 1, and a number of things below 1.

    Raises:
        ValueError: the size is refused.
    """
    right = 0 <= value < 1 if isinstance(value, float) else value >= 1
    if not right:
        raise ValueError(value)
