"""JAX's compiled programs, and when a student's process lets go of them.

JAX keeps a program for every operation and every shape that it has met, about two megabytes each.
A decoder that reads one token more at each step meets a new shape at each step: the checks of one
unit would fill all the memory that a student's process may take.
"""

import ctypes
import gc

import keras

from autograder.isolation.sandbox import MEGABYTE, RESIDENT, memory_held

_MOST = 512 * MEGABYTE  # bytes; the rest of what a process may take is the student's own


class CompiledPrograms:
    """Keeps what is compiled small, between checks: within one it is never taken away."""

    def __init__(self) -> None:
        self._before = memory_held(RESIDENT)

    def let_go_of_many(self) -> bool:
        """Drop what JAX has compiled if the process has grown by much; say whether it was dropped.

        What is used again is compiled again, to the same program. Other backends keep little.
        """
        if keras.backend.backend() != "jax":
            return False
        held = memory_held(RESIDENT)
        if held and held - self._before < _MOST:
            return False
        import jax

        jax.clear_caches()
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU C library's own
        if trim is not None:
            trim(0)
        self._before = memory_held(RESIDENT)  # what stays is no program: a GPU's driver, say
        return True
