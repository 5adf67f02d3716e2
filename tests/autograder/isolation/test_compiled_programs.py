"""What JAX has compiled is let go of, before it fills what a student's process may take."""

import sys
import types

import keras
import pytest

from autograder.isolation import compiled_programs, sandbox

MEGABYTE = 2**20


@pytest.fixture
def dropped(monkeypatch):
    """JAX in name only: how often its programs were dropped."""
    times = []
    jax = types.SimpleNamespace(clear_caches=lambda: times.append(1))
    monkeypatch.setitem(sys.modules, "jax", jax)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    return times


def holding(monkeypatch, *megabytes):
    """Let this process hold so much, each time that it is looked at."""
    sizes = iter(megabytes)
    monkeypatch.setattr(compiled_programs, "memory_held", lambda _: next(sizes) * MEGABYTE)


def test_what_little_is_compiled_is_kept(dropped, monkeypatch):
    holding(monkeypatch, 200, 500, 700)
    kept = compiled_programs.CompiledPrograms()
    assert not kept.let_go_of_many()
    assert not kept.let_go_of_many()
    assert not dropped


def test_a_process_that_has_grown_by_much_drops_it(dropped, monkeypatch):
    holding(monkeypatch, 200, 800, 250, 260, 900, 250)
    kept = compiled_programs.CompiledPrograms()
    assert kept.let_go_of_many()
    assert not kept.let_go_of_many(), "it is small again"
    assert kept.let_go_of_many()
    assert len(dropped) == 2


def test_what_stays_when_it_is_dropped_is_not_counted_again(dropped, monkeypatch):
    holding(monkeypatch, 200, 2000, 1800, 1900)
    kept = compiled_programs.CompiledPrograms()
    assert kept.let_go_of_many()
    assert not kept.let_go_of_many(), "the libraries of a GPU stay"


def test_where_nobody_knows_how_much_a_process_holds_it_drops_it_always(dropped, monkeypatch):
    holding(monkeypatch, 0, 0, 0, 0, 0)
    kept = compiled_programs.CompiledPrograms()
    assert kept.let_go_of_many()
    assert kept.let_go_of_many()
    assert len(dropped) == 2


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_other_backends_are_left_alone(backend, dropped, monkeypatch):
    holding(monkeypatch, 200, 2000)
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    assert not compiled_programs.CompiledPrograms().let_go_of_many()
    assert not dropped


def test_what_a_process_holds_is_read_from_the_kernel():
    assert 20 * MEGABYTE < sandbox.memory_held(sandbox.RESIDENT) < 2**40
