"""A training run: what it keeps, and that a killed one goes on as if nothing had happened."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from course.kit.corpora.dataset import open_dataset
from course.kit.errors import UserError
from course.kit.files import UNFINISHED
from course.kit.models.families import FAMILIES, get_weights, weight_paths
from course.kit.models.translator import load
from course.kit.training import default_recipe
from course.kit.training.checkpoint import claim, read_arrays, read_history
from course.kit.training.devices import Plan
from course.kit.training.recipe import changed
from course.kit.training.run import TrainingRun, train
from solutions.cnn import ConvSeq2Seq
from solutions.rnn import RNNSeq2Seq
from solutions.transformer import Transformer

CLASSES = {
    "rnn": (RNNSeq2Seq, ["units=8"]),
    "rnn-fixed": (RNNSeq2Seq, ["units=8"]),
    "cnn": (ConvSeq2Seq, ["filters=8", "num_layers=2"]),
    "transformer": (Transformer, ["d_model=8", "num_heads=2", "d_ff=16", "num_layers=2"]),
}
PLAN = Plan("cpu", 1, "float32", False)


class Killed(Exception):
    """Stands for a signal."""


def run(dataset, directory, family="transformer", **recipe):
    made, sizes = CLASSES[family]
    settings = {"epochs": 3, "tokens": 256, "warmup_steps": 2, "max_length": 12, "min_count": 1}
    given = changed(default_recipe(family, "other"), sizes)
    return TrainingRun(family, made, dataset, replace(given, **settings | recipe), directory, PLAN)


def curve(directory):
    return [
        {name: value for name, value in row.items() if name != "seconds"}
        for row in read_history(directory / "history.csv")
    ]


def weights(translator):
    paths = weight_paths(translator.card["family"], translator.card["sizes"])
    return get_weights(translator.model, paths)


@pytest.mark.parametrize("family", FAMILIES)
def test_paths_name_every_weight_of_a_family(family):
    made, sizes = CLASSES[family]
    given = dict(changed(default_recipe(family, "other"), sizes).sizes)
    given |= {"source_vocabulary_size": 9, "target_vocabulary_size": 11}
    model = made(**FAMILIES[family].fixed, **given)
    word = np.array([[4]], "int32")
    model((word, word))
    found = get_weights(model, weight_paths(family, given))
    assert sum(value.size for value in found.values()) == model.count_params()


def test_a_run_learns_and_its_translator_comes_back(pairs_file, tmp_path):
    dataset = open_dataset(pairs_file)
    lines = []
    made = run(dataset, tmp_path / "run", "rnn", epochs=2)
    trained = train(made, lines.append)
    history = curve(tmp_path / "run")
    assert [row["epoch"] for row in history] == [1, 2]
    assert history[1]["loss"] < history[0]["loss"]
    assert len(lines) >= 2
    again = load(tmp_path / "run", RNNSeq2Seq)
    sentences = ["I like tea.", "We see xylophones."]
    found = [each.text for each in again.translate(sentences)]
    assert found == [each.text for each in trained.translate(sentences)]
    again.save(tmp_path / "half", half=True)
    for path, value in weights(load(tmp_path / "half", RNNSeq2Seq)).items():
        np.testing.assert_allclose(value, weights(trained)[path], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(pairs_file, tmp_path, after):
    dataset = open_dataset(pairs_file)
    whole = train(run(dataset, tmp_path / "whole", average=2), lambda line: None)

    def kill(line):
        if line.startswith(f"{after}/"):
            raise Killed

    with pytest.raises(Killed):
        train(run(dataset, tmp_path / "killed", average=2), kill)
    resumed = train(run(dataset, tmp_path / "killed", average=2), lambda line: None)
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    for path, value in weights(whole).items():
        np.testing.assert_array_equal(weights(resumed)[path], value)


def test_a_run_that_is_done_is_not_run_again(pairs_file, tmp_path):
    dataset = open_dataset(pairs_file)
    train(run(dataset, tmp_path / "run", epochs=1), lambda line: None)
    lines = []
    train(run(dataset, tmp_path / "run", epochs=1), lines.append)
    assert not [line for line in lines if line.startswith("1/")]


def test_patience_ends_a_run(pairs_file, tmp_path):
    dataset = open_dataset(pairs_file)
    # A learning rate of nothing: no epoch is better than the first.
    train(
        run(dataset, tmp_path / "run", epochs=5, patience=1, learning_rate=0.0, average=0),
        lambda line: None,
    )
    assert len(curve(tmp_path / "run")) == 2


def test_the_best_epoch_or_the_average_is_kept(pairs_file, tmp_path):
    dataset = open_dataset(pairs_file)
    trained = train(run(dataset, tmp_path / "run", average=2), lambda line: None)
    directory = tmp_path / "run"
    last = [read_arrays(directory / "epochs" / f"{n}.npz") for n in (2, 3)]
    best = read_arrays(directory / "best.npz")
    mean = {path: np.mean([each[path] for each in last], axis=0) for path in best}
    kept = weights(trained)
    assert any(
        all(np.allclose(kept[path], each[path], atol=1e-6) for path in kept)
        for each in (mean, best)
    )
    assert not (directory / "epochs" / "1.npz").exists()
    assert not list(directory.rglob(f"{UNFINISHED}*"))


def test_training_leaves_keras_as_it_was(pairs_file, tmp_path):
    dataset = open_dataset(pairs_file)
    half = replace(
        run(dataset, tmp_path / "run", epochs=1), plan=replace(PLAN, precision="mixed_bfloat16")
    )
    trained = train(half, lambda line: None)
    assert keras.config.dtype_policy().name == "float32"
    assert all(value.dtype == "float32" for value in weights(trained).values())


def test_another_run_in_the_same_directory_is_refused(tmp_path):
    claim(tmp_path / "run", {"epochs": 1})
    claim(tmp_path / "run", {"epochs": 1})
    with pytest.raises(UserError, match="other settings"):
        claim(tmp_path / "run", {"epochs": 2})
    claim(tmp_path / "run", {"epochs": 2}, anew=True)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "precious").write_text("x")
    with pytest.raises(UserError, match="something else"):
        claim(tmp_path / "else", {"epochs": 1}, anew=True)
    assert (tmp_path / "else" / "precious").exists()


@pytest.mark.parametrize("size", ["units", "units=many", "heads=3"])
def test_a_size_that_means_nothing_is_refused(size):
    with pytest.raises(UserError, match="sizes are given like these"):
        changed(default_recipe("rnn", "generated"), [size])


@pytest.mark.parametrize("size", ["units=0", "units=-8"])
def test_a_size_that_no_model_can_have_is_refused(size):
    with pytest.raises(UserError, match="sizes are given like these"):
        changed(default_recipe("rnn", "generated"), [size])


@pytest.mark.parametrize("sizes", [["d_model=10"], ["d_model=9", "num_heads=3"]])
def test_heads_share_an_even_width(sizes):
    with pytest.raises(UserError, match="share it evenly"):
        changed(default_recipe("transformer", "generated"), sizes)


def test_sentences_that_are_longer_than_the_model_has_room_for_are_told(pairs_file, tmp_path):
    made = run(open_dataset(pairs_file), tmp_path / "run")
    short = replace(made, recipe=changed(made.recipe, ["max_length=4"]))
    with pytest.raises(UserError, match="--size max_length=8"):
        train(short, lambda line: None)


def test_too_few_pairs_to_validate_with_are_told(pairs_file, tmp_path):
    pairs_file.write_text("Hi.\t你好。\nRun!\t跑！\n", encoding="utf-8")
    with pytest.raises(UserError, match="too few pairs"):
        train(run(open_dataset(pairs_file), tmp_path / "run", "rnn"), lambda line: None)


def test_another_family_layers_or_precision_is_another_run(pairs_file, tmp_path):
    made = run(open_dataset(pairs_file), tmp_path / "run", "rnn")
    claim(made.directory, made.settings())
    for other in (
        replace(made, family="rnn-fixed"),
        replace(made, notes={"layers": "own"}),
        replace(made, plan=replace(PLAN, precision="mixed_bfloat16")),
        replace(made, seed=1),
    ):
        with pytest.raises(UserError, match="other settings"):
            claim(made.directory, other.settings())
    claim(made.directory, replace(made, plan=replace(PLAN, count=2)).settings())


def test_what_a_killed_process_had_half_written_is_swept_away(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / f"{UNFINISHED}plan").write_text("{")  # killed before it had a plan
    claim(tmp_path / "run", {"epochs": 1})
    assert (tmp_path / "run" / "plan.json").stat().st_mode & 0o444 == 0o444
    (tmp_path / "run" / "epochs").mkdir()
    (tmp_path / "run" / "epochs" / f"{UNFINISHED}1").write_text("half")
    claim(tmp_path / "run", {"epochs": 1})
    assert not list((tmp_path / "run").rglob(f"{UNFINISHED}*"))
