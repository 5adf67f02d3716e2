"""The command `train`: train a translator."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.commands import options
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


def train(
    family: Annotated[
        str,
        typer.Argument(
            help=say("rnn, rnn-fixed, cnn or transformer.", "rnn、rnn-fixed、cnn 或 transformer。")
        ),
    ],
    data: options.Data = "generated",
    out: Annotated[
        Path | None, typer.Option(help=say("Else runs/FAMILY-DATA.", "默认为 runs/FAMILY-DATA。"))
    ] = None,
    reference: options.Reference = False,
    epochs: options.Epochs = None,
    tokens: Annotated[
        int | None, typer.Option(min=1, help=say("Token ids of a batch.", "每个批次的词元数。"))
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help=say("The highest.", "最高学习率。"))
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            help=say("An argument of the model: d_model=64.", "模型的一个参数：d_model=64。")
        ),
    ] = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    jit: options.Jit = "auto",
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help=say("Don't go on with a run that was stopped.", "不接着之前停下的训练。")
        ),
    ] = False,
    language: options.Language = None,
) -> None:
    """Train a translator; a run that was stopped goes on where it was."""
    speak(language)
    use_device(device)
    one_of("jit", jit, ("auto", "on", "off"))
    console = Console()
    with console.status(say("loading", "载入中")), unannounced():
        from course import trained_models
        from course.kit.corpora.dataset import open_dataset
        from course.kit.models.families import family_of
        from course.kit.training import default_recipe, devices
        from course.kit.training import run as training
        from course.kit.training.checkpoint import claim, read_history
        from course.kit.training.recipe import changed

    one_of("precision", precision, devices.PRECISIONS)
    directory = out or trained_models.run_directory(family, data)
    try:
        family_of(family)
        family_class = trained_models.model_class(family, reference)
        dataset = open_dataset(data)
        recipe = changed(
            default_recipe(family, data),
            size or [],
            epochs=epochs,
            tokens=tokens,
            learning_rate=learning_rate,
        )
        plan = devices.choose(device, precision, jit)
        notes = {"layers": "reference" if reference else "own"}
        run = training.TrainingRun(
            family, family_class, dataset, recipe, directory, plan, seed, notes
        )
        claim(directory, run.settings(), anew)
        counts = dataset.card["splits"]["train"]["pairs"]
        print_line(
            console,
            say(
                f"{family}: {counts:,} pairs, {recipe.epochs} epochs at most, {plan}",
                f"{family}：{counts:,} 对，最多 {recipe.epochs} 轮，{plan}",
            ),
        )
        training.train(
            run, lambda line: print_line(console, line), verbose=1 if console.is_terminal else 0
        )
    except OSError as error:
        stop(str(error))
    except KeyboardInterrupt:
        stop_training(directory)
    history = read_history(directory / "history.csv")
    minutes = sum(row["seconds"] for row in history) / 60
    print_line(
        console,
        say(
            f"{len(history)} epoch{'s' * (len(history) > 1)} in {minutes:.1f} minutes.",
            f"共 {len(history)} 轮，用时 {minutes:.1f} 分钟。",
        ),
    )
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
