"""The attack table's pure parts: what counts as success, that no attack is skipped in silence."""

import re
import shutil
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from benchmarks.attacks import Notes
from benchmarks.peers import cage, exercise
from benchmarks.peers.adaptations import CHANGES, DOES_NOT_APPLY, SUBSTITUTED, adapted
from benchmarks.peers.course import PEERS, places
from benchmarks.peers.outcome import Controls, Record, findings
from benchmarks.peers.table import cell, report, summary
from tests.attacks.catalogue import Attack, attacks
from tests.conftest import ROOT

ATTACKS = attacks()
NAMES = {attack.name for attack in ATTACKS}
HONEST = {"score": 10.0, "neighbour": 10.0, "ends": ["0"], "files": ["/tmp/home/tmpabcdefgh"]}
CONTROLS = Controls(
    Record("right", "otter", "canary", HONEST),
    Record("wrong", "otter", "canary", {**HONEST, "score": 0.0}),
)


def seen(name="any", problem="", peak=0, **what):
    facts = {"score": 0.0, "neighbour": 10.0, "ends": ["0"], **what}
    return findings(
        Record(name, "otter", "canary-12", facts, problem, peak), Attack(name), CONTROLS
    )


def test_what_fails_is_no_success():
    assert seen() == {}
    assert seen(told=["tried: nothing"], files=["/tmp/home/tmp12345678"], changed=[]) == {}


@pytest.mark.parametrize(
    ("kind", "what", "word"),
    [
        ("points", {"score": 5.0}, "5 of 10"),
        ("read", {"told": ["tried: GOT 'canary-12-tests'"]}, "tests"),
        ("read", {"told": ["tried: 77/environ canary-12"]}, "environment"),
        ("changed", {"changed": ["/tmp/kept/results/result.json"]}, "results/result.json"),
        ("reached", {"callers": 2}, "2 calls"),
        ("reached", {"page": True}, "page"),
        ("reached", {"name": "attack_parents", "told": ["tried: ptrace=GOT [7]"]}, "ptrace"),
        ("left", {"survivors": ["sleep 30"]}, "a process"),
        ("left", {"files": ["/tmp/late"]}, "/tmp/late"),
        ("held", {"ends": ["time"]}, "no end"),
        ("held", {"neighbour": None}, "no result for the next"),
        ("held", {"neighbour": 5.0}, "5 of 10"),
        ("held", {"full": True}, "disk"),
        ("held", {"problem": "time"}, "no end"),
        ("held", {"peak": cage.ADDRESS_SPACE}, "only the cage"),
        ("held", {"name": "thread_bomb", "told": ["tried: threads, refused after 590"]}, "590"),
        ("held", {"name": "process_bomb", "told": ["tried: forks, had 1, X"]}, "1 child"),
    ],
)
def test_each_kind_of_success_is_seen_and_no_other(kind, what, word):
    found = seen(**what)
    assert set(found) == {kind}
    assert word in found[kind]


def test_what_an_attack_may_have_does_not_count():
    told = ["tried: 0-conftest.py=GOT './conftest.py'"]
    record = Record("conftest_and_plugins", "otter", "canary-12", {**HONEST, "told": told})
    mine = next(attack for attack in ATTACKS if attack.name == record.attack)
    assert "changed" not in findings(record, mine, CONTROLS)
    assert "changed" in findings(record, Attack(mine.name), CONTROLS)


def test_a_note_of_its_own_is_not_a_secret():
    assert seen(told=["tried: own 1=GOT 'remembered note-canary-12'"]) == {}


def test_ours_may_have_the_points_of_a_constant_and_no_more():
    controls = Controls(CONTROLS.right, CONTROLS.wrong)
    for score, kinds in ((2.0, set()), (3.0, {"points"})):
        record = Record("any", "ours", "canary", {**HONEST, "score": score})
        assert set(findings(record, Attack("any", points=2.0), controls)) == kinds


def test_every_attack_is_handed_in_or_has_a_reason():
    assert set(DOES_NOT_APPLY) <= NAMES
    assert set(CHANGES) | set(SUBSTITUTED) <= NAMES - set(DOES_NOT_APPLY)
    for peer in PEERS:
        for attack in ATTACKS:
            if attack.name not in DOES_NOT_APPLY:
                text = adapted(attack, peer, places(peer))
                compile(text, attack.name, "exec")
                assert "def similarity" in text or "similarity =" in text, attack.name
                assert not re.search(r"@[A-Z]+@", text), attack.name
                assert "tests.attacks" not in text, attack.name


def test_an_adaptation_that_does_not_fit_any_more_says_so(monkeypatch):
    monkeypatch.setitem(CHANGES, "log_bomb", (("not there", ""),))
    attack = next(attack for attack in ATTACKS if attack.name == "log_bomb")
    with pytest.raises(ValueError, match="mend CHANGES"):
        adapted(attack, "otter", places("otter"))


