"""Training in processes of their own: one that is really killed, and one on two devices."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from course.kit.training.checkpoint import read_arrays, read_history
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.races]

# The first argument is the TSV, the second the run's directory, the third how many devices.
SCRIPT = """
import sys
from pathlib import Path
import tensorflow as tf
pairs, directory, devices = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
if devices > 1:
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
from dataclasses import replace
from course.kit.corpora.dataset import open_dataset
from course.kit.training import default_recipe
from course.kit.training.devices import Plan, _shared_by
from course.kit.training.checkpoint import claim
from course.kit.training.recipe import changed
from course.kit.training.run import TrainingRun, train
from solutions.transformer import Transformer
names = [f"CPU:{n}" for n in range(devices)]
plan = Plan("cpu", devices, "float32", False, *([_shared_by(names)] if devices > 1 else []))
sizes = ["d_model=8", "num_heads=2", "d_ff=16", "num_layers=1"]
recipe = changed(default_recipe("transformer", "other"), sizes)
recipe = replace(recipe, epochs=4, tokens=256, warmup_steps=2, max_length=12, min_count=1)
run = TrainingRun("transformer", Transformer, open_dataset(pairs), recipe, directory, plan)
claim(directory, run.settings())
train(run, lambda line: print(line, flush=True))
"""


def start(pairs, directory, devices=1):
    command = [sys.executable, "-c", SCRIPT, str(pairs), str(directory), str(devices)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    environment["TF_ENABLE_ONEDNN_OPTS"] = "1"  # as `course train` has it
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def curve(directory):
    rows = read_history(directory / "history.csv")
    return [{name: row[name] for name in row if name != "seconds"} for row in rows]


def test_a_run_that_was_killed_outright_goes_on(pairs_file, tmp_path):
    with start(pairs_file, tmp_path / "killed") as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("2/"):
                running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    (tmp_path / "killed" / ".making-half").write_text("what a killed process leaves")
    assert not (tmp_path / "killed" / "model.json").exists()
    for name in ("killed", "whole"):
        with start(pairs_file, tmp_path / name) as running:
            lines = running.communicate()[0].splitlines()
        assert running.returncode == 0
        assert lines[0].startswith("3/" if name == "killed" else "1/")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    one, other = (read_arrays(tmp_path / name / "weights.npz") for name in ("killed", "whole"))
    for path, value in one.items():
        np.testing.assert_array_equal(other[path], value)
    assert not (tmp_path / "killed" / ".making-half").exists()


def test_two_devices_learn(pairs_file, tmp_path):
    with start(pairs_file, tmp_path / "shared", devices=2) as running:
        running.communicate()
    assert running.returncode == 0
    losses = [row["loss"] for row in read_history(tmp_path / "shared" / "history.csv")]
    # With dropout, and hardly any learning rate left, the last epochs may differ either way.
    assert losses[-1] < 0.95 * losses[0]
