"""Data sets: prepared once, whole or not at all, streamed, without a leak."""

import tracemalloc
import zipfile

import pytest

from course.kit.corpora import Pair, dataset
from course.kit.corpora.dataset import Options, open_dataset
from course.kit.corpora.home import data_home
from course.kit.corpora.splitting import normalised
from course.kit.errors import UserError

ADJECTIVES = ("red", "old", "slow", "kind", "loud")
COLOURS = ("红", "老", "慢", "好", "响")


def made_up(count):
    """Lines that no corpus has: sentences on numbered robots, some with two translations."""
    for i in range(count):
        k = i % 5
        yield f"Robot {i} is {ADJECTIVES[k]}.\t机器人{i}很{COLOURS[k]}。\tmade up, no. {i}\n"
        if i % 10 == 0:
            yield f"Robot {i} is {ADJECTIVES[k]}.\t{i}号机器人是{COLOURS[k]}的。\n"


@pytest.fixture
def tsv(tmp_path):
    path = tmp_path / "robots.tsv"
    path.write_text("\ufeff" + "".join(made_up(300)) + "no tab\n\n", encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_a_file_becomes_splits_and_a_card(tsv, home):
    robots = open_dataset(tsv, home, Options(test=20, validation=10))
    assert robots.splits == ("train", "validation", "test")
    assert robots.name == "robots"
    counts = robots.card["splits"]
    assert counts["test"]["sources"] == 20
    assert counts["validation"]["sources"] == 10
    assert {s: c["pairs"] for s, c in counts.items()} == {
        split: len(list(robots.pairs(split))) for split in robots.splits
    }
    assert sum(count["pairs"] for count in counts.values()) == 330
    assert robots.card["lines"] == {
        "read": 332,
        "kept": 330,
        "dropped": {"blank": 1, "duplicate": 0, "one_column": 1},
    }
    assert robots.card["options"]["seed"] == 0
    assert robots.card["source"]["sha256"]
    assert robots.card["source"]["attribution"]


def test_no_split_shares_a_sentence_with_another(tsv, home):
    robots = open_dataset(tsv, home, Options(test=20, validation=10))
    for side in (0, 1):
        seen = [{normalised(pair[side]) for pair in robots.pairs(s)} for s in robots.splits]
        assert not seen[0] & seen[1]
        assert not seen[0] & seen[2]
        assert not seen[1] & seen[2]


def test_references_are_all_translations_of_a_sentence(tsv, home):
    robots = open_dataset(tsv, home)
    references = dict(robots.references("train"))
    several = [english for english, chinese in references.items() if len(chinese) == 2]
    assert several
    number = several[0].split()[1]
    assert len(references[several[0]]) == len(set(references[several[0]]))
    assert all(number in chinese for chinese in references[several[0]])
    assert list(references) == list(dict.fromkeys(p.english for p in robots.pairs("train")))


def test_attributions_stay_with_their_pairs(tsv, home):
    rows = [row for s in open_dataset(tsv, home).splits for row in open_dataset(tsv, home).rows(s)]
    assert all(
        row.attribution in ("", f"made up, no. {row.english.split()[1]}".rstrip("."))
        for row in rows
    )
    assert sum(bool(row.attribution) for row in rows) == 300


def test_repeats_are_left_out_whatever_they_look_like_before_cleaning(tmp_path, home):
    path = tmp_path / "twice.tsv"
    path.write_text("Sit here.\t請坐。\nSit\u00a0here.\t请坐。\nStand.\t站着。\n", encoding="utf-8")
    twice = open_dataset(path, home)
    assert list(twice.pairs("train")) == [Pair("Sit here.", "请坐。"), Pair("Stand.", "站着。")]
    assert twice.card["lines"]["dropped"] == {"duplicate": 1}


def test_it_is_prepared_once(tsv, home, monkeypatch):
    first = open_dataset(tsv, home)
    monkeypatch.setattr(dataset, "_split_file", None)
    assert open_dataset(tsv, home) == first


def test_other_options_or_content_are_another_directory(tsv, home):
    one, other = open_dataset(tsv, home), open_dataset(tsv, home, Options(seed=1))
    assert one.directory != other.directory
    assert list(one.pairs("test")) != list(other.pairs("test"))
    with tsv.open("a", encoding="utf-8") as file:
        file.write("One more.\t还有一个。\n")
    assert open_dataset(tsv, home).directory not in (one.directory, other.directory)


def test_what_fails_leaves_nothing_behind(tsv, home, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(dataset.splitting, "assign_splits", fail)
    with pytest.raises(KeyboardInterrupt):
        open_dataset(tsv, home)
    assert list((home / "prepared").iterdir()) == []


def test_whoever_is_faster_is_right(tsv, home, monkeypatch):
    """Another process prepares the same data set meanwhile."""
    split_file = dataset._split_file

    def overtaken(*given):
        monkeypatch.setattr(dataset, "_split_file", split_file)
        open_dataset(tsv, home)
        return split_file(*given)

    monkeypatch.setattr(dataset, "_split_file", overtaken)
    assert open_dataset(tsv, home).card["lines"]["kept"] == 330
    assert len(list((home / "prepared").iterdir())) == 1


def test_a_zip_in_the_form_of_manythings_is_read(tmp_path, tsv, home):
    path = tmp_path / "pairs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_about.txt", "notes\twith\ttabs\n")
        archive.write(tsv, "cmn.txt")
    assert open_dataset(path, home).card["splits"] == open_dataset(tsv, home).card["splits"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"just words\nand words\n", "only one column"),
        ("坐这儿。\tSit here.\n".encode(), "Chinese stands in the first column"),
        ("Sit here.\t坐这儿。\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_files_without_pairs_say_why(tmp_path, home, content, message):
    path = tmp_path / "wrong.tsv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        open_dataset(path, home)


def test_a_zip_that_leaves_it_open_or_is_broken_says_so(tmp_path, tsv, home):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tsv, "one.tsv")
        archive.write(tsv, "two.tsv")
    with pytest.raises(UserError, match="it holds 2"):
        open_dataset(path, home)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tsv, "cmn.txt")
    raw = bytearray(path.read_bytes())
    raw[200:300] = bytes(100)
    path.write_bytes(raw)
    with pytest.raises(UserError, match="can't be read"):
        open_dataset(path, home)


