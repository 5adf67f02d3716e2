"""The command `compare`: the families of translators side by side."""

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
from course.kit.errors import UserError
from course.kit.language import say

_FAMILIES = "rnn-fixed,rnn,cnn,transformer"


def compare(
    data: options.Data = "generated",
    families: Annotated[
        str, typer.Option(help=say("Which, with commas between them.", "哪几类模型，用逗号隔开。"))
    ] = _FAMILIES,
    epochs: options.Epochs = None,
    out: Annotated[
        Path | None, typer.Option(help=say("Else runs/compare-DATA.", "默认为 runs/compare-DATA。"))
    ] = None,
    load: Annotated[
        bool,
        typer.Option(
            "--load",
            help=say("Don't train: take the weights that are there.", "不训练，使用已有的权重。"),
        ),
    ] = False,
    reference: options.Reference = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    jit: options.Jit = "auto",
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help=say("Don't go on with runs that were stopped.", "不接着之前停下的训练。")
        ),
    ] = False,
    language: options.Language = None,
) -> None:
    """Train the families on the same pairs, and put them side by side: quality, size and time."""
    speak(language)
    use_device(device)
    one_of("jit", jit, ("auto", "on", "off"))
    if load and (epochs is not None or anew):
        stop(
            say(
                "--load trains nothing: leave --epochs and --anew out.",
                "--load 不进行训练：请去掉 --epochs 和 --anew。",
            )
        )
    console = Console()
    with console.status(say("loading", "载入中")), unannounced():
        import keras

        from course import trained_models
        from course.kit.corpora.dataset import open_dataset
        from course.kit.models import comparison, comparison_report
        from course.kit.models.families import family_of
        from course.kit.models.translator import load as load_translator
        from course.kit.training import default_recipe, devices
        from course.kit.training.checkpoint import claim
        from course.kit.training.recipe import changed
        from course.kit.training.run import TrainingRun, train

    one_of("precision", precision, devices.PRECISIONS)
    names = list(dict.fromkeys(name.strip() for name in families.split(",") if name.strip()))
    directory = out or trained_models.RUNS / f"compare-{Path(data).stem}"
    try:
        if not names:
            raise UserError(say("Name a family to compare.", "请写明要对比的模型。"))
        for name in names:
            family_of(name)
        # What is missing is said now, and not after an hour of training.
        classes = {
            name: trained_models.best_class(name)[0]
            if load and not reference
            else trained_models.model_class(name, reference)
            for name in names
        }
        places = {name: trained_models.find(name) for name in names} if load else {}
        dataset = open_dataset(data)
        comparison.check_test(dataset)
        plan, effort = devices.choose(device, precision, jit), comparison.Effort()
        measurements = []
        for name in names:

            def print_step(text: str, name: str = name) -> None:
                print_line(console, f"{name}  {text}")

            if load:
                print_step(say(f"weights of {places[name]}", f"权重来自 {places[name]}"))
                translator = load_translator(places[name], classes[name])
            else:
                recipe = changed(default_recipe(name, data), [], epochs=epochs)
                notes = {"layers": "reference" if reference else "own"}
                run = TrainingRun(
                    name, classes[name], dataset, recipe, directory / name, plan, seed, notes
                )
                claim(run.directory, run.settings(), anew)
                print_step(say(f"training on {plan}", f"训练，使用 {plan}"))
                translator = train(run, print_step, verbose=1 if console.is_terminal else 0)
            measurements.append(comparison.measure(translator, dataset, plan, print_step, effort))
        about = {
            say("data", "数据"): dataset.name,
            say("trained and timed on", "训练与计时设备"): str(plan),
            say("software", "软件"): f"Keras {keras.__version__}, {keras.backend.backend()}",
        }
        page = comparison_report.write(directory, measurements, about, effort)
    except OSError as error:
        stop(str(error))
    except KeyboardInterrupt:
        stop_training(*(directory / name for name in names))
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            print_line(console, line)
    print_line(console, say(f"All of it is in {page}.", f"完整结果见 {page}。"))
