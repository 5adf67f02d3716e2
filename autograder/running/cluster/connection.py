"""The way to a cluster: connect, see that its workers can grade, notice when they are gone."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from distributed import Client
from distributed.client import ClosedClientError

from autograder.grading.versions import suite_version
from autograder.running.cluster import LOCAL
from autograder.running.cluster.local import local_cluster
from autograder.running.cluster.worker import suite_versions
from autograder.running.options import GradingOptions
from course.kit.errors import UserError

# What a client raises whose scheduler is gone.
GONE = (OSError, RuntimeError, ClosedClientError)
_CONNECT_SECONDS = 10.0
_GLANCE_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0  # a nanny needs seconds for a new worker


class Cluster:
    """A cluster, and those of its workers that may take this batch's tasks.

    Args:
        client: the connection.
        address: what to call the cluster.
        device: `cpu` or `gpu`.

    Attributes:
        client: the connection.
        address: what to call the cluster.
        resources: what a task needs of a worker, None where any worker will do.
    """

    def __init__(self, client: Client, address: str, device: str):
        self.client, self.address = client, address
        self.resources = {"GPU": 1} if device == "gpu" else None
        self._threads = 0
        self._seen = self._looked = float("-inf")

    def workers(self) -> dict[str, dict[str, Any]]:
        """Return what the scheduler knows of the workers that may take tasks, by address.

        Raises:
            UserError: the scheduler is gone.
        """
        try:
            known = self.client.scheduler_info()["workers"]
        except GONE:
            raise self.lost() from None
        wanted = self.resources or {}
        return {
            address: worker
            for address, worker in known.items()
            if all(worker["resources"].get(name, 0) >= wanted[name] for name in wanted)
        }

    def threads(self) -> int:
        """Return how many tasks the workers can do at a time, as it was some seconds ago at most.

        Raises:
            UserError: there have been no workers for a minute, or the scheduler is gone.
        """
        now = time.monotonic()
        if now - self._looked >= _GLANCE_SECONDS:
            self._looked = now
            self._threads = sum(worker["nthreads"] for worker in self.workers().values())
        if self._threads:
            self._seen = now
        elif now - self._seen > _PATIENCE_SECONDS:
            raise UserError(
                f"The cluster at {self.address} has lost its workers; results so far are kept: "
                "start workers and go on with --resume."
            )
        return self._threads

    def lost(self) -> UserError:
        """Return what to say when the scheduler is gone."""
        return UserError(
            f"The scheduler at {self.address} was lost or dropped the tasks; results so far are "
            "kept: go on with --resume."
        )

    def check(self, units: Sequence[str]) -> None:
        """See that workers are there, and that they can grade these units as this machine would.

        Raises:
            UserError: they can't.
        """
        workers = self.workers()
        if not workers and self.resources:
            raise UserError(
                f"No worker of the cluster at {self.address} offers a GPU; start workers with "
                "--resources GPU=1 on machines that have one, or grade with --device cpu."
            )
        if not workers:
            raise UserError(
                f"The cluster at {self.address} has no workers; start some: "
                f"python -m dask worker {self.address} --nthreads 1"
            )
        try:
            # It unpickles each task on the way.
            self.client.run_on_scheduler(suite_versions, ())
        except Exception as error:
            raise self._unfit("The scheduler", error) from None
        self._seen = time.monotonic()
        try:
            answers = self.client.run(
                suite_versions, units, workers=list(workers), on_error="return"
            )
        except GONE:
            raise self.lost() from None
        for address, versions in answers.items():
            name = f"Worker {workers[address]['name']}"
            if isinstance(versions, Exception):
                raise self._unfit(name, versions)
            for unit in units:
                if versions[unit] != suite_version(unit):
                    raise self.outdated(name, unit)

    def outdated(self, name: str, unit: str) -> UserError:
        """Return what to say when a worker's suite is not this machine's."""
        return UserError(
            f"{name} of the cluster at {self.address} has another version of the suite {unit}; "
            "bring its checkout to this one's version and start it again."
        )

    def _unfit(self, name: str, error: Exception) -> UserError:
        # What a worker's connection raises comes as a plain Exception that names the first one.
        reason = error if type(error) is Exception else f"{type(error).__name__}: {error}"
        return UserError(
            f"{name} of the cluster at {self.address} can't use the course package ({reason}); "
            "start it in a checkout of this version, with its environment: python -m dask …"
        )


@contextmanager
def connected(address: str, options: GradingOptions, units: Sequence[str]) -> Iterator[Cluster]:
    """Connect to a cluster, or start one here, and leave it when done.

    Args:
        address: of its scheduler, or `local`.
        options: how it is to grade.
        units: what it is to grade.

    Raises:
        UserError: it can't be reached, or can't grade.
    """
    _quiet()
    with ExitStack() as stack:
        try:
            if address == LOCAL:
                target = stack.enter_context(local_cluster(options))
            else:
                asyncio.run(_reach(address))
                target = address
            client = stack.enter_context(
                Client(target, timeout=_CONNECT_SECONDS, set_as_default=False)
            )
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise UserError(
                f"No dask scheduler can be reached at {address} ({error}); start one with "
                "`python -m dask scheduler` and give its address, such as tcp://host:8786."
            ) from None
        cluster = Cluster(client, address, options.device)
        cluster.check(units)
        yield cluster


async def _reach(address: str) -> None:
    """Connect once and leave; a Client that fails in its constructor can't be closed again."""
    client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, asynchronous=True)
    try:
        await client
    finally:
        await client.close()


def _quiet() -> None:
    """What dask would log about a lost connection, one sentence of ours says."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
