"""What runs on Gradescope for each hand-in: grade it and write results.json.

Where the grader itself goes wrong, no results.json is written: Gradescope then says that the
autograder failed, and nobody gets a score that is not theirs.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from autograder.base.files import write_file
from autograder.base.text import LANGUAGES, text
from autograder.exports import gradescope
from autograder.exports.marks import FULL
from autograder.isolation.sandbox import ALL_LAYERS
from autograder.results.result import Result
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.seeds import draw_seed
from autograder.running.submissions import SUFFIXES, Submission
from course.kit.errors import UserError

SUBMISSION = Path("/autograder/submission")
RESULTS = Path("/autograder/results/results.json")
_NAME = "submission"


def find_hand_in(directory: Path, unit: str) -> Path | None:
    """Return the file that is graded: UNIT.ipynb or UNIT.py, else the only notebook or module.

    Of several with the unit's name the newest counts. Links are not followed.
    """
    files = [
        path
        for path in sorted(directory.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith((".", "__")) for part in path.relative_to(directory).parts)
        and not _leads_away(path, directory)
        and path.is_file()
    ]
    named = [path for path in files if path.stem.lower() == unit]
    if named:
        return max(named, key=lambda path: path.stat().st_mtime)
    return files[0] if len(files) == 1 else None


def _leads_away(path: Path, directory: Path) -> bool:
    """Whether the file, or a folder on the way to it, is a link."""
    while path != directory:
        if path.is_symlink():
            return True
        path = path.parent
    return False


def grade_submission(directory: Path, unit: str) -> Result:
    """Return what the hand-in in a directory gets.

    Raises:
        RuntimeError: the grader itself could give it no result.
    """
    path = find_hand_in(directory, unit)
    if path is None:
        return Result(
            submission=_NAME,
            unit=unit,
            status="rejected",
            score=0.0,
            max_score=FULL,
            seed=0,
            backend="tensorflow",
            duration_s=0.0,
            isolation=[],
            problems=[
                text(
                    f"Hand in {unit}.ipynb or {unit}.py, one of them.",
                    f"请提交 {unit}.ipynb 或 {unit}.py，二者之一。",
                )
            ],
        )
    with tempfile.TemporaryDirectory() as scratch:
        summary = grade_all(
            [Submission(_NAME, unit, path, size=path.stat().st_size)],
            GradingOptions(out=Path(scratch), seed=draw_seed(), isolation="best-effort"),
        )
    if not summary.results:
        reason = summary.failures[0][1] if summary.failures else "It gave no result."
        raise RuntimeError(reason)
    return summary.results[0]


def main(arguments: list[str] | None = None) -> int:
    """Grade, write the results, and say on stdout, which instructors see, what was isolated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unit")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--submission", type=Path, default=SUBMISSION)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    try:
        result = grade_submission(options.submission, options.unit)
    except (UserError, RuntimeError, OSError) as error:
        print(f"The grader could not grade this: {error}", file=sys.stderr)
        return 1
    options.results.parent.mkdir(parents=True, exist_ok=True)
    write_file(options.results, gradescope.export(result, options.language))
    lacking = [layer for layer in ALL_LAYERS if layer not in result.isolation]
    print(f"Isolated by: {', '.join(result.isolation) or 'nothing'}.")
    if lacking:
        print(f"Not isolated by: {', '.join(lacking)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
