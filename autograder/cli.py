"""The instructor's commands: `python -m autograder --help`."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder import table
from autograder.batch import Options, Summary, grade_all
from autograder.exports import command as export_command
from autograder.exports.formats import FORMATS, Request
from autograder.exports.marks import ExportError
from autograder.exports.writing import place, write_all
from autograder.isolation.client import IsolationError
from autograder.report import command as report_command
from autograder.results import Result
from autograder.submissions import Submission, SubmissionsError, find_submissions
from course.kit.units import available_units

app = typer.Typer(
    help="Release the course, grade hand-ins in isolation, and prove the suites.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
export_command.add_to(app)
report_command.add_to(app)
BACKENDS = ("tensorflow", "jax", "torch")
# What `grade --format` writes beside the results; the other formats need more than results.
GRADE_FORMATS = ("json", "gradescope", "junit", "csv")


def _stop(message: str) -> NoReturn:
    """Say what is wrong in one sentence and end with status 2."""
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def _check_choice(name: str, value: str, choices: tuple[str, ...] | list[str]) -> None:
    if value not in choices:
        _stop(f"There is no {name} {value!r}; choose one of: {', '.join(choices)}.")


def find_device(wanted: str) -> str:
    """Return `cpu` or `gpu`: what is asked for, or what this machine has.

    No backend is asked, since the grader's process imports none: the driver's device file tells.
    """
    if wanted != "auto":
        return wanted
    return "gpu" if Path("/dev/nvidia0").exists() else "cpu"


def grade_with_progress(
    submissions: list[Submission], options: Options, console: Console
) -> Summary:
    """Grade with a progress bar that names the last hand-in."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("grading", total=len(submissions))

        def advance(result: Result) -> None:
            progress.update(task, advance=1, description=table.plain(result.submission, 30))

        return grade_all(submissions, options, advance)


@app.command()
def grade(
    paths: Annotated[list[Path], typer.Argument(help="Hand-ins: files, folders or zips.")],
    out: Annotated[Path, typer.Option(help="The directory for the results.")],
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    jobs: Annotated[int, typer.Option(help="Hand-ins at a time; 0: one a processor.")] = 0,
    seed: Annotated[int, typer.Option(help="The seed of the run.")] = 0,
    backend: Annotated[str, typer.Option(help="tensorflow, jax or torch.")] = "tensorflow",
    device: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    isolation: Annotated[
        str, typer.Option(help="require, or best-effort to go on with what this host gives.")
    ] = "require" if sys.platform == "linux" else "best-effort",
    resume: Annotated[bool, typer.Option("--resume", help="Leave out what is graded.")] = False,
    formats: Annotated[
        str,
        typer.Option("--format", help="json, and beside it gradescope, junit or csv; with commas."),
    ] = "json",
) -> None:
    """Grade hand-ins, each in isolation; results go to OUT/NAME/UNIT.json."""
    console = Console()
    if unit is not None:
        _check_choice("unit", unit, available_units())
    _check_choice("backend", backend, BACKENDS)
    _check_choice("device", device, ("auto", "cpu", "gpu"))
    _check_choice("isolation", isolation, ("require", "best-effort"))
    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    for name in wanted:
        _check_choice("format", name, GRADE_FORMATS)
    if jobs < 0:
        _stop("--jobs takes the number of hand-ins at a time, or 0 for one a processor.")
    try:
        submissions = find_submissions(paths, unit)
        out.mkdir(parents=True, exist_ok=True)
        options = Options(
            out=out,
            seed=seed,
            backend=backend,
            device=find_device(device),
            isolation=isolation,
            jobs=jobs or len(os.sched_getaffinity(0)),
            resume=resume,
        )
        summary = grade_with_progress(submissions, options, console)
        for name in wanted:
            if name in FORMATS:
                made = FORMATS[name].make(Request(summary.results, unit=unit))
                write_all(place(out / "exports" / name, made.files))
    except (SubmissionsError, IsolationError, ExportError) as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"The results can't be written to {out}: {error.strerror or error}.")
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped; go on later with --resume.", highlight=False)
        raise typer.Exit(130) from None
    table.show(summary, console)
    console.print(f"Results: {out}", highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(1 if summary.failures else 0)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Results, as `grade --out` wrote them.")],
    new: Annotated[Path, typer.Argument(help="Results of the same hand-ins, graded again.")],
) -> None:
    """Show whose score moved between two runs, and why; exit status 1 where one did."""
    from autograder.compared import moves

    try:
        found = moves(old, new)
    except ValueError as error:
        _stop(str(error))
    table.show_moves(found, Console())
    raise typer.Exit(1 if found else 0)


@app.command()
def release(
    target: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
) -> None:
    """Write the student bundle: stubs, notebooks, public checks and the kit; nothing hidden."""
    from autograder.release import ReleaseError, build_release

    try:
        files = build_release(target)
    except ReleaseError as error:
        _stop(str(error))
    Console().print(f"{len(files)} files for students: {target}", highlight=False, soft_wrap=True)


@app.command()
def quickstart(
    directory: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
    language: Annotated[str, typer.Option(help="Of the notebooks: en or zh.")] = "en",
) -> None:
    """Make a course folder for nbgrader with all units, graded in isolation."""
    from autograder.bridge.quickstart import QuickstartError, make_course

    try:
        units = make_course(directory, language)
    except QuickstartError as error:
        _stop(str(error))
    console = Console()
    console.print(f"{len(units)} units: {directory}", highlight=False, soft_wrap=True)
    console.print(
        f"Next: cd {directory}; nbgrader generate_assignment {units[0]}; or open formgrader "
        "in `jupyter lab` there.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


@app.command()
def verify(
    units: Annotated[list[str] | None, typer.Argument(help="Units; all where none.")] = None,
    backend: Annotated[str, typer.Option(help="tensorflow, jax or torch.")] = "tensorflow",
    isolation: Annotated[str, typer.Option(help="require or best-effort.")] = "require",
    seed: Annotated[int, typer.Option(help="The seed of the run.")] = 0,
    right_only: Annotated[
        bool, typer.Option("--right-only", help="Leave the known mistakes out.")
    ] = False,
) -> None:
    """Prove the suites: solutions full marks, stubs none, every known mistake caught and named."""
    from autograder.verify import run_verify

    for unit in units or []:
        _check_choice("unit", unit, available_units())
    _check_choice("backend", backend, BACKENDS)
    _check_choice("isolation", isolation, ("require", "best-effort"))
    try:
        names = units or available_units()
        proven = run_verify(names, backend, isolation, seed, Console(), right_only)
    except IsolationError as error:
        _stop(str(error))
    raise typer.Exit(0 if proven else 1)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The directory for all of it.")] = Path("demo-out"),
    jobs: Annotated[int, typer.Option(help="Hand-ins at a time; 0: one a processor.")] = 0,
) -> None:
    """The whole loop on sample hand-ins: release, hand in, grade, see what was found."""
    from autograder.demo import run_demo

    try:
        run_demo(out, jobs or len(os.sched_getaffinity(0)), Console())
    except (IsolationError, ValueError) as error:
        _stop(str(error))


def main() -> None:
    """Run the commands."""
    app(prog_name="python -m autograder")
