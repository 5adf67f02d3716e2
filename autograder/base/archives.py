"""Zip files whose bytes depend on what is in them alone: no clock, no owner."""

import zipfile

_DATE = (2020, 1, 1, 0, 0, 0)


def add_file(archive: zipfile.ZipFile, name: str, content: bytes, mode: int = 0o644) -> None:
    """Add a file with these Unix permissions."""
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = 3  # Unix, so that the mode counts
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
