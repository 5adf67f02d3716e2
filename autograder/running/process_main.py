"""What runs in a grading process: `python -m autograder.running.process_main DESCRIPTOR`.

It starts a fork server, then grades the hand-ins that come over a connection, until that is closed.
"""

import contextlib
import os
import select
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection

from autograder.base.signals import no_longer_postponed
from autograder.grading.grader import Grader, GraderError
from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.suite import suite_of
from autograder.isolation.fork_server import ForkServer, IsolationError, ServerError
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died, Failed, Graded, NotIsolated, Outcome


def main() -> None:
    """Serve the connection whose descriptor is the argument."""
    with (
        Connection(int(sys.argv[1])) as connection,
        contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError),
    ):
        _serve(connection)


def _serve(connection: Connection) -> None:
    """Grade the hand-ins that come over a connection.

    Raises:
        EOFError, OSError: the other end is closed.
    """
    server: ForkServer | None = None

    def leave(*_: object) -> None:
        if server is not None:
            server.stop()
        os._exit(143)

    signal.signal(signal.SIGTERM, leave)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the grader that started this process decides
    no_longer_postponed()
    busy = threading.Event()
    threading.Thread(target=_end_with_grader, args=(connection, busy), daemon=True).start()
    options: GradingOptions
    options, units, patience = connection.recv()
    server = ForkServer(options.backend, options.device, options.isolation)
    try:
        with server:  # `leave` knows the server while it starts, which takes long
            for unit in units:
                suite_of(unit)  # before the first hand-in comes
            with Grader(server, options.seed, options.diagnose, options.hints) as grader:
                _grade_each(connection, grader, patience, busy)
    except IsolationError as error:
        connection.send(NotIsolated(str(error)))


def _end_with_grader(connection: Connection, busy: threading.Event) -> None:
    """Wait until nobody is left who could take an outcome; then end what is being graded."""
    poller = select.poll()
    poller.register(connection.fileno(), 0)  # only the other end's closing is of interest
    poller.poll()
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _grade_each(
    connection: Connection, grader: Grader, patience: float | None, busy: threading.Event
) -> None:
    """Answer each hand-in with its outcome, until none comes for `patience` seconds."""
    while connection.poll(patience):
        file = connection.recv()
        busy.set()
        connection.send(_outcome(grader, file))
        busy.clear()


def _outcome(grader: Grader, file: SubmittedFile) -> Outcome:
    """Grade a hand-in.

    Raises:
        IsolationError: the host does not give the isolation that is asked for.
    """
    try:
        return Graded(grader.grade(file))
    except ServerError as error:  # a new process may have more luck on this machine
        return Died(str(error))
    except IsolationError:
        raise
    except (GraderError, OSError) as error:
        return Failed(f"{type(error).__name__}: {error}")
    except Exception:
        return Failed(traceback.format_exc())


if __name__ == "__main__":
    main()
