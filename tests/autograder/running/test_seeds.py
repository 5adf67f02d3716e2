"""A run's seed: named, the earlier run's, or one that nobody can know."""

from autograder.results.files import write_result
from autograder.results.result import Result
from autograder.running.seeds import draw_seed, earlier_seed, run_seed


def put(directory, name, seed):
    write_result(
        directory, Result(name, "attention", "graded", 1.0, 1.0, seed, "tensorflow", 0.1, [])
    )


def test_two_runs_have_two_seeds():
    assert len({draw_seed() for _ in range(20)}) == 20


def test_a_named_seed_is_taken(tmp_path):
    put(tmp_path, "ann", 5)
    assert run_seed(0, tmp_path, resume=True) == 0


def test_what_goes_on_keeps_its_seed(tmp_path):
    for name, seed in (("ann", 5), ("bob", 5), ("cai", 7)):
        put(tmp_path, name, seed)
    (tmp_path / "dao").mkdir()
    (tmp_path / "dao" / "attention.json").write_text("{")
    assert earlier_seed(tmp_path) == 5
    assert run_seed(None, tmp_path, resume=True) == 5
    assert run_seed(None, tmp_path, resume=False) != 5


def test_nothing_to_go_on_with_draws(tmp_path):
    assert earlier_seed(tmp_path / "none") is None
    assert run_seed(None, tmp_path, resume=True) != run_seed(None, tmp_path, resume=True)
