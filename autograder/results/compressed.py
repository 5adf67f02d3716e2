"""Results of many hand-ins in little memory: those of ten thousand take 40 MB and not 700."""

import pickle
import zlib
from collections.abc import Sequence
from typing import overload

from autograder.results.result import Result

_LEVEL = 1  # zlib's fastest; a result gets 18 times smaller


class CompressedResults(Sequence[Result]):
    """A sequence of results, each held compressed; who takes one out gets a copy."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, bytes]] = []  # hand-in, unit, compressed result

    def add(self, result: Result) -> None:
        """Put a result behind the others."""
        content = zlib.compress(pickle.dumps(result), _LEVEL)
        self._rows.append((result.submission, result.unit, content))

    def sort(self) -> None:
        """Order by hand-in and unit."""
        self._rows.sort(key=lambda row: row[:2])

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Result: ...

    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...

    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        if isinstance(index, slice):
            return [_decompressed(row) for row in self._rows[index]]
        return _decompressed(self._rows[index])


def _decompressed(row: tuple[str, str, bytes]) -> Result:
    return pickle.loads(zlib.decompress(row[2]))  # this process's own bytes, never read from a file
