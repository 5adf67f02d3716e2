"""Where the project's parts lie, and which of them no student may ever see."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDDEN_DIR = ROOT / "autograder" / "hidden"
SOLUTIONS_DIR = ROOT / "solutions"

# Folders that hold answers: suites, oracles, known mistakes, right solutions.
ANSWERS = ("autograder/hidden", "solutions")
# Folders beside `course/` that are the instructor's alone; those with answers are among them.
INSTRUCTORS = ("autograder", "solutions", "tests", "benchmarks", ".git")


def secret_paths() -> list[str]:
    """Return the directories of this project that a student's process must never see."""
    return [str(ROOT / name) for name in INSTRUCTORS]
