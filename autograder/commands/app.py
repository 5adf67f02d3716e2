"""The instructor's commands: `python -m autograder --help`."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.base.signals import stoppable
from autograder.commands import export as export_command
from autograder.commands import report as report_command
from autograder.commands import table
from autograder.exports.formats import FORMATS, Request
from autograder.exports.writing import place, write_all
from autograder.results.result import Result
from autograder.results.statuses import Device, IsolationMode
from autograder.running.batch import Summary
from autograder.running.cluster import LOCAL
from autograder.running.cluster.grading import grade_on_cluster
from autograder.running.folder_lock import locked
from autograder.running.options import Options
from autograder.running.pool import grade_all
from autograder.running.submissions import Submission, find_submissions
from autograder.running.unfinished import remove_unfinished
from course.commands.terminal import Commands, print_line, speak, stop
from course.kit.language import say
from course.kit.units import available_units

if TYPE_CHECKING:
    from autograder.bridge.assignment import AssignmentSummary

app = typer.Typer(
    cls=Commands,
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
_LANGUAGE = typer.Option(help="en or zh.")


def _warn(message: str) -> None:
    print_line(Console(stderr=True), message)


def _check_choice(name: str, value: str, choices: tuple[str, ...] | list[str]) -> None:
    if value not in choices:
        names = ", ".join(choices)
        stop(
            say(
                f"There is no {name} {value!r}; choose one of: {names}.",
                f"{name} 不能是 {value!r}；可选：{names}。",
            )
        )


def find_device(wanted: str, cluster: str | None = None) -> Device:
    """Return `cpu` or `gpu`: what is asked for, or what this machine has.

    On a cluster of other machines `auto` means the CPU, which all of them have.

    No backend is asked, since the grader's process imports none: the driver's device file tells.
    """
    if wanted != "auto":
        return cast(Device, wanted)
    if cluster not in (None, LOCAL):
        return "cpu"
    return "gpu" if Path("/dev/nvidia0").exists() else "cpu"


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def grade_with_progress(
    submissions: list[Submission],
    options: Options,
    console: Console,
    cluster: str | None = None,
) -> Summary:
    """Grade, here or on a cluster, with a progress bar that names the last hand-in."""
    with _progress(console) as progress:
        task = progress.add_task(say("grading", "评分中"), total=len(submissions))

        def advance(result: Result) -> None:
            progress.update(task, advance=1, description=table.plain(result.submission, 30))

        if cluster is not None:
            return grade_on_cluster(submissions, options, cluster, advance)
        return grade_all(submissions, options, advance)


@app.command()
def grade(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Hand-ins: files, folders or zips; with --course-dir an assignment's name."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The directory for the results; a course has its own, DIR/results."),
    ] = None,
    course_dir: Annotated[
        Path | None,
        typer.Option(help="A course of nbgrader: grade an assignment of it into its gradebook."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    jobs: Annotated[int, typer.Option(help="Hand-ins at a time; 0: one a processor.")] = 0,
    seed: Annotated[int, typer.Option(help="The seed of the run.")] = 0,
    backend: Annotated[str, typer.Option(help="tensorflow, jax or torch.")] = "tensorflow",
    device: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    isolation: Annotated[
        str, typer.Option(help="require, or best-effort to go on with what this host gives.")
    ] = "require" if sys.platform == "linux" else "best-effort",
    cluster: Annotated[
        str | None,
        typer.Option(
            help="A dask scheduler's address, such as tcp://host:8786, or local for --jobs workers."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out what is graded.")] = False,
    formats: Annotated[
        str,
        typer.Option("--format", help="json, and beside it gradescope, junit or csv; with commas."),
    ] = "json",
    language: Annotated[str | None, _LANGUAGE] = None,
) -> None:
    """Grade hand-ins, each in isolation; results go to OUT/NAME/UNIT.json."""
    speak(language)
    console = Console()
    if course_dir is None and out is None:
        stop(
            say("Name the directory for the results with --out.", "请用 --out 指定存放结果的目录。")
        )
    if course_dir is not None and (len(paths) != 1 or unit is not None):
        stop(
            say(
                "With --course-dir name one assignment, and no --unit: its notebooks say the "
                "units.",
                "使用 --course-dir 时只给一个作业名，不要给 --unit：单元由其中的笔记本决定。",
            )
        )
    if unit is not None:
        _check_choice("unit", unit, available_units())
    _check_choice("backend", backend, BACKENDS)
    _check_choice("device", device, ("auto", "cpu", "gpu"))
    _check_choice("isolation", isolation, ("require", "best-effort"))
    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    for name in wanted:
        _check_choice("format", name, GRADE_FORMATS)
    if jobs < 0:
        stop(
            say(
                "--jobs takes the number of hand-ins at a time, or 0 for one a processor.",
                "--jobs 是同时评分的份数；0 表示每个处理器一份。",
            )
        )
    run = None
    try:
        with stoppable(), contextlib.ExitStack() as held:
            options = Options(
                out=out or Path(),
                seed=seed,
                backend=backend,
                device=find_device(device, cluster),
                isolation=cast(IsolationMode, isolation),
                jobs=jobs or len(os.sched_getaffinity(0)),
                resume=resume,
            )

            def occupy(folder: Path) -> None:
                held.enter_context(locked(folder, _warn))
                remove_unfinished(folder)

            if course_dir is not None:
                run = _grade_course(
                    context, course_dir, str(paths[0]), out, options, console, cluster, occupy
                )
                out, summary = run.out, run.grading
            else:
                assert out is not None
                submissions = find_submissions(paths, unit)
                out.mkdir(parents=True, exist_ok=True)
                occupy(out)
                summary = grade_with_progress(submissions, options, console, cluster)
            for name in wanted:
                if name in FORMATS:
                    made = FORMATS[name].make(Request(summary.results, unit=unit))
                    write_all(place(out / "exports" / name, made.files))
    except OSError as error:
        where, why = out or course_dir, error.strerror or error
        stop(
            say(
                f"The results can't be written to {where}: {why}.",
                f"无法把结果写入 {where}：{why}。",
            )
        )
    except KeyboardInterrupt as stopped:
        _warn(say("Stopped; go on later with --resume.", "已停止；以后可用 --resume 继续。"))
        raise typer.Exit(getattr(stopped, "status", 130)) from None
    table.show(summary, console)
    print_line(console, say(f"Results: {out}", f"结果：{out}"))
    if run is not None:
        table.show_gradebook(run.recorded, run.not_recorded, console)
    raise typer.Exit(1 if summary.failures or (run is not None and run.not_recorded) else 0)


def _grade_course(
    context: typer.Context,
    directory: Path,
    assignment: str,
    out: Path | None,
    options: Options,
    console: Console,
    cluster: str | None,
    occupy: Callable[[Path], None],
) -> "AssignmentSummary":
    """Grade an assignment of a course; what is not on the command line is the course's to say."""
    from autograder.bridge.assignment import grade_assignment
    from autograder.bridge.course import Course

    given = {
        name: getattr(options, name)
        for name in ("seed", "backend", "device", "isolation")
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }
    writing = _progress(console)
    task = writing.add_task("gradebook", total=None)

    def grade(submissions: list[Submission], options: Options) -> Summary:
        summary = grade_with_progress(submissions, options, console, cluster)
        shown.enter_context(writing)
        return summary

    def advance(student: str, total: int) -> None:
        writing.update(task, advance=1, total=total, description=table.plain(student, 30))

    changes = {"jobs": options.jobs, "resume": options.resume, **given}
    with contextlib.ExitStack() as shown:
        return grade_assignment(Course(directory, assignment), out, changes, grade, advance, occupy)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Results, as `grade --out` wrote them.")],
    new: Annotated[Path, typer.Argument(help="Results of the same hand-ins, graded again.")],
    language: Annotated[str | None, _LANGUAGE] = None,
) -> None:
    """Show whose score moved between two runs, and why; exit status 1 where one did."""
    from autograder.results.differences import moves

    speak(language)
    differing = moves(old, new)
    table.show_moves(differing, Console())
    raise typer.Exit(1 if differing else 0)


