"""The command `train`: train a translator."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
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
        from course.kit.training.checkpoint import claim
        from course.kit.training.recipe import changed

    one_of("precision", precision, devices.PRECISIONS)
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
        directory = out or trained_models.run_directory(family, data)
        notes = {"layers": "reference" if reference else "own"}
        run = training.TrainingRun(
            family, family_class, dataset, recipe, directory, plan, seed, notes
        )
        claim(directory, run.settings(), anew)
        counts = dataset.card["splits"]["train"]["pairs"]
        print_line(
            console, say(f"{family}: {counts:,} pairs, {plan}", f"{family}：{counts:,} 对，{plan}")
        )
        training.train(
            run, lambda line: print_line(console, line), verbose=1 if console.is_terminal else 0
        )
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
