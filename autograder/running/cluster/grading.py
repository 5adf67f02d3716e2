"""Grade a batch of hand-ins on a cluster."""

from collections.abc import Callable, Sequence

from autograder.results.result import Result
from autograder.running.batch import Batch, Summary
from autograder.running.options import GradingOptions
from autograder.running.submissions import Submission
from course.kit.errors import UserError


def grade_on_cluster(
    submissions: Sequence[Submission],
    options: GradingOptions,
    address: str,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Grade hand-ins on a cluster's workers, and write each result as soon as it comes back.

    Args:
        submissions: what to grade.
        options: how; `jobs` is the number of workers where the address is `local`.
        address: of a dask scheduler, or `local` for workers on this machine.
        on_result: called with each result.

    Raises:
        UserError: dask.distributed is not installed, or the cluster can't be used or is lost.
        IsolationError: a worker can't give the isolation that is asked for.
        OSError: a result can't be written.
    """
    try:
        from autograder.running.cluster.connection import connected
        from autograder.running.cluster.dispatch import dispatch
    except ImportError:
        raise UserError(
            "Grading on a cluster needs dask.distributed: pip install -r requirements/cluster.txt"
        ) from None
    batch = Batch(submissions, options, on_result)
    if batch.waiting:
        with connected(address, options, batch.units()) as cluster:
            dispatch(batch, cluster)
    return batch.finish()
