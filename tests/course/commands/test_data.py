"""`course data`: what it prints, and that what is wrong is one sentence and status 2."""

import zipfile

import pytest
from typer.testing import CliRunner

from course.commands.app import app
from course.kit.corpora import tatoeba
from course.kit.errors import UserError
from course.kit.language import use_language

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    use_language("en")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "home"
    use_language("en")


@pytest.fixture
def kites(tmp_path):
    path = tmp_path / "kites.tsv"
    lines = [f"Kite {i} is red.\t風箏{i}是红的。\tmade up, no. {i}\n" for i in range(40)]
    path.write_text("".join([*lines, lines[0], "no pair\n"]), encoding="utf-8")
    return path


def data(*arguments):
    return RUNNER.invoke(app, ["data", *map(str, arguments)])


def test_show_prints_pairs_with_their_attribution_and_all_counts(kites):
    shown = data("show", kites, "--count", 1)
    assert shown.exit_code == 0, shown.output
    assert "Kite " in shown.output
    assert "风筝" in shown.output
    assert shown.output.count("made up, no.") == 1
    for line in ("33 pairs of 33", "left out 1: repeats of a pair", "only one column", "▇"):
        assert line in shown.output
    assert "English words and marks a sentence in train; 37 different ones" in shown.output
    assert "licence: not stated" in shown.output
    assert "attribution: each pair's own" in shown.output


def test_show_shows_the_split_that_is_asked_for(kites):
    shown = data("show", kites, "--split", "test", "--count", 100)
    assert shown.output.count("made up, no.") == 5
    assert "sentence in test" in shown.output


def test_show_speaks_chinese(kites):
    shown = data("show", kites, "--language", "zh")
    assert "个句对" in shown.output
    assert "许可：没有说明" in shown.output


def test_the_generated_corpus_needs_no_fetching():
    shown = data("show", "generated", "--split", "compositional")
    assert shown.exit_code == 0, shown.output
    assert "32,500 pairs" in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "nowhere.tsv"), "choose generated, tatoeba"),
        (("show", "tatoeba"), "python -m course data fetch tatoeba"),
        (("show", "kites.tsv", "--split", "dev"), "train, validation, test"),
        (("show", "kites.tsv", "--language", "fr"), "en, zh"),
        (("fetch", "novels"), "tatoeba"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_2(kites, arguments, message):
    wrong = data(*arguments)
    assert wrong.exit_code == 2
    assert message in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1
    assert "Traceback" not in wrong.output


def test_fetch_says_where_it_is_and_whose(kites, home, monkeypatch):
    place = home / "tatoeba" / "cmn-eng.zip"
    place.parent.mkdir(parents=True)
    with zipfile.ZipFile(place, "w") as archive:
        archive.write(kites, "cmn.txt")
    asked = []

    def fetch(*given):
        asked.append(given)
        source = {"sha256": "12ab", "licence": tatoeba.LICENCE, "attribution": "Tatoeba"}
        return tatoeba.Fetched(place, source)

    monkeypatch.setattr(tatoeba, "fetch", fetch)
    done = data("fetch", "tatoeba", "--sha256", "12ab", "--url", "http://there/a.zip")
    assert done.exit_code == 0, done.output
    assert asked == [(home, "http://there/a.zip", "12ab", False)]
    for text in (str(place), "12ab", "CC-BY 2.0 (France)", "data show tatoeba"):
        assert text in done.output


def test_fetch_that_fails_is_one_sentence(monkeypatch):
    def fetch(*_):
        raise UserError("Nobody answers; try later.")

    monkeypatch.setattr(tatoeba, "fetch", fetch)
    wrong = data("fetch", "tatoeba")
    assert wrong.exit_code == 2
    assert wrong.stderr == "Nobody answers; try later.\n"
