"""Units: in the order of the course, offered once their stubs exist, read without being run."""

import importlib

import pytest

from course.kit import units


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "EXERCISES_DIR", tmp_path)
    units.exercises_of.cache_clear()
    yield tmp_path
    units.exercises_of.cache_clear()


@pytest.mark.parametrize("unit", units.available_units())
def test_a_unit_lists_names_that_its_stubs_define(unit):
    names = units.exercises_of(unit)
    assert names
    assert len(set(names)) == len(names)
    module = importlib.import_module(f"course.exercises.{unit}")
    assert all(callable(getattr(module, name)) for name in names)


def test_units_are_offered_in_order_once_they_exist(folder):
    assert units.available_units() == []
    for unit in reversed(units.ORDER):
        (folder / f"{unit}.py").write_text("__all__ = []")
    (folder / "other.py").write_text("__all__ = []")
    assert units.available_units() == list(units.ORDER)


def test_stubs_are_read_and_not_run(folder):
    (folder / "cnn.py").write_text('raise SystemExit\n__all__ = ["b", "a"]\n', encoding="utf-8")
    assert units.exercises_of("cnn") == ("b", "a")


@pytest.mark.parametrize("name", ["nonsense", "rnn", "../kit/units", ""])
def test_an_unknown_unit_is_refused_with_the_known_ones(folder, name):
    (folder / "cnn.py").write_text("__all__ = []")
    with pytest.raises(ValueError, match="the units are: cnn"):
        units.exercises_of(name)


def test_stubs_without_a_list_are_refused(folder):
    (folder / "cnn.py").write_text("a = 1")
    with pytest.raises(ValueError, match="no __all__"):
        units.exercises_of("cnn")
