"""A text that changes in one language only is seen, wherever its pair stands."""

import pytest

from autograder.authoring import language_pairs

CELL = '# %% [markdown] lang="{}"\n# {}\n\n'


def lesson_of(path, *texts):
    """Write a lesson of pairs of texts."""
    path.write_text(
        "".join(
            CELL.format(language, text)
            for pair in texts
            for language, text in zip(("en", "zh"), pair, strict=True)
        ),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(language_pairs, "LESSONS_DIR", tmp_path)
    monkeypatch.setattr(language_pairs, "RECORD", tmp_path / "language_pairs.json")
    path = lesson_of(tmp_path / "rnn.py", ("one", "一"), ("two", "二"))
    language_pairs.record()
    return path


def test_a_change_in_one_language_is_named(lesson, capsys):
    lesson_of(lesson, ("one", "一"), ("two, or three", "二"))
    assert language_pairs.main([]) == 1
    assert "rnn, pair 2 (two, or three): only en changed" in capsys.readouterr().out
    assert language_pairs.main(["record"]) == 1  # and nothing is written down
    assert language_pairs.main([]) == 1


def test_a_change_in_both_is_recorded(lesson):
    lesson_of(lesson, ("one", "一"), ("three", "三"))
    assert language_pairs.main(["record"]) == 0
    assert language_pairs.recorded()["rnn"] == language_pairs.digests(lesson)


def test_one_that_still_fits_is_recorded_when_it_was_reviewed(lesson):
    lesson_of(lesson, ("one", "一"), ("Two.", "二"))
    assert language_pairs.main(["reviewed"]) == 0
    assert language_pairs.main([]) == 0


def test_pairs_may_be_moved_added_and_taken_away(lesson):
    lesson_of(lesson, ("zero", "零"), ("two", "二"))
    assert language_pairs.changed_alone(lesson, language_pairs.recorded()["rnn"]) == []


def test_texts_that_change_partners_are_seen(lesson):
    """Each of them is known, but not together."""
    lesson_of(lesson, ("one", "二"), ("two", "一"))
    assert len(language_pairs.changed_alone(lesson, language_pairs.recorded()["rnn"])) == 2
