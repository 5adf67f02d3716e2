"""From the lines of a file to clean pairs: texts are repaired, and unusable lines dropped."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from course.kit.corpora import Pair
from course.kit.corpora.vocabulary import WIDE

MAX_WORDS = 20
MAX_CHARACTERS = 30

# Why a line is dropped: the key for the card, the texts for the screen.
REASONS = {
    "blank": ("blank lines", "空行"),
    "not_utf8": ("not text in UTF-8", "不是 UTF-8 文本"),
    "one_column": ("only one column", "只有一列"),
    "many_columns": ("more than three columns", "超过三列"),
    "empty_side": ("a side is empty", "有一侧为空"),
    "swapped": ("Chinese stands in the first column", "中文在第一列"),
    "english_too_long": ("English is too long", "英文过长"),
    "chinese_too_long": ("Chinese is too long", "中文过长"),
    "duplicate": ("repeats of a pair", "重复的句对"),
}

_SPACES = re.compile(r"\s+")
# Zero-width characters, marks of direction, soft hyphens, control characters, byte-order marks.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Spaces that touch a character written without spaces.
_LOOSE = re.compile(rf"(?<=[{WIDE}…“”‘’—]) | (?=[{WIDE}…“”‘’—])")
# Full-width letters and digits are the same letters and digits.
_NARROW = {
    0xFF00 + i: chr(0x20 + i)
    for first, last in ("09", "AZ", "az")
    for i in range(ord(first) - 0x20, ord(last) - 0x20 + 1)
}


class Row(NamedTuple):
    """A clean pair, and the attribution that came with it, or ""."""

    english: str
    chinese: str
    attribution: str

    @property
    def pair(self) -> Pair:
        return Pair(self.english, self.chinese)


@dataclass
class Report:
    """How many lines were read and kept, and how many were dropped for each of `REASONS`."""

    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        return self.read - self.dropped.total()

    def as_dict(self) -> dict[str, Any]:
        """Return the report for the card."""
        return {"read": self.read, "kept": self.kept, "dropped": dict(sorted(self.dropped.items()))}


def clean_text(text: str) -> str:
    """Return text in NFC, without invisible characters, with single spaces between words only."""
    text = _INVISIBLE.sub("", _SPACES.sub(" ", unicodedata.normalize("NFC", text)))
    return _SPACES.sub(" ", text).strip()


def clean_english(text: str) -> str:
    """Return an English sentence as the corpora and the models see it."""
    return clean_text(text).translate(_NARROW)


def clean_chinese(text: str) -> str:
    """Return a Chinese sentence as the corpora and the models see it: in simplified characters."""
    return simplified(_LOOSE.sub("", clean_text(text).translate(_NARROW)))


def simplified(text: str) -> str:
    """Return text with its traditional characters turned into simplified ones."""
    return _converter()(text)


@cache
def _converter() -> Callable[[str], str]:
    import opencc  # here, since most of the course does without

    return opencc.OpenCC("t2s").convert


def clean_rows(
    lines: Iterable[bytes],
    report: Report,
    max_words: int = MAX_WORDS,
    max_characters: int = MAX_CHARACTERS,
) -> Iterator[Row]:
    """Give the clean pairs of a file, one line at a time, repeated pairs too.

    Args:
        lines: the file's lines in UTF-8: English, Chinese and perhaps an attribution, between
            tabs.
        report: counts what is read and dropped.
        max_words: the most words of English, as spaces part them.
        max_characters: the most characters of Chinese, spaces left out.
    """
    for line in lines:
        report.read += 1
        row = _row(line, max_words, max_characters)
        if isinstance(row, str):
            report.dropped[row] += 1
        else:
            yield row


def _row(line: bytes, max_words: int, max_characters: int) -> Row | str:
    """Return the pair of a line, or the reason why there is none, one of `REASONS`."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    columns = text.removeprefix("\ufeff").rstrip("\r\n").split("\t")
    if len(columns) == 1:
        return "one_column" if clean_text(columns[0]) else "blank"
    if len(columns) > 3:
        return "many_columns"
    english, chinese = clean_english(columns[0]), clean_chinese(columns[1])
    if not english or not chinese:
        return "empty_side" if english or chinese else "blank"
    if _HAN.search(english) and not _HAN.search(chinese):
        return "swapped"
    if len(english.split()) > max_words:
        return "english_too_long"
    if len(chinese) - chinese.count(" ") > max_characters:
        return "chinese_too_long"
    return Row(english, chinese, clean_text(columns[2]) if len(columns) == 3 else "")
