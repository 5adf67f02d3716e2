"""Results to export, and texts that mean harm."""

from hypothesis import strategies as st

from autograder.base.text import text
from autograder.results.statuses import CHECK_STATUSES
from tests.autograder import samples

HOSTILE = (
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "＝1",
    "]]><script>alert(1)</script>&amp;",
    'a"b,c;d',
    "line\nbreak\r\nother",
    "\x00\x07\x1b[31mred\x9b31m",
    "\ud800 \ufffe \uffff",
    "::error::owned",
    "ok\n  ::set-output name=x::y",
    "##[error]owned",
    "张三 🎉 \u202etxt",
)

NOTHING = text("Nothing of the unit is in the hand-in.", "这份作业中没有该单元的内容。")
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
pairs = st.builds(text, texts, texts)


def check(slug="rows", status="passed", points=3.0, **fields):
    title, wrong = (
        text(f"Title of {slug}", f"{slug} 的标题"),
        text(f"Message of {slug}.", f"{slug} 的说明。"),
    )
    fields = {"title": title, "wrong": wrong} | fields
    return samples.check_result(status=status, slug=slug, worth=points, **fields)


def graded(name="alice", unit="attention", checks=None, **fields):
    """A graded hand-in: 60 of 100 points, unless the checks say otherwise."""
    if checks is None:
        checks = [
            check("rows", "passed", 60.0),
            check("axis", "failed", 30.0, mistake="axis-ignored"),
            check("stable", "error", 10.0),
        ]
    defaults = {"duration_s": 1.25, "isolation": ["seccomp", "rlimits"], "suite": "abc"}
    fields = defaults | {"hand_in": "def"} | ({} if checks else samples.NO_CHECKS) | fields
    return samples.graded(name, *checks, unit=unit, **fields)


def with_skipped(name="sam", unit="attention"):
    """60 of the 80 points that could be had; a check worth 20 was not run."""
    checks = [
        check("rows", "passed", 60.0),
        check("axis", "missing", 20.0),
        check("gpu", "skipped", 20.0),
    ]
    return graded(name, unit, checks)


def all_skipped(name="sue", unit="attention"):
    return graded(name, unit, [check("gpu", "skipped", 100.0)])


def rejected(name="bob", unit="attention", reason=NOTHING):
    return graded(name, unit, [], status="rejected", max_score=100.0, problems=[reason])


@st.composite
def results(draw):
    """Graded or rejected, with whatever text a student could smuggle in."""
    name = draw(texts)
    if draw(st.booleans()):
        return rejected(name, reason=draw(pairs))
    checks = [
        check(
            str(number),
            draw(st.sampled_from(CHECK_STATUSES)),
            10.0,
            wrong=draw(pairs),
            hint=draw(st.none() | pairs),
            mistake=draw(st.none() | texts),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    return graded(name, checks=checks, problems=draw(st.lists(pairs, max_size=2)))
