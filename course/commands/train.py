"""The student's commands on models: train one, and translate with it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from course.commands.terminal import (
    one_of,
    print_line,
    speak,
    stop,
    stop_training,
    unannounced,
    use_device,
)
from course.kit.language import say

if TYPE_CHECKING:
    from course.kit.models.translator import Translation, Translator

_LANGUAGE = typer.Option(help="en or zh.")
_ROWS = 512  # lines of a file that are translated before they are printed


def add_to(app: typer.Typer) -> None:
    """Put the commands into an app."""
    for command in (train, translate):
        app.command()(command)


def train(
    family: Annotated[str, typer.Argument(help="rnn, rnn-fixed, cnn or transformer.")],
    data: Annotated[str, typer.Option(help="generated, tatoeba, or a TSV file.")] = "generated",
    out: Annotated[Path | None, typer.Option(help="Else runs/FAMILY-DATA.")] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="The reference's layers, not yours.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the pairs.")] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="Token ids of a batch.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0, help="The highest.")] = None,
    size: Annotated[
        list[str] | None, typer.Option(help="An argument of the model: d_model=64.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, batches and dropout.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, or a Keras dtype policy.")] = "auto",
    jit: Annotated[str, typer.Option(help="Compile with XLA: auto, on or off.")] = "auto",
    anew: Annotated[
        bool, typer.Option("--anew", help="Don't go on with a run that was stopped.")
    ] = False,
    language: Annotated[str | None, _LANGUAGE] = None,
) -> None:
    """Train a translator; a run that was stopped goes on where it was."""
    speak(language)
    use_device(device)
    one_of("jit", jit, ("auto", "on", "off"))
    console = Console()
    with console.status(say("loading", "载入中")), unannounced():
        from course.commands import models
        from course.kit.corpora.dataset import open_dataset
        from course.kit.models.families import family_of
        from course.kit.training import default_recipe, devices
        from course.kit.training.checkpoint import claim
        from course.kit.training.recipe import changed
        from course.kit.training.run import Job
        from course.kit.training.run import train as run

    one_of("precision", precision, devices.PRECISIONS)
    try:
        family_of(family)
        made = models.model_class(family, reference)
        dataset = open_dataset(data)
        recipe = changed(
            default_recipe(family, data),
            size or [],
            epochs=epochs,
            tokens=tokens,
            learning_rate=learning_rate,
        )
        plan = devices.choose(device, precision, jit)
        directory = out or models.run_directory(family, data)
        notes = {"layers": "reference" if reference else "own"}
        job = Job(family, made, dataset, recipe, directory, plan, seed, notes)
        claim(directory, job.settings(), anew)
        counts = dataset.card["splits"]["train"]["pairs"]
        print_line(
            console, say(f"{family}: {counts:,} pairs, {plan}", f"{family}：{counts:,} 对，{plan}")
        )
        run(job, lambda line: print_line(console, line), verbose=1 if console.is_terminal else 0)
    except OSError as error:
        stop(str(error))
    except KeyboardInterrupt:
        stop_training()
    print_line(
        console, say(f"The translator is in {directory}.", f"翻译模型已保存在 {directory}。")
    )
    print_line(
        console,
        say(
            f'Try it: python -m course translate "I like deep learning" --model {directory}',
            f'试一试：python -m course translate "I like deep learning" --model {directory}',
        ),
    )


def translate(
    text: Annotated[
        str | None, typer.Argument(help="A sentence; without one, lines are asked for.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A family, or the directory of a trained model.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Translate every line of a file.")] = None,
    beam: Annotated[int, typer.Option(min=1, help="Beam size; 1 is greedy.")] = 4,
    attention: Annotated[
        Path | None, typer.Option(help="Draw the alignment into this picture.")
    ] = None,
    language: Annotated[str | None, _LANGUAGE] = None,
) -> None:
    """Translate a sentence, a file, or what you type."""
    speak(language)
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
        from course.commands import models

        # What a student's module prints is no translation.
        with contextlib.redirect_stdout(sys.stderr):
            directory = models.find(model)
            translator, about = models.open_translator(directory)
    whose = (
        say("the reference's layers", "参考答案的层")
        if about["reference"]
        else say("your own layers", "你自己的层")
    )
    family = translator.card["family"]
    print_line(console, say(f"{family}, {whose}", f"{family}，{whose}"), style="dim")
    if text is not None:
        [translation] = translator.translate([text], beam, attention=attention is not None)
        print(translation.text)
        if attention is not None:
            _draw(translation, attention)
    elif file is not None:
        _translate_file(translator, file, beam, console)
    else:
        for line in _typed():
            print(translator.translate([line], beam)[0].text, flush=True)


def _typed() -> Iterator[str]:
    """Lines from the keyboard, with a prompt, or from a pipe; empty ones are left out."""
    asks = sys.stdin.isatty()
    while True:
        if asks:
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
    """Print a translation for every line, empty ones for empty ones; the file is streamed."""
    try:
        total = file.stat().st_size
        lines = file.open(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        stop(say(f"{file} can't be read: {error}.", f"无法读取 {file}：{error}。"))
    # Left to itself, the bar would take the translations over to its own stream.
    bar = Progress(
        console=console, transient=True, redirect_stdout=False, disable=sys.stdout.isatty()
    )
    with lines, bar as progress:
        task = progress.add_task(say("translating", "翻译中"), total=total)
        waiting: list[str] = []

        def flush() -> None:
            real = [line for line in waiting if line.strip()]
            found = iter(translator.translate(real, beam)) if real else iter(())
            for line in waiting:
                print(next(found).text if line.strip() else "")
            progress.advance(task, sum(len(line.encode()) + 1 for line in waiting))
            waiting.clear()

        try:
            for line in lines:
                waiting.append(line.rstrip("\n"))
                if len(waiting) == _ROWS:
                    flush()
            flush()
        except UnicodeDecodeError:
            stop(say(f"{file} is not UTF-8 text.", f"{file} 不是 UTF-8 文本。"))


def _draw(translation: "Translation", path: Path) -> None:
    if translation.attention is None:
        stop(say("This model has no attention to draw.", "这个模型没有注意力可画。"))
    from course.kit.notebook import plots

    drawn = plots.heatmap(
        translation.attention,
        translation.tokens,
        translation.source_tokens,
        title=translation.text,
        sides=(say("written", "译文"), say("read", "原文")),
    )
    try:
        drawn.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        stop(say(f"{path} can't be written: {error}.", f"无法写入 {path}：{error}。"))
