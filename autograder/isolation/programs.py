"""JAX's compiled programs, and when a student's process lets go of them.

JAX keeps a program for every operation and every shape that it has met, about two megabytes each.
A decoder that reads one token more at each step meets a new shape at each step: the checks of one
unit would fill all the memory that a student's process may take.
"""

import ctypes
import gc
import resource
from pathlib import Path

import keras

_MOST = 512 * 2**20  # bytes; the rest of what a process may take is the student's own


class CompiledPrograms:
    """Keeps what is compiled small, between checks: within one it is never taken away."""

    def __init__(self) -> None:
        self._before = _resident()

    def let_go_of_many(self) -> bool:
        """Drop what JAX has compiled if the process has grown by much; say whether it was dropped.

        What is used again is compiled again, to the same program. Other backends keep little.
        """
        if keras.backend.backend() != "jax":
            return False
        held = _resident()
        if held and held - self._before < _MOST:
            return False
        import jax

        jax.clear_caches()
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU C library's own
        if trim is not None:
            trim(0)
        return True


def _resident() -> int:
    """Bytes of this process in memory; 0 where nobody knows."""
    sizes = Path("/proc/self/statm")
    return int(sizes.read_text().split()[1]) * resource.getpagesize() if sizes.exists() else 0
