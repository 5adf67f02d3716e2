"""Data sets: pairs that are cleaned and split once, and then streamed from disk.

    dataset = open_dataset("tatoeba")
    for pair in dataset.pairs("train"): ...

A data set is a directory in a cache, with one TSV file a split and `card.json`, which says what
the pairs are, where they are from, and what was dropped. It is written as a whole or not at all,
and named after its content and options, so that another file or other options give another one.
"""

import hashlib
import json
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course.kit.corpora import Pair, cleaning, files, splitting
from course.kit.corpora.cleaning import Report, Row
from course.kit.corpora.home import data_home
from course.kit.errors import UserError
from course.kit.files import new_directory
from course.kit.language import say

# Another number makes every cache anew: raise it when cleaning, splitting or the files change.
FORMAT = 1
NAMES = ("generated", "tatoeba")
CARD = "card.json"


@dataclass(frozen=True)
class Options:
    """What a data set is made with; lengths are of cleaned text, split sizes are sources.

    Attributes:
        max_words: the most words of an English sentence, as spaces part them.
        max_characters: the most characters of a Chinese sentence.
        test, validation: the number of distinct English sentences in these splits; less where
            there are few (`splitting.LARGEST_SHARE`).
        seed: of the splits, and of the generated pairs.
    """

    max_words: int = cleaning.MAX_WORDS
    max_characters: int = cleaning.MAX_CHARACTERS
    test: int = 1000
    validation: int = 500
    seed: int = 0


