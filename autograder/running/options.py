"""How a batch of hand-ins is graded."""

from dataclasses import dataclass
from pathlib import Path

from autograder.results.statuses import Device, HintLevel, IsolationMode


@dataclass(frozen=True)
class GradingOptions:
    """How a batch is graded.

    Attributes:
        out: the directory for results.
        seed: the seed of the run.
        backend: Keras's backend.
        device: `cpu` or `gpu`.
        isolation: `require` or `best-effort`.
        jobs: how many hand-ins are graded at a time on this machine.
        resume: leave out hand-ins that already have a whole result of this file, suite, seed and
            backend.
        diagnose: whether mistakes are named, and their places found.
        hints: what students are told of a place.
    """

    out: Path
    seed: int = 0
    backend: str = "tensorflow"
    device: Device = "cpu"
    isolation: IsolationMode = "require"
    jobs: int = 1
    resume: bool = False
    diagnose: bool = True
    hints: HintLevel = "kind"
