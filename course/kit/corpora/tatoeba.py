"""Real sentences: Tatoeba's English-Chinese pairs, as manythings.org/anki publishes them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from course.kit.corpora import DataError, files
from course.kit.language import say

URL = "https://www.manythings.org/anki/cmn-eng.zip"
LICENCE = "CC-BY 2.0 (France)"
ATTRIBUTION = (
    "Sentences of Tatoeba (https://tatoeba.org), paired by https://www.manythings.org/anki; "
    "the third column names each sentence's number and author"
)


class Fetched(NamedTuple):
    """A fetched file, and where it is from: url, sha256, bytes, licence, attribution."""

    path: Path
    source: dict[str, Any]


def fetched_file(home: Path) -> Fetched:
    """Return the file that was fetched.

    Raises:
        DataError: it was not fetched, or is not what was fetched any more.
    """
    path, record = _places(home)
    if not path.is_file() or not record.is_file():
        raise DataError(
            say(
                "The Tatoeba pairs are not here yet; get them with: "
                "python -m course data fetch tatoeba",
                "还没有 Tatoeba 句对；请先运行：python -m course data fetch tatoeba",
            )
        )
    source = json.loads(record.read_text(encoding="utf-8"))
    if files.sha256_of(path) != source["sha256"]:
        raise DataError(
            say(
                f"{path} has changed since it was fetched; get it anew with: "
                "python -m course data fetch tatoeba",
                f"{path} 在下载之后被改动；请重新运行：python -m course data fetch tatoeba",
            )
        )
    return Fetched(path, source)


def _places(home: Path) -> tuple[Path, Path]:
    """Return where the file is, and where the record of its fetching is."""
    return home / "tatoeba" / "cmn-eng.zip", home / "tatoeba" / "source.json"
