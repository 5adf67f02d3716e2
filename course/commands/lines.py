"""Lines to translate, from wherever they come, and what is said of each: a line in, a line out."""

import itertools
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console

from course.commands.terminal import print_line, stop
from course.kit.language import say

if TYPE_CHECKING:
    from course.kit.models.translator import Translation, Translator

_ROWS = 512  # lines that are translated side by side, before they are printed


def is_english(text: str) -> bool:
    """Whether most of a text's letters are Latin ones; so, too, where it has no letters."""
    letters = [sign for sign in text if sign.isalpha()]
    latin = sum(unicodedata.name(sign, "").startswith("LATIN") for sign in letters)
    return 2 * latin >= len(letters)


def notes_of(text: str, translation: "Translation") -> Iterator[str]:
    """Yield a sentence for each thing that a reader of a translation should know."""
    if not is_english(text):
        yield say(
            "this is not English, and the model reads nothing else",
            "这不是英文，而模型只读英文",
        )
        return
    if translation.unknown:
        words = ", ".join(dict.fromkeys(translation.unknown))
        yield say(f"words that the model doesn't know: {words}", f"模型不认识的词：{words}")
    if translation.left_out:
        words = " ".join(translation.left_out)
        yield say(f"too long; this was left out: {words}", f"句子太长，以下部分没有翻译：{words}")


def check_output() -> None:
    """End with status 2 where the output's encoding has no Chinese signs."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        "中".encode(encoding)
    except UnicodeEncodeError:
        stop(
            say(
                f"The output's encoding, {encoding}, has no Chinese; set PYTHONIOENCODING=utf-8.",
                f"输出的编码 {encoding} 没有中文；请设置 PYTHONIOENCODING=utf-8。",
            )
        )


def write(text: str) -> None:
    """Print a translation; end where nobody reads it any more, or where it can't be written."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        if isinstance(error, BrokenPipeError):
            raise SystemExit(0) from None
        reason = error.strerror or error
        stop(say(f"The translation can't be written: {reason}.", f"无法写出译文：{reason}。"))


def show(text: str, translation: "Translation", console: Console, where: str = "") -> None:
    """Print a translation, and on the console what a reader of it should know.

    Args:
        text: the sentence.
        translation: its translation.
        console: where the notes go.
        where: what each note begins with, the line's number say.
    """
    write(translation.text)
    for note in notes_of(text, translation):
        print_line(console, where + note, style="dim")


def translate_lines(
    translator: "Translator",
    lines: Iterable[str],
    beam: int,
    console: Console,
    step: Callable[[int], object] = lambda size: None,
) -> None:
    """Print a translation of every line, in batches; an empty line stays empty.

    Args:
        translator: a trained model.
        lines: the lines, with their ends.
        beam: the beam size.
        console: where notes go; each names its line.
        step: called with the number of bytes that were read, after each batch.

    Raises:
        UnicodeDecodeError: a line is no text.
    """
    numbers = itertools.count(1)
    left = iter(lines)
    while batch := [line.rstrip("\r\n") for line in itertools.islice(left, _ROWS)]:
        real = [line for line in batch if line.strip()]
        translations = iter(translator.translate(real, beam) if real else ())
        for line, number in zip(batch, numbers, strict=False):
            if line.strip():
                where = say(f"line {number}: ", f"第 {number} 行：")
                show(line, next(translations), console, where)
            else:
                write("")
        step(sum(len(line.encode()) + 1 for line in batch))
