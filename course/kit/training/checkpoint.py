"""The checkpoints of a training run: a killed run goes on as if nothing had happened.

state.npz     the model's and the optimizer's variables, random seeds, the history
best.npz      the weights with the best validation BLEU, by path
epochs/N.npz  the weights of the last few epochs, for their average
history.csv   a line an epoch
"""

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from course.kit.errors import UserError
from course.kit.files import UNFINISHED, new_file, write_file
from course.kit.language import say


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays, whole or not at all."""
    with new_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the named arrays of a file."""
    with np.load(path) as arrays:
        return dict(arrays)


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write a line an epoch as CSV."""
    lines = [",".join(history[0])] if history else []
    lines += [",".join(f"{value:.6g}" for value in row.values()) for row in history]
    write_file(path, "\n".join(lines) + "\n")


def read_history(path: Path) -> list[dict[str, float]]:
    """Return the lines of a history."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def claim(directory: Path, plan: dict[str, Any], anew: bool = False) -> None:
    """Make a directory ready for a run, or check that the run in it is the same.

    Args:
        directory: of the run.
        plan: the settings that decide its course. The number of epochs is one of them, for the
            learning rate falls to 0 at the last.
        anew: whether an earlier run is removed.

    Raises:
        UserError: there is another run, or something else.
    """
    path = directory / "plan.json"
    text = json.dumps(plan, indent=2, sort_keys=True) + "\n"
    if anew and path.is_file():
        shutil.rmtree(directory)
    if path.is_file():
        _sweep(directory)
        if path.read_text(encoding="utf-8") != text:
            raise UserError(
                say(
                    f"{directory} holds a run with other settings; give --anew to replace it, or "
                    "another --out.",
                    f"{directory} 中是另一种设置的训练；用 --anew 重新开始，或另选 --out。",
                )
            )
    elif directory.exists() and not _is_empty(directory):
        raise UserError(
            say(
                f"{directory} holds something else; name another directory with --out.",
                f"{directory} 中已有其他内容；请用 --out 另选目录。",
            )
        )
    else:
        write_file(path, text)


def _is_empty(directory: Path) -> bool:
    """Whether it is a directory that holds nothing, or what a killed process had half written."""
    return directory.is_dir() and all(
        path.name.startswith(UNFINISHED) for path in directory.iterdir()
    )


def _sweep(directory: Path) -> None:
    """Remove what a killed process had half written into a run's directory."""
    for path in [*directory.rglob(f"{UNFINISHED}*")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


class State:
    """All variables that training changes, and the history so far.

    Args:
        path: the file.
        model: compiled, its optimizer built.
    """

    def __init__(self, path: Path, model: keras.Model):
        self.path, self._model = path, model
        self.history: list[dict[str, float]] = []

    def _variables(self) -> list[Any]:
        # The random seeds of dropout are variables too, which Keras's own files leave out.
        measured = {id(variable) for variable in self._model.metrics_variables}
        own = [v for v in self._model.variables if id(v) not in measured]
        return [*own, *self._model.optimizer.variables]

    def save(self) -> None:
        """Write it, whole or not at all."""
        arrays = {
            f"{n:05}": keras.ops.convert_to_numpy(variable)
            for n, variable in enumerate(self._variables())
        }
        arrays["history"] = np.array(json.dumps(self.history))
        write_arrays(self.path, arrays)

    def restore(self) -> bool:
        """Take up what was saved; return whether there was something.

        Raises:
            UserError: it is of another model.
        """
        if not self.path.is_file():
            return False
        arrays = read_arrays(self.path)
        history = json.loads(str(arrays.pop("history")))
        variables = self._variables()
        if [tuple(v.shape) for v in variables] != [a.shape for _, a in sorted(arrays.items())]:
            raise UserError(
                say(
                    f"{self.path} is of another model; give --anew to train from the beginning.",
                    f"{self.path} 属于另一个模型；用 --anew 从头训练。",
                )
            )
        for variable, (_, value) in zip(variables, sorted(arrays.items()), strict=True):
            variable.assign(value)
        self.history = history
        return True
