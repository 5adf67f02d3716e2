"""Directories that are there as a whole or not at all, whoever else is making them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".making-"  # how names begin of what doesn't stand in its place yet


@contextmanager
def made_whole(directory: Path) -> Iterator[Path]:
    """Give an empty directory beside `directory`, which becomes it when the block ends well.

    Where another process was faster, its directory stays; where the block raises, nothing does.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=directory.parent))
    try:
        yield made
        made.chmod(0o755)  # mkdtemp's are the owner's alone, and a course's data may be shared
        try:
            made.rename(directory)
        except OSError:
            if not directory.is_dir():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
