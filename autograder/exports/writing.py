"""Write what an export made: into a directory, or as the one file that it is."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autograder.base.files import write_file
from course.kit.errors import UserError


def place(out: Path, files: Mapping[str, bytes]) -> dict[Path, bytes]:
    """Return where each file goes: below `out`, or to `out` itself if it names the only file.

    Raises:
        UserError: `out` names a file, and there are several or one of another kind.
    """
    suffixes = {PurePosixPath(name).suffix for name in files}
    if out.is_dir() or out.suffix not in {".csv", ".json", ".xml", ".zip", ".b64"}:
        return {out / name: content for name, content in files.items()}
    if len(files) > 1:
        raise UserError(f"This export has {len(files)} files; name a directory with --out.")
    if suffixes != {out.suffix}:
        kind = suffixes.pop() if suffixes else "other"
        raise UserError(f"This export is a {kind} file; name such a file, or a directory.")
    (content,) = files.values()
    return {out: content}


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files, each whole or not at all.

    Raises:
        UserError: one can't be written.
    """
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, content)
        except OSError as error:
            raise UserError(f"{path} can't be written: {error.strerror or error}.") from None
