"""Grade many hand-ins in grading processes of this machine, side by side."""

import multiprocessing.connection
from collections.abc import Callable, Sequence

from autograder.results.result import Result
from autograder.running.batch import Batch, Summary, Task
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died
from autograder.running.process import GradingProcess
from autograder.running.submissions import Submission


def grade_all(
    submissions: Sequence[Submission],
    options: GradingOptions,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Grade hand-ins and write each result as soon as it is known.

    Where a grading process dies, a new one takes its place, and the hand-in is tried once more.

    Args:
        submissions: what to grade.
        options: how to grade.
        on_result: called with each result.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    batch = Batch(submissions, options, on_result)
    count = min(max(1, options.jobs), len(batch.waiting))
    processes = [GradingProcess(options, batch.units()) for _ in range(count)]
    try:
        for process in processes:
            process.start()
        _grade_waiting(batch, processes)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.end()
    return batch.finish()


def _grade_waiting(batch: Batch, processes: Sequence[GradingProcess]) -> None:
    tasks: dict[GradingProcess, Task] = {}
    while batch.waiting or tasks:
        for process in processes:
            if process not in tasks:
                task = _send_next(batch, process)
                if task is not None:
                    tasks[process] = task
                else:
                    process.end()
        if not tasks:  # the last of the hand-ins could not be read
            break
        ready = multiprocessing.connection.wait([process.connection for process in tasks])
        for process in [process for process in tasks if process.connection in ready]:
            outcome = process.outcome()
            if isinstance(outcome, Died):
                process.end()
            batch.settle(tasks.pop(process), outcome)


def _send_next(batch: Batch, process: GradingProcess) -> Task | None:
    """Send a process the next hand-in that can be read, if there is one; return its task."""
    while batch.waiting:
        task = batch.waiting.popleft()
        file = batch.read(task)
        if file is not None:
            process.start()
            process.send(file)
            return task
    return None