def test_a_line_without_an_end_is_no_pair_and_no_trouble(tmp_path, home):
    path = tmp_path / "long.tsv"
    path.write_text("Sit here.\t坐这儿。\n" + "x" * 3_000_000 + "\nGo.\t走。\n", encoding="utf-8")
    assert open_dataset(path, home).card["lines"] == {
        "read": 3,
        "kept": 2,
        "dropped": {"duplicate": 0, "one_column": 1},
    }


def test_unknown_names_and_splits_say_what_there_is(tsv, home):
    with pytest.raises(UserError, match="choose generated, tatoeba"):
        open_dataset("nothing.tsv", home)
    with pytest.raises(UserError, match="train, validation, test"):
        open_dataset(tsv, home).rows("dev")


def test_the_generated_corpus_has_its_own_splits(home):
    generated = open_dataset("generated", home)
    assert generated.splits == ("train", "validation", "test", "compositional")
    assert generated.card["splits"]["test"] == {"pairs": 1000, "sources": 1000}
    for side in (0, 1):
        train = {normalised(pair[side]) for pair in generated.pairs("train")}
        for split in generated.splits[1:]:
            assert not train & {normalised(pair[side]) for pair in generated.pairs(split)}


def test_data_lives_where_it_is_told_to(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "shared"))
    assert data_home() == tmp_path / "shared"
    assert data_home(tmp_path) == tmp_path
    monkeypatch.delenv("COURSE_DATA")
    assert data_home().name == "seq2seq-course"


@pytest.mark.slow
def test_200_000_lines_are_prepared_in_little_memory(tmp_path, home):
    """Bound: 160 bytes a line, 32 MB in all; the text of the file alone would take more."""
    path = tmp_path / "many.tsv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(made_up(182_000))  # 200,200 lines
    tracemalloc.start()
    try:
        many = open_dataset(path, home)
        prepared = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert sum(1 for _ in many.pairs("train")) > 190_000
        streamed = tracemalloc.get_traced_memory()[1] - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert prepared < 160 * 200_200
    assert streamed < 2**20
    assert many.card["splits"]["test"]["sources"] == 1000
