"""The command `grade`: hand-ins in files, folders and zips, or an assignment of a course."""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

from autograder.base.signals import stoppable
from autograder.commands import table
from autograder.commands.accounting import show_account, write_account
from autograder.commands.choices import BACKENDS, ISOLATION_MODES, LANGUAGE_HELP, check_choice
from autograder.commands.progress import grade_with_progress, progress_bar
from autograder.exports.formats import FORMATS, Request
from autograder.exports.writing import place, write_all
from autograder.results.statuses import HINT_LEVELS, Device, HintLevel, IsolationMode
from autograder.running.accounting import Account, account_for
from autograder.running.batch import Summary
from autograder.running.cluster import LOCAL
from autograder.running.folder_lock import locked
from autograder.running.options import GradingOptions
from autograder.running.platforms import LAYOUTS
from autograder.running.seeds import run_seed
from autograder.running.submissions import Submission, collect
from autograder.running.unfinished import remove_unfinished
from course.commands.terminal import print_line, speak, stop
from course.kit.language import say
from course.kit.units import available_units

if TYPE_CHECKING:
    from autograder.bridge.assignment import AssignmentSummary

# What `--format` writes beside the results; the other formats need more than results.
_FORMATS = ("json", "gradescope", "junit", "csv")
# What a course's configuration says of grading, where the command line does not.
_CONFIGURED = ("seed", "backend", "device", "isolation", "hints")


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
    seed: Annotated[
        int | None,
        typer.Option(help="The seed of the run; drawn anew, or with --resume the earlier run's."),
    ] = None,
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
    layout: Annotated[
        str, typer.Option("--from", help=f"Where the hand-ins come from: {', '.join(LAYOUTS)}.")
    ] = "auto",
    roster: Annotated[
        Path | None,
        typer.Option(help="A CSV of the course's people: who handed in nothing is named."),
    ] = None,
    hints: Annotated[
        str,
        typer.Option(
            help="What students are told of a mistake's place in their code: place, the line; "
            "kind, what to look at there, too; edit, the line before and after, too."
        ),
    ] = "kind",
    language: Annotated[str | None, typer.Option(help=LANGUAGE_HELP)] = None,
) -> None:
    """Grade hand-ins, each in isolation; results go to OUT/NAME/UNIT.json."""
    speak(language)
    format_names = [name.strip() for name in formats.split(",") if name.strip()]
    _check_places(paths, out, course_dir, unit, layout)
    _check_choices(unit, backend, device, isolation, format_names, jobs)
    check_choice("from", layout, LAYOUTS)
    check_choice("hints", hints, HINT_LEVELS)
    options = GradingOptions(
        out=out or Path(),
        seed=run_seed(seed, out or Path(), resume and out is not None),
        backend=backend,
        device=find_device(device, cluster),
        isolation=cast(IsolationMode, isolation),
        jobs=jobs or len(os.sched_getaffinity(0)),
        resume=resume,
        hints=cast(HintLevel, hints),
    )
    console = Console()

    def grade_hand_ins(submissions: list[Submission], options: GradingOptions) -> Summary:
        return grade_with_progress(submissions, options, console, cluster)

    assignment = None
    account = Account()
    with _reasons_shown(out or course_dir), contextlib.ExitStack() as locks:
        lock = functools.partial(_lock, locks)
        if course_dir is None:
            collection = collect(paths, unit, layout)
            account = account_for(collection.submissions, collection.passed_over, roster)
            options.out.mkdir(parents=True, exist_ok=True)
            lock(options.out)
            write_account(options.out, account)
            summary = grade_hand_ins(collection.submissions, options)
        else:
            overrides = {"jobs": options.jobs, "resume": resume, **_overrides(context, options)}
            assignment = _grade_assignment(
                course_dir, str(paths[0]), out, overrides, grade_hand_ins, lock, console, roster
            )
            summary, account = assignment.grading, assignment.account
            write_account(assignment.out, account)
        directory = options.out if assignment is None else assignment.out
        _write_exports(directory / "exports", format_names, Request(summary.results, unit=unit))
    table.show(summary, console)
    show_account(directory, account, console)
    print_line(console, say(f"Results: {directory}", f"结果：{directory}"))
    if assignment is not None:
        table.show_gradebook(assignment.recorded, assignment.not_recorded, console)
        table.show_restored(assignment.restored, console)
        table.show_differences(assignment.differences, console)
    not_recorded = assignment is not None and assignment.not_recorded
    raise typer.Exit(1 if summary.failures or account.lost or not_recorded else 0)


