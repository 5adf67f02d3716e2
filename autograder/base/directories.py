"""A directory that is made whole or not at all."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def new_directory(target: Path, error: type[Exception]) -> Iterator[Path]:
    """Give a directory to fill, which takes the target's place once all went well.

    Args:
        target: a directory that doesn't exist, or is empty.
        error: what is raised, with a sentence, where it is not so or can't be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise error(f"{target} is not empty; name a directory that doesn't exist yet.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as reason:
        raise error(f"{target} can't be written: {reason.strerror}.") from None
    try:
        yield scratch
        scratch.chmod(0o755)
        if target.exists():
            target.rmdir()
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
