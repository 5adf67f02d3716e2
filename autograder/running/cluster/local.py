"""A cluster on this machine, for a try."""

import logging
import signal
from typing import Any

from distributed import LocalCluster

from autograder.running.options import GradingOptions


def local_cluster(options: GradingOptions) -> LocalCluster:
    """Return a cluster with a worker a job; the GPU here, if it is to be used, is for all.

    Raises:
        OSError, RuntimeError: it can't be started.
    """
    return LocalCluster(
        n_workers=options.jobs,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        preload=[__name__],
        resources={"GPU": 1} if options.device == "gpu" else None,
    )


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C to the client, which ends the workers; dask calls this in each of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
