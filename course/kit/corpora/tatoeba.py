"""Real sentences: Tatoeba's English-Chinese pairs, as manythings.org/anki publishes them.

The file grows upstream, so that no hash of it is fixed here: the one of what was fetched is
recorded, and held against the file whenever it is opened.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from course.kit.corpora import files
from course.kit.errors import UserError
from course.kit.files import write_file
from course.kit.language import say

URL = "https://www.manythings.org/anki/cmn-eng.zip"
LICENCE = "CC-BY 2.0 (France)"
ATTRIBUTION = (
    "Sentences of Tatoeba (https://tatoeba.org), paired by https://www.manythings.org/anki; "
    "the third column names each sentence's number and author"
)
_ABOUT = "_about.txt"  # the notes on licence and authors that come in the zip
_COMMAND = "python -m course data fetch tatoeba"


class Fetched(NamedTuple):
    """A fetched file, and where it is from: url, sha256, bytes, licence, attribution."""

    path: Path
    source: dict[str, Any]


def fetch(
    home: Path,
    url: str = URL,
    sha256: str | None = None,
    again: bool = False,
    tries: int = 5,
    wait: float = 1.0,
) -> Fetched:
    """Fetch the file, or return it where it is already.

    Args:
        home: where data is kept.
        url: of the zip.
        sha256: what the file's SHA-256 must be, in hexadecimal; None takes any sound zip.
        again: fetch it anew though it is there.
        tries, wait: see `download.download`.

    Raises:
        UserError: it can't be fetched, is no sound zip of pairs, or has another hash.
    """
    from course.kit.corpora import download

    wanted = sha256.lower() if sha256 else None
    if not again and (there := _there(home, url, wanted)):
        return there
    path, record = _places(home)
    arrived = path.with_name(f"arrived-{path.name}")
    came = download.download(url, arrived, tries, wait)
    try:
        found = files.sha256_of(arrived)
        if wanted not in (None, found):
            raise UserError(
                say(
                    f"The file at {url} has SHA-256 {found}, not {wanted}; leave --sha256 out if "
                    "you want the file as it is now.",
                    f"{url} 的 SHA-256 是 {found}，不是 {wanted}；"
                    "若要现在的文件，请去掉 --sha256。",
                )
            )
        about = _sound(arrived, url)
        if about is not None:
            path.with_name("about.txt").write_bytes(about)
        source = {**came, "sha256": found, "licence": LICENCE, "attribution": ATTRIBUTION}
        # Between these steps there is no record, and so nothing that could be taken for whole.
        record.unlink(missing_ok=True)
        arrived.replace(path)
        write_file(record, json.dumps(source, ensure_ascii=False, indent=2) + "\n")
    finally:
        arrived.unlink(missing_ok=True)
    return Fetched(path, source)


def fetched_file(home: Path) -> Fetched:
    """Return the file that was fetched.

    Raises:
        UserError: it was not fetched, or is not what was fetched any more.
    """
    path, record = _places(home)
    if not path.is_file() or not record.is_file():
        raise UserError(
            say(
                f"The Tatoeba pairs are not here yet; get them with: {_COMMAND}",
                f"还没有 Tatoeba 句对；请先运行：{_COMMAND}",
            )
        )
    try:
        source = json.loads(record.read_text(encoding="utf-8"))
    except ValueError:
        source = {}
    if files.sha256_of(path) != source.get("sha256"):
        raise UserError(
            say(
                f"{path} has changed since it was fetched; get it anew with: {_COMMAND}",
                f"{path} 在下载之后被改动；请重新运行：{_COMMAND}",
            )
        )
    return Fetched(path, source)


def _there(home: Path, url: str, sha256: str | None) -> Fetched | None:
    """Return the file where it is already, and is the one that is wanted."""
    try:
        fetched = fetched_file(home)
    except UserError:
        return None
    right = fetched.source.get("url") == url and sha256 in (None, fetched.source["sha256"])
    return fetched if right else None


def _sound(path: Path, url: str) -> bytes | None:
    """Read all of a zip, whose checksums are compared by that, and return its notes.

    Raises:
        UserError: it is no zip, a checksum is wrong, or there are no pairs in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            if broken is None:
                files.member_of(archive, path)
                names = archive.namelist()
                return archive.read(_ABOUT) if _ABOUT in names else None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        pass
    raise UserError(
        say(
            f"What came from {url} is no sound zip file; run the command again, or give another "
            "address with --url.",
            f"从 {url} 得到的不是完好的 zip 文件；请重新运行，或用 --url 另给地址。",
        )
    )


def _places(home: Path) -> tuple[Path, Path]:
    """Return where the file is, and where the record of its fetching is."""
    return home / "tatoeba" / "cmn-eng.zip", home / "tatoeba" / "source.json"
