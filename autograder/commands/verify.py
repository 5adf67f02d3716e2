"""The command `verify`: the proof of the suites."""

from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.choices import BACKENDS, ISOLATION_MODES, check_choice
from course.kit.units import available_units


def verify(
    units: Annotated[list[str] | None, typer.Argument(help="Units; all where none.")] = None,
    backend: Annotated[str, typer.Option(help="tensorflow, jax or torch.")] = "tensorflow",
    isolation: Annotated[str, typer.Option(help="require or best-effort.")] = "require",
    seed: Annotated[int, typer.Option(help="The seed of the run.")] = 0,
    right_only: Annotated[
        bool, typer.Option("--right-only", help="Leave the known mistakes out.")
    ] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Grade right solutions with slips in them instead.")
    ] = False,
    public: Annotated[
        bool,
        typer.Option("--public", help="Show which known mistakes pass every public check instead."),
    ] = False,
    exercise: Annotated[
        list[str] | None, typer.Option(help="With --mutants: of these exercises alone.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="With --mutants: how many run at a time.")] = 2,
) -> None:
    """Prove the suites: solutions full marks, stubs none, every known mistake caught and named.

    With --mutants: every slip in right code is caught, or is listed as one that changes nothing.
    With --public: a known mistake that a student can't see before the grade says why not.
    """
    from autograder.authoring.mutants import run_mutants
    from autograder.authoring.verify import run_verify

    for unit in units or []:
        check_choice("unit", unit, available_units())
    check_choice("backend", backend, BACKENDS)
    check_choice("isolation", isolation, ISOLATION_MODES)
    names = units or available_units()
    if public:
        from autograder.authoring.public import run_public

        raise typer.Exit(0 if run_public(names, Console()) else 1)
    if mutants:
        killed = run_mutants(names, backend, isolation, seed, Console(), jobs, exercise or ())
        raise typer.Exit(0 if killed else 1)
    proven = run_verify(names, backend, isolation, seed, Console(), right_only)
    raise typer.Exit(0 if proven else 1)
