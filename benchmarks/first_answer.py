"""The student's first answers, beside the time that importing Keras alone takes.

    python -m benchmarks.first_answer [--repeats 5]

Each command runs in a folder of untouched stubs, in a process of its own; the commands take turns
with `import keras`, and the ratio is that of the medians of their CPU times, within one run.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from course.kit.units import EXERCISES_DIR

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "import keras": ("-c", "import keras"),
    "check": ("-m", "course", "check"),
    "check attention": ("-m", "course", "check", "attention"),
    "check atention": ("-m", "course", "check", "atention"),
    "progress": ("-m", "course", "progress"),
    "--help": ("-m", "course", "--help"),
}


def cpu_seconds(arguments: tuple[str, ...], folder: str) -> float:
    """Return the CPU time of a Python process, its own and its children's."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXERCISES_DIR, folder, dirs_exist_ok=True)
        for _ in range(repeats):
            for name, arguments in COMMANDS.items():
                times[name].append(cpu_seconds(arguments, folder))
    bare = statistics.median(times["import keras"])
    print("| command | CPU time | beside `import keras` |\n|---|---|---|")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.2f} s | {median / bare:.2f} |")


if __name__ == "__main__":
    main()
