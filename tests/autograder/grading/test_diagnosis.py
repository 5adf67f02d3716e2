"""Diagnosis: which known mistakes explain a failed check, by how their answers compare."""

import math

import pytest

from autograder.base.text import text
from autograder.grading import diagnosis
from autograder.grading.candidates import Comparison
from autograder.grading.check import Check
from autograder.grading.diagnosis import MOST_NAMED, Diagnostician, Evidence
from autograder.grading.mistakes import Mistake, mistakes_of
from autograder.grading.transcript import Exchange, Transcript, signature
from autograder.isolation.student_process import StudentError
from course.kit.units import available_units, exercises_of

FITS, NEAR_RIGHT, FAR = Comparison(0.0), Comparison(0.5), Comparison(math.inf, loose=math.inf)
TELLING = Comparison(math.inf, loose=math.inf, values=24)
POOR = Comparison(math.inf, loose=math.inf, values=1)
RIGHT = ""


def mistake(name, exercise="softmax", caught_by="values"):
    words = text(name, name)
    return Mistake(name, "attention", exercise, caught_by, words, words, "", "")


def observed(**statuses):
    """Evidence of checks by their status; each asks something of its own."""
    evidence = Evidence()
    for slug, status in statuses.items():
        transcript = Transcript(0, exchanges=[Exchange("call", {}, slug)])
        check = Check("attention", "softmax", slug, 1, text("", ""), 1.0, "")
        evidence.add(check, transcript, status)
    return evidence


@pytest.fixture
def named(monkeypatch):
    """Return the names that a diagnosis gives each check.

    Its arguments: evidence, and how each candidate's answers compare with the hand-in's, by name
    and check; where nothing is said, they are far apart. `shows` has the names and checks in which
    a mistake would show; it shows everywhere where the fixture gets None.
    """

    def names(evidence, compared, mistakes=None, shows=None):
        known = mistakes or [mistake(name) for name in compared if name != RIGHT]
        monkeypatch.setattr(diagnosis, "mistakes_of", lambda unit: tuple(known))

        def comparison(self, candidate, item):
            slug = item.transcript.exchanges[0].value
            return compared.get(candidate.name, {}).get(slug, FAR)

        def showing(self, candidate, item):
            slug = item.transcript.exchanges[0].value
            return shows is None or slug in shows.get(candidate.name, ())

        monkeypatch.setattr(Diagnostician, "_compared", comparison)
        monkeypatch.setattr(Diagnostician, "_shows", showing)
        found = Diagnostician(None).diagnose("attention", evidence)
        return {key.rpartition(".")[2]: [m.name for m in group] for key, group in found.items()}

    return names


def test_a_mistake_that_fits_where_the_right_solution_does_not_is_named(named):
    compared = {"a": {"values": FITS}, "b": {}, RIGHT: {"values": TELLING}}
    assert named(observed(values="failed"), compared) == {"values": ["a"]}
    assert named(observed(values="error"), compared) == {"values": ["a"]}


def test_nothing_is_named_for_a_check_that_passed(named):
    compared = {"a": {"values": FITS}, RIGHT: {"values": FITS}}
    assert named(observed(values="passed"), compared) == {}


@pytest.mark.parametrize("right", [FITS, NEAR_RIGHT, Comparison(14.0)])
def test_nothing_is_named_that_the_right_solution_fits_as_well(named, right):
    """A scale that is wrong in the third decimal fits everything that a mask's mistake does."""
    compared = {"a": {"values": NEAR_RIGHT}, RIGHT: {"values": right}}
    assert named(observed(values="failed"), compared) == {}


def test_random_answers_are_compared_with_the_right_ones_as_random_ones(named):
    random = Comparison(0.0, random=True)
    unlike = Comparison(math.inf, loose=math.inf, values=24)
    for right, names in ((unlike, {"values": ["a"]}), (Comparison(math.inf, values=24), {})):
        compared = {"a": {"values": random}, RIGHT: {"values": right}}
        assert named(observed(values="failed"), compared) == names