@app.command()
def release(
    target: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
    wheel: Annotated[
        bool, typer.Option("--wheel", help="And a wheel with the course, beside the directory.")
    ] = False,
) -> None:
    """Write the student bundle: stubs, notebooks, public checks and the kit; nothing hidden."""
    from autograder.authoring.release import build_release, write_wheel

    console = Console()
    files = build_release(target)
    print_line(console, f"{len(files)} files for students: {target}")
    if wheel:
        print_line(console, f"The course as a wheel, for pip install: {write_wheel(target)}")


@app.command()
def quickstart(
    directory: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
    language: Annotated[str, typer.Option(help="Of the notebooks: en or zh.")] = "en",
) -> None:
    """Make a course folder for nbgrader with all units, graded in isolation."""
    from autograder.bridge.quickstart import make_course

    units = make_course(directory, language)
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
    from autograder.authoring.verify import run_verify

    for unit in units or []:
        _check_choice("unit", unit, available_units())
    _check_choice("backend", backend, BACKENDS)
    _check_choice("isolation", isolation, ("require", "best-effort"))
    names = units or available_units()
    proven = run_verify(names, backend, isolation, seed, Console(), right_only)
    raise typer.Exit(0 if proven else 1)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The directory for all of it.")] = Path("demo-out"),
    jobs: Annotated[int, typer.Option(help="Hand-ins at a time; 0: one a processor.")] = 0,
) -> None:
    """The whole loop on sample hand-ins: release, hand in, grade, see what was found."""
    from autograder.commands.demo import run_demo

    run_demo(out, jobs or len(os.sched_getaffinity(0)), Console())


def main() -> None:
    """Run the commands."""
    app(prog_name="python -m autograder")
