"""A result that is no longer whole is graded again, and no reader stumbles over it."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from autograder.commands import app
from autograder.results.files import read_result
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import find_submissions
from tests.faults.comparison import results_in
from tests.faults.hand_ins import UNIT, write_hand_ins


def changed(**fields):
    return lambda data: json.dumps({**json.loads(data), **fields}).encode()


def in_check(**fields):
    def change(data):
        result = json.loads(data)
        result["checks"][0].update(fields)
        return json.dumps(result).encode()

    return change


SPOILT = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "cut by one": lambda data: data.rstrip()[:-1],
    "twice": lambda data: data + data,
    "zeros": lambda data: bytes(len(data)),
    "bytes": lambda data: bytes(range(256)),
    "deep": lambda data: b"[" * 100_000,
    "a list": lambda data: b"[]",
    "a number": lambda data: b"7",
    "another shape": lambda data: b'{"schema": 1, "score": 100}',
    "another schema": changed(schema=3),
    "one field more": changed(colour="red"),
    "somebody else's": changed(submission="bob"),
    "another unit's": changed(unit="rnn"),
    "no such status": changed(status="fine"),
    "score a text": changed(score="100"),
    "score true": changed(score=True),
    "score not a number": changed(score=float("nan")),
    "score endless": changed(score=float("inf")),
    "score null": changed(score=None),
    "seed a fraction": changed(seed=0.5),
    "seconds a list": changed(duration_s=[]),
    "checks a text": changed(checks="all passed"),
    "checks of lists": changed(checks=[[1, 2]]),
    "checks of nothing": changed(checks=[{}]),
    "problems a text": changed(problems="none"),
    "problems of texts": changed(problems=["none"]),
    "isolation of numbers": changed(isolation=[1]),
    "points a text": in_check(points="4"),
    "points not a number": in_check(points=float("nan")),
    "a title in one language": in_check(title={"en": "A title"}),
    "what is wrong a text": in_check(wrong="Right."),
    "no such status of a check": in_check(status="fine"),
}
each = pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Two hand-ins, and their results."""
    folder, out = tmp_path_factory.mktemp("hand-ins"), tmp_path_factory.mktemp("results")
    names = write_hand_ins(folder, 2)
    grade_all(find_submissions([folder]), GradingOptions(out=out))
    return folder, out, names


@pytest.fixture
def spoilt(graded, tmp_path, spoil):
    """The results, of which the first is spoilt."""
    _, out, (first, _) = graded
    shutil.copytree(out, tmp_path / "results")
    path = tmp_path / "results" / first / f"{UNIT}.json"
    path.write_bytes(spoil(path.read_bytes()))
    return path


@each
def test_it_is_no_result_for_anybody(graded, spoilt):
    with pytest.raises(ValueError, match=r"^positional\.json is not a whole result\.$"):
        read_result(spoilt)
    for arguments in (
        ["report", spoilt.parents[1], "--out", spoilt.parents[2] / "pages"],
        ["export", "csv", spoilt.parents[1], "--out", spoilt.parents[2] / "tables"],
        ["diff", graded[1], spoilt.parents[1]],
    ):
        done = CliRunner().invoke(app.app, list(map(str, arguments)))
        assert done.exception is None or isinstance(done.exception, SystemExit), arguments


@each
def test_it_waits_for_its_grading(graded, spoilt):
    from autograder.running.batch import Batch

    options = GradingOptions(out=spoilt.parents[1], resume=True)
    batch = Batch(find_submissions([graded[0]]), options, lambda result: None)
    assert [submission.name for submission, _ in batch.waiting] == [graded[2][0]]
    assert batch.summary.already_graded == 1


def test_some_of_them_are_graded_again_in_one_run(graded, tmp_path, no_survivors):
    folder, out, (name, _) = graded
    expected = results_in(out)
    hand_ins, results = tmp_path / "hand-ins", tmp_path / "results"
    some = list(SPOILT.values())[::8]  # that each of them waits for its grading is seen above
    for number, spoil in enumerate(some):
        shutil.copytree(folder / name, hand_ins / f"student-{number}")
        shutil.copytree(out / name, results / f"student-{number}")
        path = results / f"student-{number}" / f"{UNIT}.json"
        path.write_bytes(spoil(path.read_bytes()))
    summary = grade_all(
        find_submissions([hand_ins]), GradingOptions(out=results, jobs=2, resume=True)
    )
    assert (summary.already_graded, len(summary.results), summary.failures) == (0, len(some), [])
    for student, result in results_in(results).items():
        assert {**result, "submission": name} == expected[name], student


@pytest.mark.parametrize("what", ["a directory", "a link to nothing"])
def test_what_is_no_file_is_said_or_replaced(graded, tmp_path, what):
    folder, out, (first, _) = graded
    shutil.copytree(out, tmp_path / "results")
    path = tmp_path / "results" / first / f"{UNIT}.json"
    path.unlink()
    if what == "a directory":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    done = CliRunner().invoke(
        app.app, ["grade", str(folder), "--out", str(tmp_path / "results"), "--resume"]
    )
    if what == "a directory":
        assert done.exit_code == 2
        assert "Is a directory" in done.stderr
        assert (done.stderr.count("\n"), done.stdout.strip()) == (1, "")
        path.rmdir()
        assert len(results_in(tmp_path / "results")) == 1
    else:
        assert done.exit_code == 0
        assert results_in(tmp_path / "results") == results_in(out)