def test_the_table_has_a_row_for_every_attack_and_says_what_was_not_run():
    records = {("otter", "log_bomb"): Record("log_bomb", "otter", "c", {**HONEST, "score": 5.0})}
    text = report(ATTACKS, records, {"otter": CONTROLS}, {"otter": "1 | 2"}, "a command", 7)
    rows = {name: line for line in text.splitlines() for name in re.findall(r"^\| `(\w+)`", line)}
    assert set(rows) == NAMES
    assert rows["log_bomb"].endswith("**points**: 5 of 10 points |")
    assert rows["forged_frames"].endswith("| does not apply |")
    assert rows["cpu_bomb"].endswith("| not run |")
    assert all(line.count("|") == 4 for line in rows.values())
    for name in DOES_NOT_APPLY:
        assert re.search(rf"does not apply\*\*: .*`{name}`", text), name


def test_the_summary_counts_attacks_by_kind():
    records = {
        ("otter", "log_bomb"): Record("log_bomb", "otter", "c", {**HONEST, "full": True}),
        ("otter", "cpu_bomb"): Record("cpu_bomb", "otter", "c", {**HONEST, "score": None}),
    }
    lines = summary(ATTACKS, ["otter"], records, {"otter": CONTROLS})
    counts = dict(re.findall(r"^\| (.+) \| (\d+) \|$", "\n".join(lines), re.MULTILINE))
    assert counts["attacks run"] == "2"
    assert counts["**with any success**"] == "1"  # it gained points too
    assert counts["gained points"] == "1"
    assert counts["held up or hurt the next"] == "1"
    assert counts["read what is hidden"] == "0"
    assert counts["no mark for the hand-in itself"] == "1"


def test_no_mark_is_said_and_is_no_success():
    record = Record("cpu_bomb", "otter", "c", {**HONEST, "score": None})
    attack = Attack("cpu_bomb")
    assert cell(attack, "otter", record, {"otter": CONTROLS}) == "ok, but no mark for it"


def test_the_checks_are_fair():
    for question in exercise.QUESTIONS:
        for answer, passes in ((exercise.right(question), True), (None, False)):
            for check in (question.public, question.hidden):
                space: dict = {"np": np}
                exec(answer or exercise.WRONG[question.name], space)
                if passes:
                    exec(check, space)
                else:
                    with pytest.raises((AssertionError, ValueError)):
                        exec(check, space)


def test_both_notebooks_carry_the_canary_where_it_is_hidden():
    for made in (exercise.for_nbgrader("canary-1"), exercise.for_otter("canary-1")):
        nbformat.validate(made)
        text = nbformat.writes(made)
        assert text.count("canary-1-tests") == text.count("canary-1-solution") == 2


def test_an_answer_without_a_cell_is_refused():
    with pytest.raises(ValueError, match="lacks a cell"):
        exercise.hand_in(exercise.for_nbgrader("c"), {"nobody's": ""})


def test_notes_outlast_a_run(tmp_path):
    path = tmp_path / "notes"
    record = Record("log_bomb", "otter", "canary", {**HONEST, "told": ["é\n|"]}, "time", 3)
    Notes(path).add(record)
    assert Notes(path).records == {("otter", "log_bomb"): record}


def test_nothing_is_run_without_a_cage(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(cage.CageError, match="Install bubblewrap"):
        cage.Cage("/nowhere", ()).run(["true"], 1)


def in_a_cage(tmp_path):
    tmp_path.chmod(0o755)
    prefixes = dict.fromkeys(str(Path(p).resolve()) for p in (sys.base_prefix, sys.prefix))
    return cage.Cage(str(tmp_path), tuple(prefixes), number=9)


needs_bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")


@needs_bubblewrap
def test_the_cage_has_no_holes_and_the_probe_sees_one(tmp_path, monkeypatch):
    assert cage.leaks(in_a_cage(tmp_path), sys.executable) == []
    monkeypatch.setattr(
        cage, "_PROBE", cage._PROBE.replace('"rights"] = [', '"rights"] = ["1"] + [')
    )
    assert cage.leaks(in_a_cage(tmp_path), sys.executable) == ["rights"]


@needs_bubblewrap
def test_the_cage_ends_for_time_and_takes_all_with_it(tmp_path):
    code = "import subprocess; subprocess.Popen(['sleep', '4321']).wait()"
    done = in_a_cage(tmp_path).run([sys.executable, "-c", code], 1)
    assert done.problem == "time"
    assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if b"4321" in p.read_bytes()]


def test_the_pin_of_otter_is_one_version():
    text = (ROOT / "requirements" / "otter.txt").read_text()
    assert re.search(r"^otter-grader==[\d.]+$", text, re.MULTILINE)
