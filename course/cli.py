"""The student's commands: `python -m course --help`."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.kit.language import say, use_language
from course.kit.units import available_units, exercises_of

if TYPE_CHECKING:
    from course.check import Outcome

app = typer.Typer(
    help="Check your work and see what is next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_MARKS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "error": "[red]![/]",
    "missing": "[dim]·[/]",
}


def _stop(message: str) -> NoReturn:
    """Say what is wrong in one sentence and end with status 2."""
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def _speak(code: str | None) -> None:
    if code is not None:
        try:
            use_language(code)
        except ValueError as error:
            _stop(str(error))


def _units(given: list[str] | None) -> list[str]:
    for unit in given or []:
        if unit not in available_units():
            _stop(f"There is no unit {unit!r}; the units are: {', '.join(available_units())}.")
    return given or available_units()


@app.command()
def check(
    units: Annotated[list[str] | None, typer.Argument(help="Units; all where none.")] = None,
    file: Annotated[Path | None, typer.Option(help="Your notebook or module.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again after every save.")] = False,
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    plot: Annotated[bool, typer.Option(help="Draw your attention weights.")] = True,
) -> None:
    """Run the public checks on your own work, and say what to do next."""
    _speak(language)
    chosen = _units(units)
    if file is not None and len(chosen) != 1:
        if file.stem not in chosen:
            _stop("Name the unit that --file belongs to.")
        chosen = [file.stem]
    console = Console()
    right = _check_all(chosen, file, console, plot)
    if watch:
        _watch(chosen, file, console, plot)
    raise typer.Exit(0 if right else 1)


def _check_all(units: list[str], file: Path | None, console: Console, plot: bool) -> bool:
    right = True
    for unit in units:
        right = _check_unit(unit, file, console, plot) and right
    return right


def _check_unit(unit: str, file: Path | None, console: Console, plot: bool) -> bool:
    """Check one unit and print it; return whether every public check passed."""
    from course import check as engine

    try:
        path = file or engine.find_work(unit, Path.cwd())
        with console.status(say("checking", "检查中")):
            work, problems = engine.load_work(path, unit)
            outcomes = list(engine.run_checks(unit, work))
    except engine.NoWork as problem:
        console.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
        return False
    console.print(f"[bold]{unit}[/]  [dim]{escape(str(path))}[/]", highlight=False, soft_wrap=True)
    for unused in problems:
        console.print(f"  [yellow]{escape(str(unused))}[/]", highlight=False, soft_wrap=True)
    for exercise in exercises_of(unit):
        _print_exercise(exercise, [o for o in outcomes if o.check.exercise == exercise], console)
    if plot:
        _draw(unit, work, outcomes, console)
    return _print_next(unit, outcomes, console)


def _print_exercise(exercise: str, outcomes: list["Outcome"], console: Console) -> None:
    from course.check import details

    if all(outcome.status == "missing" for outcome in outcomes):
        note = outcomes[0].got if outcomes else ""
        console.print(f"  [dim]· {exercise}  {escape(note)}[/]", highlight=False)
        return
    console.print(f"  [bold]{exercise}[/]", highlight=False)
    for outcome in outcomes:
        mark = _MARKS[outcome.status]
        console.print(f"    {mark} {escape(outcome.title)}", highlight=False, soft_wrap=True)
        for line in details(outcome):
            console.print(f"        {escape(line)}", highlight=False, soft_wrap=True)


def _print_next(unit: str, outcomes: list["Outcome"], console: Console) -> bool:
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    console.print()
    if passed == len(outcomes):
        text = say(
            f"All {passed} public checks of {unit} pass. Hidden checks look at more: other shapes, "
            "huge numbers, masks, gradients.",
            f"{unit} 的 {passed} 个公开检查全部通过。"
            "隐藏检查会看得更细：别的形状、极大的数、掩码、梯度。",
        )
        console.print(f"[green]{text}[/]", highlight=False, soft_wrap=True)
        return True
    first = next(outcome for outcome in outcomes if outcome.status != "passed")
    count = say(f"{passed} of {len(outcomes)} pass.", f"通过 {passed}/{len(outcomes)}。")
    if first.status == "missing":
        step = say(f"Write {first.check.exercise} next.", f"下一步：写 {first.check.exercise}。")
    else:
        step = say(
            f"Next: {first.check.exercise}, “{first.title}”.",
            f"下一步：{first.check.exercise}，“{first.title}”。",
        )
    console.print(f"{count} [bold]{escape(step)}[/]", highlight=False, soft_wrap=True)
    return False


def _draw(unit: str, work: object, outcomes: list["Outcome"], console: Console) -> None:
    """Save a picture of the student's attention weights, where there are any to draw."""
    wanted = "scaled_dot_product_attention"
    statuses = {outcome.status for outcome in outcomes if outcome.check.exercise == wanted}
    if unit != "attention" or statuses != {"passed"}:
        return
    import keras

    from course.kit import plots

    words = list("早上好")
    x = keras.ops.convert_to_tensor([[1.5, 1.0, 0.0], [1.2, 1.2, 0.2], [0.2, 0.3, 1.6]])
    _, weights = work.scaled_dot_product_attention(x, x, x)  # type: ignore[attr-defined]
    path = Path("attention-weights.png")
    import matplotlib

    matplotlib.use("Agg")
    picture = plots.heatmap(
        keras.ops.convert_to_numpy(weights), words, title=say("Your weights", "你的权重")
    )
    try:
        picture.savefig(path, dpi=120)
    except OSError:
        return
    console.print(
        f"  [dim]{say('A picture of your weights', '你的注意力权重图')}: {path}[/]", highlight=False
    )


