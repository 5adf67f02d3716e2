"""What an exception in a student's process was, as data for the grader.

The kinds of exceptions:

- `missing`: the `NotImplementedError` of a stub, or of whatever the student has yet to write;
- `absent`, `not_a_weight`, `other_shape`: what the grader asked for, as the task has it, isn't
  there or is something else; no line of the student's code raised;
- `signature`: the call was refused before the student's code began;
- `numpy`, `value`: a tensor was handed to NumPy, or asked for a value that it hasn't yet;
- `forbidden`: a built-in that is to be written by hand;
- `memory`: no more memory;
- `raised`: anything else.
"""

import dis
import os
import re
import sys
import types
from typing import Any, NamedTuple

from autograder.isolation.forbidden import ForbiddenError
from course.kit.library_messages import shortened, without_decorations

_OWN = ("code cell ", "your module")
_RAISE = dis.opmap["RAISE_VARARGS"]
_WRAPPERS = {"error_handler", "wrapper", "__call__", "op_wrapper"}  # around what raises
_OWN_LIMIT = 2000  # characters of what the student's code says itself
_OPERATION = re.compile(r"\[Op:(\w+)\]|\{\{function_node __wrapped__([A-Za-z0-9]+)_")
_REFUSED = re.compile(
    r"unexpected keyword argument|missing (?:a|\d+) required|takes .*? positional argument"
    r"|multiple values for|too many positional arguments"
    r"|Only input tensors may be passed as positional"
)
_TO_NUMPY = re.compile(
    r"Cannot convert a symbolic .*? to a numpy array|cannot convert it to a NumPy array"
    r"|Can't call numpy\(\) on|has no attribute 'numpy'",
    re.IGNORECASE,
)
_TO_VALUE = re.compile(
    r"not 'SymbolicTensor'|'SymbolicTensor' object cannot be|symbolic KerasTensor cannot be used"
)
_VALUE_TYPES = {
    "OperatorNotAllowedInGraphError",
    "TracerBoolConversionError",
    "TracerIntegerConversionError",
    "ConcretizationTypeError",
}


class Absent(Exception):
    """Something that the task names isn't there.

    Args:
        owner: the class of the object that should have it, empty for the hand-in itself.
        name: what isn't there.
    """

    kind = "absent"

    def __init__(self, owner: str, name: str):
        super().__init__(f"{owner or 'The hand-in'} has no {name}.")
        self.parts = [owner, name]


class NotAWeight(Exception):
    """Something that should be a weight is an object of another class."""

    kind = "not_a_weight"

    def __init__(self, path: str, type_name: str):
        super().__init__(f"{path} is no weight, but of the class {type_name}.")
        self.parts = [path, type_name]


class OtherShape(Exception):
    """A weight has another shape than the task gives it."""

    kind = "other_shape"

    def __init__(self, path: str, shape: tuple, right: tuple):
        super().__init__(f"{path} has the shape {shape}, not {right}.")
        self.parts = [path, str(shape), str(right)]


def part_of(owner: Any, name: str) -> Any:
    """Return an attribute of an object, or an item of a list where the name is a number.

    Raises:
        Absent: there is none.
    """
    try:
        return owner[int(name)] if name.isdigit() else getattr(owner, name)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        if any(map(_is_own, _frames(error))):
            raise  # a property of the student's
        name = f"[{name}]" if name.isdigit() else name
        raise Absent(type(owner).__name__, name) from None


def clean(text: str, limit: int = _OWN_LIMIT) -> str:
    """Return a text without decorations and this machine's paths, cut after so many characters."""
    text = text[: 10 * limit]  # what is cut at the end anyway costs no time before
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, os.environ.get("COURSE_ROOT", ""))):
        if len(prefix) > 1:
            text = text.replace(prefix, "…")
    text = re.sub(r"\n+", "\n", without_decorations(text))
    return text if len(text) <= limit else text[:limit] + "…"


def described(error: BaseException) -> dict[str, Any]:
    """Return what the student's code raised: its kind, message, and place in their file.

    Returns:
        `kind`, see above; `type`, the exception's class; `message`; `where`, the last line of the
        student's that it came through; `within`, the function or class that this line belongs to;
        `through`, the function of a library that it called, or TensorFlow's operation; `parts`, of
        what is absent or of another shape.
    """
    frames = _frames(error)
    own = [index for index, frame in enumerate(frames) if _is_own(frame)]
    # TensorFlow leaves its own frames out: the last one may be the student's, and not raise.
    raised_here = bool(own) and own[-1] == len(frames) - 1 and frames[-1].raises
    try:
        said = str(error)
    except BaseException:
        said = ""
    where = within = ""
    if own:
        last = frames[own[-1]]
        where = f"{last.code.co_filename}, line {last.line}"
        within = last.code.co_qualname.partition(".")[0]
    else:  # XLA compiles later, and tells of the line itself
        told = re.findall(rf'File "((?:{"|".join(_OWN)})[^"]*)", line (\d+)', said)
        where = "{}, line {}".format(*told[-1]) if told else ""
    message = clean(said)
    kind = _kind(error, said, bool(own), raised_here)
    if kind == "missing" and said.partition(".")[0] not in ("", within):
        kind = "raised"  # with words of the student's own
    return {
        "kind": kind,
        "type": type(error).__name__[:100],
        "message": message if raised_here else shortened(message),
        "where": where,
        "through": _through(frames[own[-1] + 1 if own else 0 :], said),
        "within": within,
        "parts": getattr(error, "parts", []) if _is_ours(error) else [],
    }


def _kind(error: BaseException, said: str, own: bool, raised_here: bool) -> str:
    name = type(error).__name__
    if _is_ours(error):
        return error.kind  # type: ignore[attr-defined]
    if isinstance(error, ForbiddenError):
        return "forbidden"
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError":
        return "memory"
    if isinstance(error, NotImplementedError) and raised_here:
        return "missing"
    if not own and isinstance(error, TypeError | ValueError) and _REFUSED.search(said):
        return "signature"
    if name == "TracerArrayConversionError" or _TO_NUMPY.search(said):
        return "numpy"
    if name in _VALUE_TYPES or _TO_VALUE.search(said):
        return "value"
    return "raised"


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, Absent | NotAWeight | OtherShape)


class _Frame(NamedTuple):
    """A frame of a traceback: its code, its line, and whether it raised, with a statement."""

    code: types.CodeType
    line: int
    raises: bool


def _frames(error: BaseException) -> list[_Frame]:
    """Return the frames of an exception's traceback, outermost first."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        raises = code.co_code[trace.tb_lasti] == _RAISE if trace.tb_lasti >= 0 else False
        frames.append(_Frame(code, trace.tb_lineno, raises))
        trace = trace.tb_next
    return frames


def _is_own(frame: _Frame) -> bool:
    return frame.code.co_filename.startswith(_OWN)


def _through(frames: list[_Frame], said: str) -> str:
    operation = _OPERATION.search(said)
    if operation and not (operation[1] or "").startswith("__"):
        return operation[1] or operation[2]
    names = (frame.code.co_name for frame in frames)
    return next((name for name in names if name not in _WRAPPERS), "")
