"""A PostgreSQL server for the time of a module's tests."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def _programs():
    """The folder of PostgreSQL's server programs; distributions leave it off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    for folder in versions + on_path:
        if all((folder / name).is_file() for name in ("initdb", "pg_ctl", "createdb")):
            return folder
    return None


def _other_user():
    """Arguments of `subprocess.run` for a user that PostgreSQL runs as: it refuses root."""
    if os.getuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def postgres():
    """The URL of an empty database, on a server that only a socket in its own folder reaches."""
    pytest.importorskip("psycopg", reason="needs requirements/postgres.txt")
    programs = _programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL server here, so only SQLite was tried")
    user = _other_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has little room
    if user:
        os.chown(folder, user["user"], user["group"])

    def call(program, *arguments):
        # Its output goes to a file: the server keeps what it inherits open.
        with open(folder.with_suffix(".log"), "a+") as log:
            done = subprocess.run(
                [programs / program, *arguments], cwd=folder, stdout=log, stderr=log, **user
            )
            log.seek(0)
            assert done.returncode == 0, log.read()

    data = ("-D", folder / "data")
    try:
        call("initdb", *data, "-U", "grader", "--auth=trust", "-E", "UTF8", "--no-locale", "-N")
        call("pg_ctl", *data, "-w", "-o", f"-c listen_addresses= -c fsync=off -k {folder}", "start")
        try:
            call("createdb", "-h", folder, "-U", "grader", "gradebook")
            yield f"postgresql+psycopg://grader@/gradebook?host={folder}"
        finally:
            call("pg_ctl", *data, "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)
        folder.with_suffix(".log").unlink(missing_ok=True)