def _watch(units: list[str], file: Path | None, console: Console, plot: bool) -> None:
    """Check again after every save, until Ctrl-C."""
    import watchfiles

    from course import check as engine

    paths = []
    for unit in units:
        try:
            paths.append((file or engine.find_work(unit, Path.cwd())).resolve())
        except engine.NoWork as problem:
            _stop(str(problem))
    console.print(say("Watching; Ctrl-C ends it.", "正在监视；按 Ctrl-C 结束。"), style="dim")
    folders = {path.parent for path in paths}
    try:
        for changes in watchfiles.watch(*folders, recursive=False, debounce=100, step=20):
            saved = {Path(name).resolve() for _, name in changes}
            for unit, path in zip(units, paths, strict=True):
                if path in saved and path.is_file():
                    console.clear()
                    _check_unit(unit, path, console, plot)
    except KeyboardInterrupt:
        console.print()


@app.command()
def progress(
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Show which exercises are done, checked, or still to do."""
    _speak(language)
    from course import check as engine

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in (say("unit", "单元"), say("exercise", "练习"), say("public checks", "公开检查")):
        table.add_column(heading, no_wrap=True)
    for unit in available_units():
        try:
            work, _ = engine.load_work(engine.find_work(unit, Path.cwd()), unit)
            outcomes = list(engine.run_checks(unit, work))
        except engine.NoWork as problem:
            table.add_row(unit, "", f"[red]{escape(str(problem))}[/]")
            continue
        for exercise in exercises_of(unit):
            counts = Counter(o.status for o in outcomes if o.check.exercise == exercise)
            table.add_row(unit, exercise, _state(counts))
    console.print(table)


def _state(counts: Counter[str]) -> str:
    total = counts.total()
    if counts["missing"] == total:
        return f"[dim]{say('to do', '待完成')}[/]"
    if counts["passed"] == total:
        return f"[green]{say('checked', '已通过')} {total}/{total}[/]"
    return f"[yellow]{say('in work', '进行中')} {counts['passed']}/{total}[/]"


def main() -> None:
    """Run the commands."""
    app(prog_name="python -m course")
