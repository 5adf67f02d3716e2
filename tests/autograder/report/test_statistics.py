"""The class in numbers."""

from autograder.base.text import text
from autograder.report import statistics
from autograder.report.reading import Gradebook, Student
from tests.autograder.samples import check_result, graded, rejected


def gradebook(*results):
    return Gradebook([Student(r.submission, {r.unit: r}) for r in results], [])


def test_scores_fall_into_bins_and_rejected_ones_into_none():
    full, half = (
        graded("a"),
        graded("b", check_result(), check_result(status="failed"), seconds=2.0),
    )
    [spread] = statistics.spreads(gradebook(full, half, rejected("c")))
    assert spread.counts == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (spread.total, spread.mean, spread.median) == (2, 75.0, 75.0)
    assert (spread.median_seconds, spread.longest_seconds, spread.longest_name) == (1.2, 2.0, "b")


def test_a_class_of_rejected_hand_ins_has_no_spread():
    book = gradebook(rejected("a"))
    assert (statistics.spreads(book), statistics.hardest(book)) == ([], [])


def test_the_hardest_come_first_and_what_was_skipped_does_not_count():
    def handin(name, easy, hard, gpu="skipped"):
        return graded(
            name,
            check_result(slug="easy", status=easy),
            check_result(slug="hard", status=hard, title=text("Hard", "难")),
            check_result(slug="gpu", status=gpu),
        )

    book = gradebook(
        handin("a", "passed", "missing"),
        handin("b", "failed", "error"),
        handin("c", "passed", "passed"),
    )
    hard, easy = statistics.hardest(book)
    assert (hard.title["en"], hard.right, hard.tried, hard.missing) == ("Hard", 1, 3, 1)
    assert (easy.right, easy.tried) == (2, 3)
    assert len(statistics.hardest(book, count=1)) == 1


def test_mistakes_count_once_a_hand_in_commonest_first():
    def handin(name, *mistakes):
        return graded(name, *(check_result(status="failed", mistake=m) for m in mistakes))

    book = gradebook(
        handin("a", "axis-ignored", "axis-ignored"),
        handin("b", "mask-inverted", "of-another-year"),
        handin("c", "mask-inverted"),
    )
    found = statistics.common_mistakes(book)
    assert [(m.name, m.count) for m in found] == [
        ("mask-inverted", 2),
        ("axis-ignored", 1),
        ("of-another-year", 1),
    ]
    assert {m.graded for m in found} == {3}
    assert found[0].title["zh"] == "掩码的含义弄反了"
    assert (found[2].title["en"], found[2].hint) == ("of-another-year", None)


def test_the_checks_that_took_the_most_time_in_all_come_first():
    def handin(name, quick, slow):
        return graded(
            name,
            check_result(slug="quick", seconds=quick),
            check_result(slug="slow", seconds=slow, title=text("Slow", "慢")),
        )

    book = gradebook(handin("a", 0.5, 3.0), handin("b", 0.25, 1.0), rejected("c"))
    slow, quick = statistics.slowest(book)
    assert (slow.title["en"], slow.total, slow.median) == ("Slow", 4.0, 2.0)
    assert (slow.longest, slow.longest_name) == (3.0, "a")
    assert quick.total == 0.75
    assert statistics.slowest(book, count=1) == [slow]


def test_results_that_do_not_tell_a_checks_time_have_no_slow_checks():
    assert statistics.slowest(gradebook(graded("a"))) == []