def test_what_was_done_right_speaks_against_a_mistake(named):
    evidence = observed(values="failed", axis="passed")
    mine, right = {"values": FITS, "axis": FAR}, {"values": TELLING, "axis": FITS}
    assert named(evidence, {"a": mine, RIGHT: right}) == {}
    # Where the right solution's answers are others as well, weights were drawn, say.
    assert named(evidence, {"a": mine, RIGHT: {**right, "axis": FAR}}) == {"values": ["a"]}
    assert named(evidence, {"a": {**mine, "axis": FITS}, RIGHT: right}) == {"values": ["a"]}


def test_a_mistake_is_not_named_whose_own_check_was_passed(named):
    evidence = observed(values="failed", axis="passed")
    compared = {"a": {"values": FITS}, RIGHT: {"values": TELLING, "axis": FAR}}
    assert named(evidence, compared, [mistake("a", caught_by="axis")]) == {}


def test_few_values_say_little_unless_the_other_failed_checks_fit_as_well(named):
    evidence = observed(values="failed", sums="failed", shift="failed")
    right = dict.fromkeys(("values", "sums", "shift"), POOR)
    all_but_one = {"values": FITS, "sums": FITS}
    assert named(evidence, {"a": all_but_one, RIGHT: right}) == {}
    every = {**all_but_one, "shift": FITS}
    names = named(evidence, {"a": every, RIGHT: right})
    assert names == {"values": ["a"], "sums": ["a"], "shift": ["a"]}


def test_sizes_that_coincide_once_do_not_make_a_mistake(named):
    """Divided by sqrt(d_k + 1), with three keys of the width two."""
    evidence = observed(values="failed", scale="failed", mask="failed")
    right = dict.fromkeys(("values", "scale", "mask"), TELLING)
    assert named(evidence, {"scaled-by-length": {"values": FITS}, RIGHT: right}) == {}
    # Where the mistake wouldn't show anyhow, another one is at work.
    shows = {"masked-late": ["mask"]}
    compared = {"masked-late": {"mask": FITS}, RIGHT: right}
    assert named(evidence, compared, shows=shows) == {"mask": ["masked-late"]}


def test_of_several_that_fit_the_other_checks_decide(named):
    evidence = observed(values="failed", scale="failed")
    right = dict.fromkeys(("values", "scale"), TELLING)
    compared = {"a": {"values": FITS}, "b": {"values": FITS, "scale": FITS}, RIGHT: right}
    assert named(evidence, compared) == {"values": ["b"], "scale": ["b"]}


@pytest.mark.parametrize("count", range(1, MOST_NAMED + 4))
def test_too_many_that_fit_are_none(named, count):
    names = [f"m{number}" for number in range(count)]
    compared = {name: {"values": FITS} for name in names} | {RIGHT: {"values": TELLING}}
    expected = {"values": names} if count <= MOST_NAMED else {}
    assert named(observed(values="failed"), compared) == expected


def test_a_mistake_of_another_exercise_is_looked_for_last(named):
    known = [mistake("of-another", "similarity"), mistake("own")]
    compared = {"of-another": {"values": FITS}, RIGHT: {"values": TELLING}}
    evidence = observed(values="failed")
    assert named(evidence, compared, known) == {"values": ["of-another"]}
    compared["own"] = {"values": FITS}
    assert named(evidence, compared, known) == {"values": ["own"]}


def raised(**fields):
    error = {"kind": "raised", "type": "InvalidArgumentError", "message": "", "through": "MatMul"}
    return signature(StudentError({**error, **fields}))


def test_an_exception_is_the_same_by_what_it_says_and_where_it_comes_from():
    sizes = "In[0]: [2,3], In[1]: [2,3]"
    first = raised(message=f"dense_3: {sizes}")
    assert first == raised(message=f"dense_14: {sizes}")  # a name that Keras counts up
    for other in (
        {"message": "dense_3: In[0]: [3,2], In[1]: [2,3]"},
        {"message": f"dense_3: {sizes}", "type": "ValueError"},
        {"message": f"dense_3: {sizes}", "through": "Max"},
        {"message": f"dense_3: {sizes}", "kind": "signature"},
    ):
        assert first != raised(**other)


@pytest.mark.parametrize("unit", available_units())
def test_known_mistakes_are_whole(unit):
    known = mistakes_of(unit)
    assert len({m.name for m in known}) == len(known) >= 12
    for item in known:
        assert item.exercise in exercises_of(unit)
        for words in (item.title, item.hint):
            assert set(words) == {"en", "zh"}
            assert all(words.values())
        compile(item.source, item.name, "exec")
