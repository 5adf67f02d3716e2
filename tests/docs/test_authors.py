"""The guide for authors: its example, added to a copy of the project, is graded as it says."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

ENGLISH, CHINESE = ROOT / "docs" / "authors.md", ROOT / "docs" / "authors.zh.md"
MOST_FILES = 7
EXERCISE = "attention_entropy"

_BLOCK = re.compile(
    r"\*\*`(?P<file>[^`]+)`\*\*(?P<place>[^\n]*)\n\n```(?:python|toml)\n(?P<code>.*?)```", re.S
)
_GRADING = """
import json
from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.mistakes import mistakes_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from course.kit.units import EXERCISES_DIR

sources = {
    "reference": (SOLUTIONS_DIR / "attention.py").read_text(encoding="utf-8"),
    "stub": (EXERCISES_DIR / "attention.py").read_text(encoding="utf-8"),
    "other style": (HIDDEN_DIR / "attention/right/notebook_style.py").read_text(encoding="utf-8"),
}
for mistake in mistakes_of("attention"):
    if mistake.exercise == "attention_entropy":
        sources[mistake.name] = mistake.source
with ForkServer() as server, Grader(server) as grader:
    results = {}
    for name, source in sources.items():
        result = grader.grade(SubmittedFile(name, "attention", ".py", source.encode()))
        results[name] = {
            "score": result.score,
            "max_score": result.max_score,
            "checks": {c.id: [c.status, c.points, c.mistake] for c in result.checks},
        }
print(json.dumps(results))
"""


@dataclass(frozen=True)
class Block:
    """A code block of the guide.

    Attributes:
        file: where it goes, from the project's root.
        place: where in the file, as the guide says.
        code: its text.
    """

    file: str
    place: str
    code: str

    def add_to(self, root: Path) -> None:
        """Put the block where the English guide says."""
        path = root / self.file
        content = path.read_text(encoding="utf-8")
        if self.place == ", at the end":
            content += self.code
        elif after := re.fullmatch(r", after the line `(.+)`", self.place):
            [line] = [line for line in content.splitlines() if line.strip() == after[1]]
            content = content.replace(f"{line}\n", f"{line}\n{self.code}")
        elif before := re.fullmatch(r", in place of `(.+)`", self.place):
            assert content.count(before[1]) == 1, f"{self.file}: {before[1]}"
            content = content.replace(before[1], self.code.removesuffix("\n"))
        else:
            raise AssertionError(f"The guide puts a block {self.place!r}.")
        path.write_text(content, encoding="utf-8")


def blocks(guide: Path) -> list[Block]:
    """Return a guide's code blocks that go into files, in their order."""
    return [Block(**match.groupdict()) for match in _BLOCK.finditer(guide.read_text("utf-8"))]


def test_an_exercise_is_seven_files_which_the_guide_lists():
    files = {block.file for block in blocks(ENGLISH)}
    listed = re.findall(r"^\| `([^`]+\.\w+)` \|", ENGLISH.read_text("utf-8"), re.M)
    assert set(listed) == files
    assert len(listed) <= MOST_FILES


def test_both_languages_have_the_same_code_in_the_same_files():
    english, chinese = blocks(ENGLISH), blocks(CHINESE)
    assert [(b.file, b.code) for b in chinese] == [(b.file, b.code) for b in english]
    for one, other in zip(english, chinese, strict=True):
        assert re.findall("`[^`]+`", one.place) == re.findall("`[^`]+`", other.place)


def run(root: Path, *arguments: str) -> str:
    """Run this Python in a copy of the project; return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with the guide's exercise in it, stubs and notebooks made again."""
    root = tmp_path_factory.mktemp("project")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
    for block in blocks(ENGLISH):
        block.add_to(root)
    run(root, "-m", "autograder.authoring.stubs")
    run(root, "-m", "autograder.authoring.notebooks", "attention")
    run(root, "-m", "autograder.authoring.readme")
    return root


@pytest.mark.slow
def test_the_stub_and_the_notebooks_have_the_exercise(project):
    stub = (project / "course" / "exercises" / "attention.py").read_text("utf-8")
    assert f'raise NotImplementedError("{EXERCISE}")' in stub
    for language in ("en", "zh"):
        path = project / "course" / "notebooks" / language / "attention.ipynb"
        notebook = path.read_text("utf-8")
        assert f"def {EXERCISE}(weights)" in notebook
        assert f"check-{EXERCISE}" in notebook


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readmes_count_the_exercise(project, name):
    before, after = ((root / name).read_text("utf-8").splitlines() for root in (ROOT, project))
    [line] = [line for line in after if line.startswith("| `attention` |")]
    assert set(after) - set(before) == {line}


@pytest.mark.slow
def test_public_checks_pass_for_the_solution(project):
    answer = run(project, "-m", "course", "check", "attention", "--file", "solutions/attention.py")
    assert f"  {EXERCISE}\n" in answer
    assert "✗" not in answer


@pytest.mark.slow
def test_the_exercise_is_graded_as_the_guide_says(project):
    results = json.loads(run(project, "-c", _GRADING).splitlines()[-1])
    assert results.pop("reference")["score"] == 100
    assert results.pop("other style")["score"] == 100
    stub = results.pop("stub")["checks"]
    own = {check: outcome for check, outcome in stub.items() if f".{EXERCISE}." in check}
    assert own
    assert {(status, points) for status, points, _ in own.values()} == {("missing", 0)}
    assert len(results) == 2
    for name, result in results.items():
        assert result["max_score"] == 100
        mistakes = {mistake for _, _, mistake in result["checks"].values()}
        assert mistakes == {None, name}
