"""The command `translate`: translate a sentence, a file, or what is typed."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from course.commands import lines, options
from course.commands.terminal import print_line, speak, stop
from course.kit.language import say

if TYPE_CHECKING:
    from course.kit.models.translator import Translation, Translator


def translate(
    text: Annotated[
        str | None,
        typer.Argument(
            help=say(
                "A sentence, or - for lines from a pipe; without one, lines are asked for.",
                "一个句子；- 表示从管道读入各行；不写则逐行输入。",
            )
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=say(
                "A family, or the directory of a trained model.",
                "一类模型，或训练好的模型所在的文件夹。",
            )
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help=say("Translate every line of a file.", "逐行翻译一个文件。"))
    ] = None,
    beam: Annotated[
        int, typer.Option(min=1, help=say("Beam size; 1 is greedy.", "束宽；1 即贪心。"))
    ] = 4,
    attention: Annotated[
        Path | None,
        typer.Option(help=say("Draw the alignment into this picture.", "把对齐画到这张图片里。")),
    ] = None,
    language: options.Language = None,
) -> None:
    """Translate a sentence, a file, or what you type."""
    speak(language)
    if text == "-" or file == Path("-"):  # the standard input, by its usual name
        text = file = None
        if sys.stdin.isatty():
            stop(say("Nothing is piped in.", "没有从管道输入任何内容。"))
    if text is not None and file is not None:
        stop(say("Give a sentence or --file, not both.", "句子和 --file 只能给一个。"))
    if file is not None and not file.is_file():
        stop(say(f"There is no file {file} to translate.", f"没有文件 {file} 可以翻译。"))
    if attention is not None and text is None:
        stop(say("--attention draws one sentence: give it.", "--attention 需要给出一个句子。"))
    if text is not None and not text.strip():
        stop(say("There is nothing to translate.", "没有可翻译的内容。"))
    console = Console(stderr=True)
    with console.status(say("loading", "载入中")):
        from course import trained_models

        # What a student's module prints is no translation.
        with contextlib.redirect_stdout(sys.stderr):
            directory = trained_models.find(model)
            translator, is_reference = trained_models.open_translator(directory)
    whose = (
        say("the reference's layers", "参考答案的层")
        if is_reference
        else say("your own layers", "你自己的层")
    )
    family = translator.card["family"]
    print_line(console, say(f"{family}, {whose}", f"{family}，{whose}"), style="dim")
    lines.check_output()
    if beam > translator.target.size:
        stop(
            say(
                f"--beam can be {translator.target.size} at most: the model has no more words.",
                f"--beam 最大为 {translator.target.size}：模型只有这么多词。",
            )
        )
    if text is not None:
        [translation] = translator.translate([text], beam, attention=attention is not None)
        lines.show(text, translation, console)
        if attention is not None:
            _draw(translation, attention)
    elif file is not None:
        _translate_file(translator, file, beam, console)
    elif sys.stdin.isatty():
        for line in _typed():
            [translation] = translator.translate([line], beam)
            lines.show(line, translation, console)
    else:
        try:
            lines.translate_lines(translator, sys.stdin, beam, console)
        except UnicodeDecodeError:
            stop(say("What was piped in is not UTF-8 text.", "输入的内容不是 UTF-8 文本。"))


def _typed() -> Iterator[str]:
    """Yield the lines that are typed after a prompt, without the empty ones."""
    while True:
        print("> ", end="", file=sys.stderr, flush=True)
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            return
        except UnicodeDecodeError:
            stop(say("What was typed is not UTF-8 text.", "输入的内容不是 UTF-8 文本。"))
        if not line:
            return
        if line.strip():
            yield line.strip()


def _translate_file(translator: "Translator", file: Path, beam: int, console: Console) -> None:
    """Print a translation of every line of a file, as it is read; empty lines stay empty."""
    try:
        total = file.stat().st_size
        opened = file.open(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        stop(say(f"{file} can't be read: {error}.", f"无法读取 {file}：{error}。"))
    # By default, the bar would send the translations to its own stream.
    bar = Progress(
        console=console, transient=True, redirect_stdout=False, disable=sys.stdout.isatty()
    )
    with opened, bar as progress:
        task = progress.add_task(say("translating", "翻译中"), total=total)
        try:
            lines.translate_lines(
                translator, opened, beam, console, lambda size: progress.advance(task, size)
            )
        except UnicodeDecodeError:
            stop(say(f"{file} is not UTF-8 text.", f"{file} 不是 UTF-8 文本。"))


def _draw(translation: "Translation", path: Path) -> None:
    if translation.attention is None:
        stop(say("This model has no attention to draw.", "这个模型没有注意力可画。"))
    from course.kit.notebook import plots

    figure = plots.heatmap(
        translation.attention,
        translation.tokens,
        translation.source_tokens,
        title=translation.text,
        sides=(say("written", "译文"), say("read", "原文")),
    )
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        stop(say(f"{path} can't be written: {error}.", f"无法写入 {path}：{error}。"))
