"""The command `check`: the public checks on the student's own work."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from course.commands.terminal import speak, stop
from course.kit.language import say
from course.kit.units import available_units

if TYPE_CHECKING:
    from course.check import Report


def check(
    units: Annotated[list[str] | None, typer.Argument(help="Units; all where none.")] = None,
    file: Annotated[Path | None, typer.Option(help="Your notebook or module.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again after every save.")] = False,
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    plot: Annotated[bool, typer.Option(help="Draw your attention weights.")] = True,
) -> None:
    """Run the public checks on your own work, and say what to do next."""
    speak(language)
    chosen = _known_units(units)
    if file is not None:
        chosen = [_unit_of(file, chosen)]
    console = Console()
    # Loading Keras takes seconds, so that something has to be seen at once.
    with console.status(say("checking", "检查中")):
        from course.check import check_file, check_unit

        reports = [
            check_file(unit, file) if file else check_unit(unit, Path.cwd()) for unit in chosen
        ]
    if not units:  # a folder of one's own has work on some units only
        reports = [report for report in reports if report.path is not None] or reports[:1]
    _print(reports, console, plot)
    if watch:
        _watch(chosen, file, console, plot)
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


def _print(reports: list["Report"], console: Console, plot: bool) -> None:
    from course.commands import check_output

    for report in reports:
        check_output.print_report(report, console)
        if plot:
            check_output.draw_weights(report, console)
    check_output.print_next(reports, console)


def recheck(units: list[str], file: Path | None, saved: Iterable[str | Path]) -> Iterator["Report"]:
    """Check again what one round of saves touched; a file that went away is left alone.

    Args:
        units: the units that are watched.
        file: the only file to watch, or None for every place where a unit's work may be.
        saved: the files that changed.
    """
    from course.check import check_file
    from course.work import places_of

    changed = {Path(name).resolve() for name in saved}
    for unit in units:
        places = [file] if file else places_of(unit, Path.cwd())
        touched = [place for place in places if place.resolve() in changed and place.is_file()]
        if touched:
            yield check_file(unit, max(touched, key=lambda place: place.stat().st_mtime))


def _watch(units: list[str], file: Path | None, console: Console, plot: bool) -> None:
    """Check again after every save, until Ctrl-C."""
    import watchfiles

    from course.work import places_of

    places = [file] if file else [place for unit in units for place in places_of(unit, Path.cwd())]
    folders = {place.resolve().parent for place in places if place.parent.is_dir()}
    watching = say("Watching for saves; Ctrl-C ends it.", "正在等待保存；按 Ctrl-C 结束。")
    console.print(watching, style="dim")
    try:
        for changes in watchfiles.watch(*folders, recursive=False, debounce=100, step=20):
            reports = list(recheck(units, file, (name for _, name in changes)))
            if reports:
                console.clear()
                _print(reports, console, plot)
                console.print(watching, style="dim")
    except KeyboardInterrupt:
        console.print()
