"""The student's commands: `python -m course --help`."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# With oneDNN, TensorFlow trains in little more than half the time; nothing else needs it, and it
# announces itself wherever it is on.
os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1" if {"train", "compare"} & {*sys.argv[1:2]} else "0"
)

import typer
from rich.console import Console

from course.commands import compare, train
from course.commands.data import data_app
from course.commands.terminal import Commands, speak, stop
from course.kit.language import say
from course.kit.units import available_units

if TYPE_CHECKING:
    from course.check import Report

app = typer.Typer(
    cls=Commands,
    help="Check your work, see what is next, and translate with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
train.add_to(app)
compare.add_to(app)


def _units(given: list[str] | None) -> list[str]:
    known = available_units()
    for unit in given or []:
        if unit not in known:
            names = ", ".join(known)
            stop(
                say(
                    f"There is no unit {unit!r}; the units are: {names}.",
                    f"没有名为 {unit!r} 的单元；现有单元：{names}。",
                )
            )
    return list(dict.fromkeys(given or known))


@app.command()
def check(
    units: Annotated[list[str] | None, typer.Argument(help="Units; all where none.")] = None,
    file: Annotated[Path | None, typer.Option(help="Your notebook or module.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again after every save.")] = False,
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    plot: Annotated[bool, typer.Option(help="Draw your attention weights.")] = True,
) -> None:
    """Run the public checks on your own work, and say what to do next."""
    speak(language)
    chosen = _units(units)
    if file is not None:
        chosen = [_unit_of(file, chosen)]
    console = Console()
    # Loading Keras takes seconds, so that something has to be seen at once.
    with console.status(say("checking", "检查中")):
        from course import check as engine

        reports = [
            engine.check_file(unit, file) if file else engine.check_unit(unit, Path.cwd())
            for unit in chosen
        ]
    _show(reports, console, plot)
    if watch:
        _watch(chosen, file, console, plot)
        return
    raise typer.Exit(0 if all(report.right for report in reports) else 1)


def _unit_of(file: Path, chosen: list[str]) -> str:
    """Return the unit of `--file`: the only one named, or the one that it is called after."""
    if not file.is_file():
        stop(
            say(
                f"There is no file {file}; save your work, or look at the name.",
                f"没有文件 {file}；请先保存，或检查文件名。",
            )
        )
    if len(chosen) > 1 and file.stem not in chosen:
        stop(say("Name the unit that --file belongs to.", "请写明 --file 属于哪个单元。"))
    return chosen[0] if len(chosen) == 1 else file.stem


def _show(reports: list["Report"], console: Console, plot: bool) -> None:
    from course.commands import screen

    for report in reports:
        screen.print_report(report, console)
        if plot:
            screen.draw_weights(report, console)
    screen.print_next(reports, console)


def recheck(units: list[str], file: Path | None, saved: Iterable[str | Path]) -> Iterator["Report"]:
    """Check again what one round of saves touched; a file that went away is left alone.

    Args:
        units: the units that are watched.
        file: the only file to watch, or None for every place where a unit's work may be.
        saved: the files that changed.
    """
    from course import check as engine

    changed = {Path(name).resolve() for name in saved}
    for unit in units:
        places = [file] if file else engine.places_of(unit, Path.cwd())
        touched = [place for place in places if place.resolve() in changed and place.is_file()]
        if touched:
            yield engine.check_file(unit, max(touched, key=lambda place: place.stat().st_mtime))


def _watch(units: list[str], file: Path | None, console: Console, plot: bool) -> None:
    """Check again after every save, until Ctrl-C."""
    import watchfiles

    from course import check as engine

    places = [file] if file else [p for unit in units for p in engine.places_of(unit, Path.cwd())]
    folders = {place.resolve().parent for place in places if place.parent.is_dir()}
    watching = say("Watching for saves; Ctrl-C ends it.", "正在等待保存；按 Ctrl-C 结束。")
    console.print(watching, style="dim")
    try:
        for changes in watchfiles.watch(*folders, recursive=False, debounce=100, step=20):
            reports = list(recheck(units, file, (name for _, name in changes)))
            if reports:
                console.clear()
                _show(reports, console, plot)
                console.print(watching, style="dim")
    except KeyboardInterrupt:
        console.print()


@app.command()
def progress(
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Show which exercises are done, checked, or still to do."""
    speak(language)
    console = Console()
    with console.status(say("checking", "检查中")):
        from course import check as engine
        from course.commands import screen

        reports = [engine.check_unit(unit, Path.cwd()) for unit in available_units()]
    screen.print_progress(reports, console)


def main() -> None:
    """Run the commands; wrong usage is one sentence on stderr and status 2."""
    try:
        status = app(prog_name="python -m course", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        print(file=sys.stderr)
        status = 130  # as shells say it of Ctrl-C
    except Exception as error:
        if not hasattr(error, "format_message"):  # what typer raises for wrong usage has it
            raise
        if message := error.format_message():
            print(message, file=sys.stderr)
        status = 2
    sys.exit(status or 0)
