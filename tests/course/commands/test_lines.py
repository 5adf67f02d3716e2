"""A line in is a line out, and each line's notes name it."""

import io

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from course.commands import lines
from course.kit.models.translator import Translation


class Echo:
    """Gives each sentence back in capitals; words of one letter are unknown to it."""

    def translate(self, sentences, beam):
        assert all(sentence.strip() for sentence in sentences)
        return [
            Translation(s.upper(), [], [], unknown=tuple(w for w in s.split() if len(w) == 1))
            for s in sentences
        ]


def translated(given, at_once=512):
    out, notes = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr("sys.stdout", out)
        changed.setattr(lines, "_ROWS", at_once)
        lines.translate_lines(Echo(), given, 1, Console(file=notes, width=200))
    return out.getvalue(), notes.getvalue()


LINES = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=5), max_size=9)


@given(LINES, st.integers(1, 4))
def test_as_many_lines_come_out_as_go_in(given, at_once):
    out, _ = translated([line + "\n" for line in given], at_once)
    assert out == "".join(line.upper() + "\n" for line in given)


def test_notes_name_their_line():
    out, notes = translated(["see a b a\r\n", "\n", "你好\n", "fine"], at_once=2)
    assert out == "SEE A B A\n\n你好\nFINE\n"
    assert notes.splitlines() == [
        "line 1: words that the model doesn't know: a, b",
        "line 3: this is not English, and the model reads nothing else",
    ]


@pytest.mark.parametrize("text", ["I like tea.", "Zoë, 3.5!", "...", "call it 茶, please"])
def test_english_is_told_by_its_letters(text):
    assert lines.is_english(text)


@pytest.mark.parametrize("text", ["我喜欢茶。", "Привет", "お茶が好き ok"])
def test_another_writing_is_told(text):
    assert not lines.is_english(text)


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")

    def fileno(self):
        return self.spare


def test_a_full_disk_is_one_sentence(monkeypatch, tmp_path, capsys):
    with (tmp_path / "spare").open("w") as spare:
        full = Full()
        full.spare = spare.fileno()
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(typer.Exit):
            lines.write("茶")
    assert capsys.readouterr().err == "The translation can't be written: No space left on device.\n"


def test_an_output_without_chinese_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    with pytest.raises(typer.Exit):
        lines.check_output()
    assert "set PYTHONIOENCODING=utf-8" in capsys.readouterr().err
