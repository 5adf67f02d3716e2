"""One line chooses between the kit's parts and one's own earlier work."""

import importlib

import pytest

from course import own
from course.kit import parts
from course.kit.language import use_language
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    use_language("en")


def test_what_is_not_written_is_the_kits(capsys):
    assert own.MultiHeadAttention is parts.MultiHeadAttention
    assert "yours isn't written yet" in capsys.readouterr().out


def test_what_is_written_is_ones_own(tmp_path):
    source = (ROOT / "solutions" / "multi_head.py").read_text(encoding="utf-8")
    (tmp_path / "multi_head.py").write_text(source, encoding="utf-8")
    assert own.MultiHeadAttention is not parts.MultiHeadAttention
    assert own.MultiHeadAttention(4, 2).num_heads == 2


def test_a_name_that_no_unit_has_is_refused():
    with pytest.raises(AttributeError, match="No unit"):
        own.nonsense  # noqa: B018
    with pytest.raises(ImportError):
        importlib.import_module("course.own.nonsense")


def test_what_the_kit_lacks_has_to_be_written_first():
    with pytest.raises(AttributeError, match="write it first"):
        own.split_heads  # noqa: B018