def find_device(device: str, cluster: str | None = None) -> Device:
    """Return `cpu` or `gpu`: what `--device` names, or for `auto` what this machine has.

    On a cluster of other machines `auto` means the CPU, which all of them have.

    No backend is asked, since the grader's process imports none: the driver's device file tells.
    """
    if device != "auto":
        return cast(Device, device)
    if cluster not in (None, LOCAL):
        return "cpu"
    return "gpu" if Path("/dev/nvidia0").exists() else "cpu"


def _check_places(
    paths: list[Path],
    out: Path | None,
    course_dir: Path | None,
    unit: str | None,
    layout: str,
) -> None:
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
    if course_dir is not None and layout not in ("auto", "plain"):
        stop(
            say(
                "A course has its hand-ins in submitted/; --from is for other folders.",
                "课程的作业在 submitted/ 中；--from 用于其他文件夹。",
            )
        )


def _check_choices(
    unit: str | None, backend: str, device: str, isolation: str, formats: list[str], jobs: int
) -> None:
    if unit is not None:
        check_choice("unit", unit, available_units())
    check_choice("backend", backend, BACKENDS)
    check_choice("device", device, ("auto", "cpu", "gpu"))
    check_choice("isolation", isolation, ISOLATION_MODES)
    for name in formats:
        check_choice("format", name, _FORMATS)
    if jobs < 0:
        stop(
            say(
                "--jobs takes the number of hand-ins at a time, or 0 for one a processor.",
                "--jobs 是同时评分的份数；0 表示每个处理器一份。",
            )
        )


@contextlib.contextmanager
def _reasons_shown(directory: Path | None) -> Iterator[None]:
    """Show why results could not be written to a directory, or how to go on after Ctrl-C."""
    try:
        with stoppable():
            yield
    except OSError as error:
        reason = error.strerror or error
        stop(
            say(
                f"The results can't be written to {directory}: {reason}.",
                f"无法把结果写入 {directory}：{reason}。",
            )
        )
    except KeyboardInterrupt as stopped:
        _warn(say("Stopped; go on later with --resume.", "已停止；以后可用 --resume 继续。"))
        raise typer.Exit(getattr(stopped, "status", 130)) from None


def _warn(message: str) -> None:
    print_line(Console(stderr=True), message)


def _lock(locks: contextlib.ExitStack, folder: Path) -> None:
    locks.enter_context(locked(folder, _warn))
    remove_unfinished(folder)


def _overrides(context: typer.Context, options: GradingOptions) -> dict[str, Any]:
    """Return the options that the command line names, though a course may configure them."""
    return {
        name: getattr(options, name)
        for name in _CONFIGURED
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


def _grade_assignment(
    directory: Path,
    assignment: str,
    out: Path | None,
    overrides: dict[str, Any],
    grade_hand_ins: Callable[[list[Submission], GradingOptions], Summary],
    lock: Callable[[Path], None],
    console: Console,
    roster: Path | None,
) -> "AssignmentSummary":
    """Grade an assignment of a course, then write the gradebook with a progress bar."""
    from autograder.bridge.assignment import grade_assignment
    from autograder.bridge.course import Course

    progress = progress_bar(console)
    task = progress.add_task("gradebook", total=None)

    def grade_then_show(submissions: list[Submission], options: GradingOptions) -> Summary:
        summary = grade_hand_ins(submissions, options)
        shown.enter_context(progress)
        return summary

    def advance(student: str, total: int) -> None:
        progress.update(task, advance=1, total=total, description=table.plain(student, 30))

    with contextlib.ExitStack() as shown:
        course = Course(directory, assignment)
        return grade_assignment(course, out, overrides, grade_then_show, advance, lock, roster)


def _write_exports(directory: Path, formats: list[str], request: Request) -> None:
    for name in formats:
        if name in FORMATS:
            write_all(place(directory / name, FORMATS[name].make(request).files))
