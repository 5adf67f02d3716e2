"""The families side by side: what is measured, the page and its pictures, and the command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from course import trained_models
from course.commands.app import app
from course.kit.corpora.dataset import open_dataset
from course.kit.errors import UserError
from course.kit.language import use_language
from course.kit.models import comparison, comparison_report
from course.kit.models.comparison import Effort, length_bands
from course.kit.training import devices
from tests.course.conftest import write_pairs
from tests.course.models.test_translator import translator

TINY = Effort(sentences=5, single=2, rows=2, lengths=(4, 8), repeats=1)
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("en")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    home = tmp_path_factory.mktemp("comparison")
    dataset = open_dataset(write_pairs(home / "pairs.tsv"), home)
    plan = devices.choose("cpu")
    trained = {"epochs": 2, "seconds": 3.0, "data": "pairs"}
    return [
        comparison.measure(translator(family, **trained), dataset, plan, lambda line: None, TINY)
        for family in ("rnn-fixed", "transformer")
    ]


def test_bands_hold_enough_sentences_and_every_length():
    assert length_bands([3, 3, 4, 5, 5, 5, 9], least=3) == [(3, 4), (5, 9)]
    assert length_bands([3, 4, 9], least=1) == [(3, 3), (4, 4), (5, 9)]
    assert length_bands([7], least=20) == [(7, 7)]
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 30, 500).tolist()
    found = length_bands(lengths, least=25)
    assert [low for low, _ in found[1:]] == [high + 1 for _, high in found[:-1]]
    assert all(sum(low <= n <= high for n in lengths) >= 25 for low, high in found)


def test_the_example_is_neither_long_nor_short():
    assert comparison.example_of(["I.", "I like tea a lot .", "tea " * 20], words=6).endswith(
        "lot ."
    )


def test_what_is_measured_is_whole(results):
    fixed, transformer = results
    assert set(fixed.scores) == {"test"}  # nothing is held back in a file of pairs
    assert sum(band.sentences for band in fixed.bands) > 5
    assert fixed.seconds_per_epoch == 1.5
    assert fixed.parameters == sum(v.size for v in _weights("rnn-fixed"))
    assert list(transformer.steps) == [4, 8]
    for result in results:
        assert min(result.decoding, result.one_sentence, *result.steps.values()) > 0
    assert fixed.example.attention is None
    assert transformer.example.attention.shape[1] == len(transformer.example.source_tokens)


def _weights(family):
    return [v.numpy() for v in translator(family).model.trainable_variables]


@pytest.mark.parametrize(("code", "title"), [("en", "RNN, one fixed"), ("zh", "固定长度向量")])
def test_page_numbers_and_pictures_are_written(results, tmp_path, code, title):
    use_language(code)
    page = comparison_report.write(tmp_path / "out", results, {"data": "pairs"}, TINY)
    text = page.read_text(encoding="utf-8")
    assert title in text
    assert text.count(f"]({comparison_report.ATTENTION})") == 1
    for name in (comparison_report.BY_LENGTH, *(comparison_report.STEPS, "attention.png")):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((tmp_path / "out" / comparison_report.NUMBERS).read_text())
    assert [each["family"] for each in numbers["results"]] == ["rnn-fixed", "transformer"]
    assert numbers["results"][0]["step_seconds"].keys() == {"4", "8"}
    assert not list(tmp_path.rglob(".making-*"))


def test_without_attention_there_is_no_picture_of_it(results, tmp_path):
    page = comparison_report.write(tmp_path, results[:1], {}, TINY)
    assert comparison_report.ATTENTION not in page.read_text(encoding="utf-8")
    assert not (tmp_path / comparison_report.ATTENTION).exists()


def test_too_few_pairs_are_told_before_anything_is_trained(pairs_file):
    pairs_file.write_text("Hi.\t你好。\n", encoding="utf-8")
    with pytest.raises(UserError, match="too few pairs"):
        comparison.check_test(open_dataset(pairs_file))


@pytest.fixture
def compare(pairs_file, tmp_path, monkeypatch):
    """Run the command on small sizes, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(comparison, "Effort", lambda: TINY)
    monkeypatch.setattr(
        "course.kit.training.recipe._REAL_SIZES", {"rnn": {"units": 8}, "rnn-fixed": {"units": 8}}
    )

    def run(*arguments):
        command = ["compare", "--data", str(pairs_file), "--device", "cpu", *map(str, arguments)]
        return RUNNER.invoke(app, command)

    return run


@pytest.mark.slow
def test_the_command_trains_once_and_then_goes_on(compare, tmp_path):
    command = ("--families", "rnn", "--reference", "--epochs", 1)
    first = compare(*command)
    assert first.exit_code == 0, first.output
    assert (tmp_path / "runs" / "compare-pairs" / "compare.md").is_file()
    assert "rnn  1/1  loss" in first.output
    again = compare(*command)
    assert again.exit_code == 0
    assert "1/1" not in again.output
    for change in (("--epochs", 2), ("--precision", "mixed_bfloat16")):
        other = compare(*command, *change)
        assert other.exit_code == 2
        assert "other settings" in other.output


def test_weights_that_are_there_are_compared_without_training(compare, tmp_path):
    done = compare("--families", "rnn", "--load", "--reference", "--out", "here")
    assert done.exit_code == 0, done.output
    assert "loss" not in done.output
    assert "RNN with attention" in (tmp_path / "here" / "compare.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says", "zh"),
    [
        (["--families", "rnn,lstm"], "no family 'lstm'", "没有名为 'lstm'"),
        (["--families", ","], "Name a family", "请写明"),
        (["--load", "--epochs", "3"], "leave --epochs", "请去掉"),
        (["--device", "tpu"], "--device can't be", "--device 不能是"),
        (["--precision", "int8"], "--precision can't be", "--precision 不能是"),
        (["--jit", "maybe"], "--jit can't be", "--jit 不能是"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(compare, arguments, says, zh):
    for code, sentence in (("en", says), ("zh", zh)):
        done = compare(*arguments, "--language", code)
        assert done.exit_code == 2
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1


def test_reference_needs_an_instructors_checkout(compare, monkeypatch):
    monkeypatch.setattr(trained_models, "has_reference", lambda: False)
    done = compare("--reference")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
