"""The zip that Gradescope makes an autograder of: it grades one unit of every hand-in there.

The form is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/: `setup.sh`
installs the pinned requirements when the image is built, `run_autograder` grades
/autograder/submission and writes /autograder/results/results.json. The project lies beside them,
hidden suites and solutions too: the zip is for Gradescope, not for students.

**What isolation that host gives.** Gradescope starts a container for each hand-in, and both this
grader and the student's code run in it, as root. Grading is `best-effort` there. Two things always
hold: the student's code runs in a process of its own without capabilities, under limits of memory,
time and files; and the suite, its oracle and the score stay in another process, which writes the
result last. seccomp (no new processes, no sockets) holds where libseccomp can be installed, which
`setup.sh` does. Landlock (no files of others) holds where the kernel is 5.13 or newer and the
container lets it be asked. Namespaces usually don't: a container may not make any. So that the
suite stays unread without them, `setup.sh` gives the secret folders to another user, and a process
without capabilities can't open them, root's or not. What held is in each result's
`extra_data.isolation`, and in the output that instructors see. Gradescope may let a container use
the network: where seccomp is not in that list, a hand-in can too. Where it matters, grade on a
host of your own with `grade --isolation require` and hand out the results with `export gradescope`.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.base.archives import add_file
from autograder.base.paths import ANSWERS, PROJECT_DIR, ROOT
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError
from course.kit.units import available_units

_ROOMS = (
    *((ROOT, name) for name in ("autograder", "course", "solutions")),
    (PROJECT_DIR, "requirements"),
)
_SUFFIXES = (".py", ".json", ".toml", ".npz", ".ini", ".txt", ".html", ".css", ".js")
_UNUSED = (
    *("course/notebooks", "course/lessons", "autograder/authoring/book"),
    "autograder/project",  # where an installed package has `requirements`
)

_SETUP = """\
#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image.
set -euo pipefail
source=/autograder/source
export DEBIAN_FRONTEND=noninteractive

apt-get update -q
apt-get install -y -q --no-install-recommends libseccomp2
for version in 3.12 3.11 3.13; do
    apt-get install -y -q --no-install-recommends "python$version" "python$version-venv" || continue
    "python$version" -m venv /opt/course && break
done
/opt/course/bin/python -m pip install --quiet --disable-pip-version-check \\
    -r "$source/requirements.txt"

# The student's process is root without capabilities: it can't open what is another user's.
cd "$source"
chown -R nobody {secret}
chmod -R u=rX,go= {secret}
"""
_RUN = """\
#!/usr/bin/env bash
# Runs for each hand-in: grades /autograder/submission, writes /autograder/results/results.json.
set -euo pipefail
cd /autograder/source
export TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 PYTHONDONTWRITEBYTECODE=1
exec /opt/course/bin/python -m autograder.exports.gradescope_run {unit} --language {language}
"""


def export(unit: str, language: str = "en") -> bytes:
    """Return the zip.

    Args:
        unit: what the assignment on Gradescope is about.
        language: of names and messages.

    Raises:
        UserError: there is no such unit or language.
    """
    if unit not in available_units():
        raise UserError(
            f"There is no unit {unit!r}; name one with --unit: {', '.join(available_units())}."
        )
    if language not in LANGUAGES:
        raise UserError(f"There is no language {language!r}; choose en or zh.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        add_file(archive, "setup.sh", _SETUP.format(secret=" ".join(ANSWERS)).encode(), 0o755)
        add_file(
            archive, "run_autograder", _RUN.format(unit=unit, language=language).encode(), 0o755
        )
        add_file(archive, "requirements.txt", b"-r requirements/cpu.txt\n")
        for name, path in _files():
            add_file(archive, name, path.read_bytes())
    return buffer.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    """Yield the names in the zip and the files."""
    for root, room in _ROOMS:
        for path in sorted(root.joinpath(room).rglob("*")):
            relative = path.relative_to(root)
            hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
            unused = relative.as_posix().startswith(tuple(f"{folder}/" for folder in _UNUSED))
            if path.is_file() and path.suffix in _SUFFIXES and not (hidden or unused):
                yield relative.as_posix(), path
