"""The student's wheel: `course` alone, with a student's requirements, to be installed with pip.

Source of the form: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import base64
import hashlib
import io
import tomllib
import zipfile
from pathlib import Path

from autograder.base.archives import add_file
from autograder.base.paths import PROJECT_DIR

# Another name than the project's: the two wheels can't be taken for each other.
NAME = "seq2seq-course-student"
_WHEEL = """\
Wheel-Version: 1.0
Generator: autograder release
Root-Is-Purelib: true
Tag: py3-none-any
"""


def student_wheel(bundle: Path) -> tuple[str, bytes]:
    """Return the name and the content of the wheel with a student bundle's `course`.

    Args:
        bundle: what `build_release` wrote.
    """
    with (PROJECT_DIR / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    stem = f"{NAME.replace('-', '_')}-{project['version']}"
    paths = sorted(path for path in bundle.joinpath("course").rglob("*") if path.is_file())
    files = {path.relative_to(bundle).as_posix(): path.read_bytes() for path in paths}
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project).encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    script = project["scripts"]["course"]
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\ncourse = {script}\n".encode()
    record = "".join(
        f"{name},{_digest(content)},{len(content)}\n" for name, content in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            add_file(archive, name, content)
    return f"{stem}-py3-none-any.whl", buffer.getvalue()


def _metadata(project: dict) -> str:
    fields = [
        ("Metadata-Version", "2.1"),
        ("Name", NAME),
        ("Version", project["version"]),
        ("Summary", "A Keras course on sequence-to-sequence translation"),
        ("Requires-Python", project["requires-python"]),
        *(("Requires-Dist", requirement) for requirement in project["dependencies"]),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields)


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha256={digest.rstrip('=')}"
