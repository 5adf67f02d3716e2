"""The files of results, `DIR/NAME/UNIT.json`: one writer, one reader."""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.base.files import write_file
from autograder.base.text import LANGUAGES, Text, text
from autograder.results.result import SCHEMA, Result
from course.kit.errors import UserError
from course.kit.language import say


def safe_name(name: str) -> bool:
    """Whether a submission's name can be a directory's: no path, nothing hidden, not too long.

    Bytes that are no text, as a file system may hold them, are no name either.
    """
    return (
        bool(name)
        and len(name.encode(errors="replace")) <= 200
        and not any("\ud800" <= c <= "\udfff" for c in name)
        and not name.startswith(".")
        and re.search(r"[/\\\x00-\x1f\x7f]", name) is None
    )


def result_path(directory: Path, name: str, unit: str) -> Path:
    """Return the path of a result's file: `DIR/NAME/UNIT.json`."""
    return directory / name / f"{unit}.json"


def write_result(directory: Path, result: Result) -> Path:
    """Write a result whole or not at all, for its owner alone to read, and return its path.

    Raises:
        OSError: the file can't be written; nothing half-written is left behind.
    """
    path = result_path(directory, result.submission, result.unit)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n"
    write_file(path, content, mode=0o600)
    return path


def read_result(path: Path) -> Result:
    """Read a result's file, of this schema or of the first.

    Raises:
        ValueError: the file is not there, not a whole result, or somebody else's.
    """
    try:
        result = parse_result(path.read_bytes())
    except (OSError, ValueError):
        result = None
    if result is None or (result.submission, result.unit) != (path.parent.name, path.stem):
        raise ValueError(f"{path.name} is not a whole result.")
    return result


def read_results(directory: Path, unit: str | None = None) -> tuple[list[Result], list[str]]:
    """Return the results below a directory, and the files there that are no whole results.

    Args:
        directory: where `grade --out` wrote.
        unit: only this unit's.

    Returns:
        The results, by name and unit; the other JSON files, as `NAME/UNIT.json`.

    Raises:
        UserError: there is no result.
    """
    results, unreadable = [], []
    for path in sorted(directory.glob(f"*/{unit or '*'}.json")):
        name = path.parent.name
        if name.startswith(".") or path.name.startswith(".") or not path.is_file():
            continue
        try:
            # The names become paths in exports and pages.
            if not safe_name(name) or not path.stem.isidentifier():
                raise ValueError(f"{name}/{path.name} can't be a result's path.")
            results.append(read_result(path))
        except ValueError:
            unreadable.append(f"{name}/{path.name}")
    if not results:
        of_unit = (f" of the unit {unit}", f" {unit} 单元的") if unit else ("", "")
        raise UserError(
            say(
                f"No result{of_unit[0]} is in {directory}; name the directory that grade --out "
                "wrote.",
                f"{directory} 中没有{of_unit[1]}评分结果；请给出 grade --out 写入的文件夹。",
            )
        )
    return sorted(results, key=lambda result: (result.submission, result.unit)), unreadable


def parse_result(content: bytes) -> Result:
    """Return the result that JSON holds; every field has the type that readers count on.

    Raises:
        ValueError: the JSON holds no whole result of a known schema.
    """
    from pydantic_core import from_json, to_json  # a process that only writes need not load it

    try:
        fields = from_json(content, allow_inf_nan=True)
        schema = fields.pop("schema")
        if schema == 1:
            _from_schema_1(fields)
        elif schema != SCHEMA:
            raise ValueError("The result has another schema.")
        for check in fields["checks"]:
            check.pop("message", None)  # made of the other parts
    except (AttributeError, KeyError, TypeError):
        raise ValueError("The file is not a whole result.") from None
    result: Result = _form().validate_json(to_json(fields, inf_nan_mode="constants"))
    if not all(language in words for words in _texts(result) for language in LANGUAGES):
        raise ValueError("A text of the result lacks a language.")
    return result


def _from_schema_1(fields: dict[str, Any]) -> None:
    """Give the fields of a result of schema 1 the names and forms of the present ones."""
    english, chinese = fields["problems"], fields.pop("problems_zh", [])
    chinese = [*chinese, *english[len(chinese) :]]  # the oldest results have English alone
    fields["problems"] = [text(*both) for both in zip(english, chinese, strict=False)]
    for check in fields["checks"]:
        check["wrong"] = check.pop("message")
        check["input"] = check.pop("counterexample", None)
        if "misconception" in check:
            check["mistake"] = check.pop("misconception")


def _texts(result: Result) -> Iterator[Text]:
    yield from result.problems
    for check in result.checks:
        yield check.title
        yield check.wrong
        if check.hint is not None:
            yield check.hint
        if check.place is not None and check.place.kind is not None:
            yield check.place.kind


@functools.cache
def _form() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Result)