@dataclass(frozen=True)
class Dataset:
    """A prepared data set: its directory, and what its card says."""

    directory: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        return self.card["name"]

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits: train, validation, test, and compositional where there is."""
        return tuple(self.card["splits"])

    def rows(self, split: str) -> Iterator[Row]:
        """Give the pairs of a split with their attributions, one at a time.

        Raises:
            UserError: there is no such split.
        """
        if split not in self.splits:
            names = ", ".join(self.splits)
            raise UserError(
                say(
                    f"{self.name} has no split {split!r}; choose one of: {names}.",
                    f"{self.name} 没有 {split!r} 这一部分；可选：{names}。",
                )
            )
        return _read_rows(self.directory / f"{split}.tsv")

    def pairs(self, split: str) -> Iterator[Pair]:
        """Give the pairs of a split, one at a time, as they stand in the file.

        Raises:
            UserError: there is no such split.
        """
        return (row.pair for row in self.rows(split))

    def references(self, split: str) -> list[tuple[str, list[str]]]:
        """Return the distinct English sentences of a split, each with all its translations.

        Both in the order in which they first stand in the file. The split is held in memory.

        Raises:
            UserError: there is no such split.
        """
        translations: dict[str, list[str]] = {}
        for english, chinese in self.pairs(split):
            translations.setdefault(english, []).append(chinese)
        return list(translations.items())


def open_dataset(
    name: str | Path, home: str | Path | None = None, options: Options | None = None
) -> Dataset:
    """Return a data set; it is prepared where it is not in the cache yet.

    Args:
        name: "generated", "tatoeba" (fetched before), or the path of a TSV file or of a zip with
            one in it: English, Chinese and perhaps an attribution, between tabs, in UTF-8.
        home: where data is kept; see `data_home`.
        options: lengths, split sizes and seed.

    Raises:
        UserError: there is no such file, it can't be read, or it holds no pair.
    """
    options, place = options or Options(), data_home(home)
    if str(name) == "generated":
        return _open_generated(place, options)
    if str(name) == "tatoeba":
        from course.kit.corpora import tatoeba

        fetched = tatoeba.fetched_file(place)
        return _open_file(fetched.path, "tatoeba", place, options, fetched.source)
    path = Path(name).expanduser()
    if not path.is_file():
        raise UserError(
            say(
                f"There is no data set and no file {str(name)!r}; choose generated, tatoeba, or "
                "the path of a TSV or zip file.",
                f"没有数据集或文件 {str(name)!r}；"
                "请选择 generated、tatoeba，或 TSV、zip 文件的路径。",
            )
        )
    source = {
        "file": path.name,
        "sha256": files.sha256_of(path),
        "licence": None,
        "attribution": None,
    }
    return _open_file(path, path.stem, place, options, source)


# -- preparing ------------------------------------------------------------------------------------


def _open_file(
    path: Path, name: str, home: Path, options: Options, source: dict[str, Any]
) -> Dataset:
    directory = _directory(home, name, source["sha256"], options)
    if not (directory / CARD).is_file():
        with new_directory(directory) as made:
            report = Report()
            counts, attributed = _split_file(path, made, report, options)
            if not counts:
                raise UserError(_nothing_in(path, report))
            if attributed and not source["attribution"]:
                source = {**source, "attribution": "each pair's own, in the third column"}
            _write_card(made, name, source, counts, options, report)
    return _opened(directory)


def _open_generated(home: Path, options: Options) -> Dataset:
    from course.kit.corpora import generated

    # Its code is its source: another grammar makes other pairs.
    code = b"".join(
        Path(generated.__file__).with_name(module).read_bytes()
        for module in ("generated.py", "lexicon.py")
    )
    source = {
        "grammar": "course.kit.corpora.generated",
        "sha256": hashlib.sha256(code).hexdigest(),
        "licence": "the course's own",
        "attribution": "made by the course's grammar",
    }
    directory = _directory(home, "generated", source["sha256"], options)
    if not (directory / CARD).is_file():
        try:
            corpus = generated.generated_corpus(
                validation=options.validation, test=options.test, seed=options.seed
            )
        except ValueError as error:
            raise UserError(str(error)) from error
        with new_directory(directory) as made:
            counts = {}
            for split, pairs in corpus._asdict().items():
                with _SplitWriter(made / f"{split}.tsv") as writer:
                    for pair in pairs:
                        writer.write(Row(pair.english, pair.chinese, ""))
                counts[split] = writer.counts(len({pair.english for pair in pairs}))
            size = sum(count["pairs"] for count in counts.values())
            _write_card(made, "generated", source, counts, options, Report(read=size))
    return _opened(directory)


def _split_file(
    path: Path, made: Path, report: Report, options: Options
) -> tuple[dict[str, dict[str, int]], bool]:
    """Write the splits of a file; return their counts, and whether any pair has an attribution.

    Where there is no pair the counts are empty.

    Two passes: the first cleans, and holds 32 bytes a pair in memory; the second deals out. What
    the first cleaned waits on disk, since cleaning takes longer than reading.
    """
    cleaned = made / "cleaned.tsv"
    hashes = [array("Q") for _ in range(4)]  # English and Chinese nodes, sources, whole pairs
    lines = files.lines_of(path, say("cleaning", "清洗"))
    attributed = False
    with _SplitWriter(cleaned) as writer:
        rows = cleaning.clean_rows(lines, report, options.max_words, options.max_characters)
        for row in rows:
            writer.write(row)
            attributed = attributed or bool(row.attribution)
            values = (
                splitting.english_node(row.english),
                splitting.chinese_node(row.chinese),
                splitting.hash64(row.english),
                splitting.hash64(f"{row.english}\t{row.chinese}"),
            )
            for column, value in zip(hashes, values, strict=True):
                column.append(value)
    if not writer.written:
        return {}, False
    english, chinese, sources, pairs = (np.frombuffer(column, np.uint64) for column in hashes)
    first = np.zeros(len(pairs), bool)
    first[np.unique(pairs, return_index=True)[1]] = True
    report.dropped["duplicate"] += int(len(pairs) - first.sum())
    split_of = splitting.assign_splits(
        english, chinese, sources, options.validation, options.test, options.seed
    )
    with ExitStack() as stack:
        writers = [
            stack.enter_context(_SplitWriter(made / f"{name}.tsv")) for name in splitting.NAMES
        ]
        for row, split, new in zip(_read_rows(cleaned), split_of, first, strict=True):
            if new:
                writers[split].write(row)
    cleaned.unlink()
    counts = {
        name: writers[split].counts(len(np.unique(sources[split_of == split])))
        for split, name in enumerate(splitting.NAMES)
    }
    return counts, attributed


def _nothing_in(path: Path, report: Report) -> str:
    if not report.dropped.total():
        return say(f"{path} is empty.", f"{path} 是空的。")
    en, zh = cleaning.REASONS[report.dropped.most_common(1)[0][0]]
    return say(
        f"{path} holds no pair that can be used, mostly for this: {en}; a line is English, a tab, "
        "and Chinese.",
        f"{path} 中没有可用的句对，主要原因：{zh}；每行应为英文、制表符、中文。",
    )


class _SplitWriter:
    """Writes one split's TSV and counts its pairs."""

    def __init__(self, path: Path):
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self.written = 0

    def write(self, row: Row) -> None:
        # No column holds a tab or a line's end: cleaning took them out.
        self._file.write("\t".join(row) + "\n")
        self.written += 1

    def counts(self, sources: int) -> dict[str, int]:
        return {"pairs": self.written, "sources": sources}

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "_SplitWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield Row(*line.rstrip("\n").split("\t"))


# -- the cache ------------------------------------------------------------------------------------


def _directory(home: Path, name: str, sha256: str, options: Options) -> Path:
    key = json.dumps([FORMAT, sha256, asdict(options)], sort_keys=True)
    return home / "prepared" / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _write_card(
    directory: Path,
    name: str,
    source: dict[str, Any],
    counts: dict[str, dict[str, int]],
    options: Options,
    report: Report,
) -> None:
    card = {
        "format": FORMAT,
        "name": name,
        "source": source,
        "splits": counts,
        "lines": report.as_dict(),
        "options": asdict(options),
    }
    text = json.dumps(card, ensure_ascii=False, indent=2)
    (directory / CARD).write_text(text + "\n", encoding="utf-8")


def _opened(directory: Path) -> Dataset:
    return Dataset(directory, json.loads((directory / CARD).read_text(encoding="utf-8")))
