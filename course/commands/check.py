"""The command `check`: the public checks on the student's own work."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.check_process import CheckProcess
from course.commands import options
from course.commands.check_output import ReportPrinter, print_next, save_weights
from course.commands.terminal import speak, stop
from course.kit.language import say
from course.kit.units import available_units
from course.outcomes import Report, has_to_run, read_file, read_unit
from course.work import places_of


def check(
    units: Annotated[
        list[str] | None, typer.Argument(help=say("Units; all where none.", "单元；不写则为全部。"))
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help=say("Your notebook or module.", "你的笔记本或模块。"))
    ] = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help=say("Check again after every save.", "每次保存后自动再查。")),
    ] = False,
    language: options.Language = None,
    plot: Annotated[
        bool,
        typer.Option(
            help=say("Save a picture of your attention weights.", "把你的注意力权重存成图片。")
        ),
    ] = False,
) -> None:
    """Run the public checks on your own work, and say what to do next."""
    speak(language, file)
    chosen = _known_units(units)
    if file is not None:
        chosen = [_unit_of(file, chosen)]
    console = Console()
    reports = [read_file(unit, file) if file else read_unit(unit, Path.cwd()) for unit in chosen]
    if not units:  # a folder of one's own has work on some units only
        reports = [report for report in reports if report.path is not None] or reports[:1]
    with CheckProcess() as process:
        _check(reports, process, console, plot)
        if watch:
            _watch(chosen, file, process, console, plot)
            return
    raise typer.Exit(0 if all(report.right for report in reports) else 1)


def _known_units(names: list[str] | None) -> list[str]:
    """Return the units that are named, or all; end with status 2 where there is no such unit."""
    known = available_units()
    for name in names or []:
        if name not in known:
            units = ", ".join(known)
            stop(
                say(
                    f"There is no unit {name!r}; the units are: {units}.",
                    f"没有名为 {name!r} 的单元；现有单元：{units}。",
                )
            )
    return list(dict.fromkeys(names or known))


def _unit_of(file: Path, chosen: list[str]) -> str:
    """Return the unit of `--file`: the only one named, or the one that the file is called after."""
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


def _check(reports: list[Report], process: CheckProcess, console: Console, plot: bool) -> None:
    """Run what has to run of the reports' files; print each outcome as it comes."""
    if any(has_to_run(report) for report in reports):
        _announce(process, console)
    for report in reports:
        printer = ReportPrinter(report, console)
        for outcome in process.run(report):
            printer.add(outcome)
        printer.end()
        if plot:
            save_weights(report, console)
    print_next(reports, console)


def _announce(process: CheckProcess, console: Console) -> None:
    """Say at once what the student waits for, and begin with it."""
    if not process.is_loaded:
        waiting = say(
            "running your code; loading Keras takes some seconds",
            "正在运行你的代码；载入 Keras 需要几秒",
        )
        console.print(waiting, style="dim", soft_wrap=True)
    process.start()


def touched(units: list[str], file: Path | None, saved: Iterable[str | Path]) -> Iterator[Report]:
    """Read again what one round of saves touched; a file that went away is left alone.

    Args:
        units: the units that are watched.
        file: the only file to watch, or None for every place where a unit's work may be.
        saved: the files that changed.
    """
    changed = {Path(name).resolve() for name in saved}
    for unit in units:
        places = [file] if file else places_of(unit, Path.cwd())
        there = [place for place in places if place.resolve() in changed and place.is_file()]
        if there:
            yield read_file(unit, max(there, key=lambda place: place.stat().st_mtime))


def _watch(
    units: list[str], file: Path | None, process: CheckProcess, console: Console, plot: bool
) -> None:
    """Check again after every save, until Ctrl-C."""
    import watchfiles

    places = [file] if file else [place for unit in units for place in places_of(unit, Path.cwd())]
    folders = {place.resolve().parent for place in places if place.parent.is_dir()}
    watching = say("Watching for saves; Ctrl-C ends it.", "正在等待保存；按 Ctrl-C 结束。")
    console.print(watching, style="dim")
    process.start()  # Keras is loaded by the time of the first save
    try:
        for changes in watchfiles.watch(*folders, recursive=False, debounce=100, step=20):
            reports = list(touched(units, file, (name for _, name in changes)))
            if reports:
                console.clear()
                console.print(say("checking…", "检查中…"), style="dim")
                _check(reports, process, console, plot)
                console.print(watching, style="dim")
    except KeyboardInterrupt:
        console.print()
