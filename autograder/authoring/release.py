"""The student bundle: everything under `course/`, and what is needed to run it; nothing hidden."""

import shutil
from pathlib import Path

from autograder.authoring.glossary import write_glossaries
from autograder.authoring.notebooks import as_text, student_notebook
from autograder.authoring.stubs import stub_source
from autograder.authoring.wheel import student_wheel
from autograder.base.files import new_directory, write_file
from autograder.base.paths import PROJECT_DIR, ROOT
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError
from course.kit.units import available_units

# What a student installs; the grader's requirements are the instructor's.
_REQUIREMENTS = ("student.txt", "course.txt", "tensorflow.txt", "cuda.txt", "colab.txt")
_GUIDES = ("student.md", "student.zh.md")
WEIGHTS_DIR = ROOT / "solutions" / "weights"
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
_README = """\
# Sequence to sequence, English to Chinese

1. Make an environment (Python 3.11 to 3.13): `python3 -m venv .venv`, activate it, then
   `pip install -r requirements/student.txt`. Where your teacher gave you a wheel file too, run
   `pip install seq2seq_course_student-VERSION-py3-none-any.whl`: then notebooks and
   `course check` work in any folder.
2. Open a notebook in `course/notebooks/en` with `jupyter lab`, or fill in a module of
   `course/exercises`.
3. See what is right and what is next: `python -m course check`, with `--watch` after every save.
4. Translate with your own layers, once a unit is done: `python -m course translate "I like deep
   learning" --model rnn`. The weights are given; `python -m course train` makes your own.

[The guide](student.md) says what counts, how to hand in, and how it goes on Windows, in VS Code and
on Colab.

The checks here are public. Hidden ones look at more: other shapes, huge numbers, masks,
gradients.

# 序列到序列：英译中

1. 建立环境（Python 3.11 至 3.13）：`python3 -m venv .venv`，激活后运行
   `pip install -r requirements/student.txt`。如果老师还给了 wheel 文件，再运行
   `pip install seq2seq_course_student-VERSION-py3-none-any.whl`，
   笔记本和 `course check` 就能在任何文件夹里使用。
2. 用 `jupyter lab` 打开 `course/notebooks/zh` 里的笔记本，或者填写 `course/exercises` 里的模块。
3. 查看哪些对了、下一步做什么：`python -m course check --language zh`；
   加 `--watch` 则每次保存后自动检查。
4. 完成一个单元后，用自己写的层来翻译：
   `python -m course translate "I like deep learning" --model rnn`。
   权重已经给出；`python -m course train` 可以自己训练。

[学生指南](student.zh.md)说明什么算数、如何提交，以及在 Windows、VS Code 和 Colab 上怎么做。

这里的检查是公开的。隐藏检查会看得更细：别的形状、极大的数、掩码、梯度。
"""


def build_release(target: Path) -> list[Path]:
    """Write the student bundle into a new directory, whole or not at all.

    Args:
        target: a directory that doesn't exist, or is empty.

    Returns:
        The files, relative to it.

    Raises:
        UserError: something is there already, or it can't be written.
    """
    try:
        with new_directory(target) as scratch:
            shutil.copytree(ROOT / "course", scratch / "course", ignore=_IGNORED)
            _write_work(scratch / "course")
            if WEIGHTS_DIR.is_dir():  # they translate in whoever's layers are right
                shutil.copytree(WEIGHTS_DIR, scratch / "course" / "weights", ignore=_IGNORED)
            (scratch / "requirements").mkdir()
            for name in _REQUIREMENTS:
                shutil.copy(PROJECT_DIR / "requirements" / name, scratch / "requirements")
            for name in _GUIDES:
                shutil.copy(PROJECT_DIR / "docs" / name, scratch)
            (scratch / "README.md").write_text(_README, encoding="utf-8")
    except OSError as error:
        raise UserError(str(error)) from None
    return sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file())


def write_wheel(bundle: Path) -> Path:
    """Write the wheel with the bundle's `course` beside the bundle; return its path.

    Raises:
        UserError: it can't be written there.
    """
    name, content = student_wheel(bundle)
    path = bundle.absolute().parent / name
    try:
        write_file(path, content)
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}.") from None
    return path


def _write_work(course: Path) -> None:
    """Put fresh stubs and notebooks where students work.

    They are made anew, so that what an instructor solved or tried out in the checkout stays there.
    """
    for folder in (course / "exercises", course / "notebooks"):
        for path in folder.rglob("*"):
            if path.is_file() and path.name != "__init__.py":
                path.unlink()
    write_glossaries(course / "notebooks")
    for unit in available_units():
        (course / "exercises" / f"{unit}.py").write_text(stub_source(unit), encoding="utf-8")
        for language in LANGUAGES:
            path = course / "notebooks" / language / f"{unit}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_text(student_notebook(unit, language)), encoding="utf-8")
