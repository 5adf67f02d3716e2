"""The command `grade`, started as from a terminal."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def arguments(hand_ins: Path, out: Path, *options: str) -> list[str]:
    """Return the command line; hand-ins are graded two at a time."""
    command = [sys.executable, "-m", "autograder", "grade", str(hand_ins), "--out", str(out)]
    return [*command, "--jobs", "2", "--seed", "0", *options]


def start(
    hand_ins: Path, out: Path, *options: str, temporary: Path | None = None
) -> subprocess.Popen:
    """Start the command in a process group of its own."""
    environment = {**os.environ, "COLUMNS": "200"}
    if temporary is not None:
        environment["TMPDIR"] = str(temporary)
    return subprocess.Popen(
        arguments(hand_ins, out, *options),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def run(
    hand_ins: Path, out: Path, *options: str, temporary: Path | None = None
) -> tuple[int, str, str]:
    """Run the command to its end; return its exit status, its output and its error output."""
    process = start(hand_ins, out, *options, temporary=temporary)
    output, errors = process.communicate(timeout=300)
    return process.returncode, output, errors
