"""Write the counts of the READMEs' table of units: exercises, checks, right solutions, mistakes."""

import re

from autograder.authoring.author_command import author_command
from autograder.base.paths import ROOT
from autograder.grading.mistakes import mistakes_of
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.suite import suite_of
from course.kit.units import exercises_of

READMES = (ROOT / "README.md", ROOT / "README.zh.md")
_ROW = re.compile(r"^\| `(\w+)` \| \d+ \| \d+ \| \d+( of | / )\d+ \| \d+( of | / )\d+ \|$", re.M)


def with_counts(readme: str) -> str:
    """Return a README's text, where each unit's row has the counts of the unit's suite."""

    def row(match: re.Match) -> str:
        unit, of, _ = match.groups()
        right, mistakes = len(right_solutions_of(unit)), len(mistakes_of(unit))
        counts = f"{len(exercises_of(unit))} | {len(suite_of(unit))}"
        return f"| `{unit}` | {counts} | {right}{of}{right} | {mistakes}{of}{mistakes} |"

    return _ROW.sub(row, readme)


if __name__ == "__main__":
    with author_command("Counting for the READMEs"):
        for path in READMES:
            text = path.read_text(encoding="utf-8")
            if with_counts(text) != text:
                path.write_text(with_counts(text), encoding="utf-8")
                print(path.relative_to(ROOT))
