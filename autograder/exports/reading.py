"""Read the results that `grade --out` wrote: DIR/NAME/UNIT.json."""

from pathlib import Path

from autograder.results.files import read_result, safe_name
from autograder.results.result import Result
from course.kit.errors import UserError


def read_results(directory: Path, unit: str | None = None) -> tuple[list[Result], list[str]]:
    """Return the results below a directory, by name and unit, and the files that are none.

    Args:
        directory: where `grade --out` wrote.
        unit: only this unit's.

    Raises:
        UserError: there is no result.
    """
    results, broken = [], []
    for path in sorted(directory.glob("*/*.json")):
        if any(part.startswith(".") for part in path.parts[-2:]) or not path.is_file():
            continue
        if unit is not None and path.stem != unit:
            continue
        try:
            result = read_result(path)
        except ValueError:
            broken.append(f"{path.parent.name}/{path.name}")
            continue
        # Its name, which is the one that its own path tells, becomes a path in the export.
        if safe_name(result.submission) and result.unit.isidentifier():
            results.append(result)
        else:
            broken.append(f"{path.parent.name}/{path.name}")
    if not results:
        which = f" of the unit {unit}" if unit else ""
        raise UserError(
            f"No result{which} is in {directory}; name the directory that grade --out wrote."
        )
    return sorted(results, key=lambda result: (result.submission, result.unit)), broken
