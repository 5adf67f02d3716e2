"""Find trained models, and the layers to load them into: the student's own, or the reference's.

A model that the student trained lies in `runs/FAMILY-DATA` of the working folder. The course brings
trained weights as well: in `course/weights`, or in `solutions/weights` of an instructor's checkout.
They fit all layers that have the attributes of the exercises.
"""

import importlib
import importlib.util
from pathlib import Path

from course.kit.errors import UserError
from course.kit.language import say
from course.kit.models.families import FAMILIES, family_of
from course.kit.models.translator import CARD, Translator, load, read_card

RUNS = Path("runs")
_COURSE = Path(__file__).resolve().parent
_COURSE_WEIGHTS = (_COURSE / "weights", _COURSE.parent / "solutions" / "weights")


def has_reference() -> bool:
    """Whether this is an instructor's checkout, with the reference solutions."""
    return importlib.util.find_spec("solutions") is not None


def model_class(family: str, reference: bool = False) -> type:
    """Return the class of a family: the student's own, or the reference.

    Raises:
        UserError: the student's class isn't written yet, or there is no reference here.
    """
    wanted = family_of(family)
    if reference:
        if not has_reference():
            raise UserError(
                say(
                    "There is no reference here: --reference needs an instructor's checkout.",
                    "这里没有参考答案：--reference 只能在教师的代码库中使用。",
                )
            )
        # By name only: a student's copy of the course has no such package.
        return getattr(importlib.import_module(f"solutions.{wanted.unit}"), wanted.exercise)
    from course import own

    try:
        return getattr(own, wanted.exercise)
    except AttributeError:
        raise UserError(
            say(
                f"{wanted.exercise} is not written yet: it is an exercise of the unit "
                f"{wanted.unit}.",
                f"{wanted.exercise} 还没有写：它是单元 {wanted.unit} 的练习。",
            )
        ) from None


def best_class(family: str) -> tuple[type, bool]:
    """Return the student's class of a family where it is written, else the reference.

    Returns:
        `(class, whether it is the reference)`.

    Raises:
        UserError: the class isn't written, and there is no reference here.
    """
    try:
        return model_class(family), False
    except UserError:
        if not has_reference():
            raise
        return model_class(family, reference=True), True


def run_directory(family: str, data: str) -> Path:
    """Return the directory of a family that is trained on this data."""
    return RUNS / f"{family}-{Path(data).stem}"


def find(model: str | None) -> Path:
    """Return the directory of a trained model.

    Args:
        model: a family or a directory. None stands for the model that was trained last; where
            none was trained, for the course's Transformer.

    Raises:
        UserError: there is no such trained model.
    """
    if model is not None and model not in FAMILIES:
        read_card(Path(model))
        return Path(model)
    own = [path.parent for path in RUNS.glob(f"{model or '*'}-*/{CARD}")]
    if model is not None:  # rnn is no rnn-fixed
        own = [path for path in own if read_card(path)["family"] == model]
    if own:
        return max(own, key=lambda path: (path / CARD).stat().st_mtime)
    for home in _COURSE_WEIGHTS:
        directory = home / (model or "transformer")
        if (directory / CARD).is_file():
            return directory
    raise UserError(
        say(
            f"There is no trained {model or 'model'} here; train one with "
            f"`python -m course train {model or 'transformer'} --data generated`.",
            f"这里没有训练好的 {model or '模型'}；请先运行 "
            f"`python -m course train {model or 'transformer'} --data generated`。",
        )
    )


def open_translator(directory: Path) -> tuple[Translator, bool]:
    """Load a trained model into the student's layers, or into the reference's.

    Returns:
        `(translator, whether the layers are the reference's)`.

    Raises:
        UserError: the layers aren't written, or don't fit.
    """
    family = read_card(directory)["family"]
    family_class, is_reference = best_class(family)
    return load(directory, family_class), is_reference
