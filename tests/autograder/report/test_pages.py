"""Pages: all that a result holds in both languages, and nothing of it as markup."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.lookalikes.code import Piece, Token
from autograder.lookalikes.comparing import Lookalikes
from autograder.lookalikes.hints import Hints
from autograder.report.pages import class_page, pair_page, student_page
from autograder.report.reading import Gradebook, Student
from tests.autograder.samples import check_result, graded, rejected, weights

EMPTY = ("meta", "input", "br", "link", "img", "hr")
TITLE = text("Masked weights are exactly 0", "被掩盖的权重恰好为 0")


class Page(HTMLParser):
    """A page's elements, each with its attributes' names; its text; its headings."""

    def __init__(self, page):
        super().__init__()
        self.elements = Counter()
        self.attributes = {}
        self.ids = []
        self.links = []
        self.text = ""
        self.headings = []
        self.open = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag, tuple(sorted(name for name, _ in attributes))] += 1
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data


def of_student(*results, language="en"):
    student = Student(results[0].submission, {result.unit: result for result in results})
    return student_page(student, language)


def of_pair(*results, language="en"):
    """The page of two hand-ins whose names and code are those of a result."""
    words = results[0].checks[0].exercise
    pieces = [
        Piece(name, "code cell 1", ((1, words), (2, words[::-1])), (Token(words, 1),) * 20)
        for name in (words, words + words)
    ]
    pair = Lookalikes(
        "attention", results[0].submission, words, 50, 0.5, (tuple(pieces),), frozenset()
    )
    return pair_page(pair, language)


def test_the_first_check_of_a_mistake_is_open_and_the_others_are_folded():
    checks = [
        check_result(
            status="failed", slug=f"c{n}", mistake="mask-inverted", worth=20.0,
            wrong=text(f"Wrong in way {n}.", f"第 {n} 种错误。"),
        )
        for n in range(3)
    ]  # fmt: skip
    shown = of_student(graded("ada", *checks, check_result(slug="right", worth=40.0)))
    first, _, rest = shown.partition('<details class="more">')
    assert "Wrong in way 0." in first
    assert "2 more checks show it" in rest
    assert "Wrong in way 1." not in first
    for words in ("Wrong in way 1.", "Wrong in way 2."):
        assert words in rest.partition("</details>")[0]
    assert "1 check<" in rest
    alone = of_student(graded("ada", checks[0], check_result(slug="right", worth=80.0)))
    assert "more checks" not in alone


def of_class(*results, language="en", unreadable=(), pairs=None):
    students = {}
    for result in results:
        students.setdefault(result.submission, {})[result.unit] = result
    book = Gradebook([Student(name, found) for name, found in students.items()], list(unreadable))
    if pairs is None:
        return class_page(book, language)
    found = [Lookalikes("attention", *names, 50, 0.625, (), frozenset()) for names in pairs]
    return class_page(book, language, Hints(found, 3, [("dan", "attention")]))


def with_hints(*results, language="en"):
    """The class's page with a pair of two names that may hold anything."""
    pairs = [(results[0].submission, results[0].checks[0].exercise)]
    return of_class(*results, language=language, pairs=pairs)


def seen(page, language):
    """The text of a page in one language."""
    other = {"en": "zh", "zh": "en"}[language]
    return Page(re.sub(rf'<span class="{other}".*?</span>', "", page, flags=re.DOTALL)).text


def hostile(name, words):
    """Results that hold these words wherever a student's, or anybody's, may stand."""
    both = text(words, words + "。")
    failed = check_result(
        words,
        "failed",
        title=both,
        wrong=both,
        input={words: words, "weights " * 9: [[0.5, 0.5]]},
        answer=words,
        mistake=words,
        hint=both,
        attention=weights(heads=2) | {words: words},
        seconds=0.5,
    )
    first = graded(
        name, failed, check_result("b", "passed"), check_result("c", "missing", title=both)
    )
    first.backend = words
    first.problems = [both]
    return [first, rejected(name, both, unit="rnn")]


NASTY = st.text(
    alphabet=st.sampled_from("<>&\"'`=/ \n\tab!-[]{}%#;\x00\x1b\u202e\ud800\U0001f600中")
    | st.characters(),
    min_size=1,
    max_size=40,
) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</title><script>alert(1)</script>",
        "</script></style><b>",
        "<!--",
        "]]>",
        "{{ 7 * 7 }}{% raw %}",
        "&lt;script&gt;",
        "javascript:alert(1)",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(NASTY, NASTY)
def test_nothing_of_a_result_becomes_markup(name, words):
    for make in (of_student, with_hints, of_pair):
        # Words that need no escaping give a page of the same elements.
        plain, page = Page(make(*hostile("n", "w"))), make(*hostile(name, words))
        found = Page(page)
        assert found.elements == plain.elements
        assert found.ids == plain.ids
        assert not found.open
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize("make", [of_student, with_hints, of_pair])
def test_escaped_words_are_still_read(make):
    assert (
        "<b>x</b> & \"y\" 'z' &amp;" in Page(make(*hostile("n", "<b>x</b> & \"y\" 'z' &amp;"))).text
    )


@pytest.mark.parametrize("name", ["a b", "x#y?z%41", "王小明", "..\u00e9", "a&b=c", 'q"<'])
def test_links_lead_to_the_students_page(name):
    from urllib.parse import unquote, urlsplit

    page = Page(of_class(graded(name)))
    [link] = {link for link in page.links if link.startswith("students/") and "#" not in link}
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.query) == ("", "", "")
    assert unquote(parts.path) == f"students/{name}.html"


@pytest.mark.parametrize("make", [of_student, with_hints, of_pair])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_loads_nothing_and_allows_nothing_else(make, language):
    page = make(*hostile("n", "w"), language=language)
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy
    assert not re.search(
        '(?<!xmlns=")https?://|url[(]|@import|<link|<img|<iframe| style=| on[a-z]+=', page
    )
    assert "localStorage" not in page
    assert "cookie" not in page


def test_the_digests_in_the_policy_are_those_of_style_and_script():
    import base64
    import hashlib

    page = of_class(graded("ann"))
    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;".replace("+", "&#43;") in page.replace(
            "+", "&#43;"
        )


@pytest.mark.parametrize("make", [of_student, with_hints, of_pair])
def test_headings_go_down_one_at_a_time_and_headers_have_a_scope(make):
    page = Page(make(*hostile("n", "w")))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(
        after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False)
    )
    headers = [names for tag, names in page.elements if tag == "th"]
    assert headers
    assert all("scope" in names for names in headers)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize(
    ("language", "there", "elsewhere"),
    [
        ("en", ["What was wrong", "Masked weights are exactly 0", "wrong answer"], "哪里错了"),
        ("zh", ["哪里错了", "被掩盖的权重恰好为 0", "结果错误"], "What was wrong"),
    ],
)
def test_both_languages_are_in_a_page_and_it_opens_in_one(language, there, elsewhere):
    page = of_student(graded("ann", check_result(status="failed", title=TITLE)), language=language)
    shown = seen(page, language)
    assert all(words in shown for words in there)
    assert elsewhere not in shown
    assert elsewhere in page
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page
    assert re.search(f'id="speak-{language}"[^>]* checked', page)
    assert len(re.findall(" checked>", page)) == 1


def test_no_chinese_is_left_in_the_english_text_but_the_switch():
    checks = [check_result(f"e{s}", s, attention=weights(), seconds=1.0) for s in STATUSES]
    results = [graded("ann", *checks), rejected("bob")]
    results[0].problems = [text("A note.", "说明。")]
    for page in (of_student(results[0]), with_hints(*results), of_pair(results[0])):
        assert re.findall("[一-鿿]+", seen(page, "en")) == ["语言", "中文"]


STATUSES = ("passed", "failed", "error", "timeout", "crashed", "missing", "skipped")


def test_a_known_mistake_is_told_once_with_its_hint_and_its_checks():
    wrong = [
        check_result(status="failed", slug=slug, mistake="mask-inverted", wrong=text(slug, slug))
        for slug in ("masked", "zeros")
    ]
    shown = seen(of_student(graded("ann", *wrong)), "en")
    assert shown.count("the mask is read the other way round") == 1
    assert "Here True means: may be attended to." in shown
    assert "It shows in 2 checks:" in shown


def test_a_fault_of_several_checks_is_named_once():
    fault = text("Your code raised ValueError: no", "你的代码抛出了 ValueError: no")
    wrong = [
        check_result(status="error", slug=slug, title=text(slug, slug), wrong=fault)
        for slug in ("one", "two", "three")
    ]
    shown = seen(of_student(graded("ann", *wrong)), "en")
    assert shown.count("Your code raised ValueError: no") == 1
    assert all(slug in shown for slug in ("one", "two", "three"))
    assert "0/12 points" in shown


def test_inputs_are_tables_and_weights_a_picture_with_its_numbers():
    check = check_result(status="failed", input={"x": [[1.0, "-inf"]]}, answer=[[0.2, 0.7]])
    page = of_student(graded("ann", check))
    assert "<td>1</td><td>-inf</td>" in page
    assert 'aria-label=" 1 × 2: 0.2, 0.7"' in page
    assert re.search('<text class="number"[^>]*>0.7</text>', page)
    assert "An input that shows it" not in page


def test_several_mistakes_are_named_with_the_fault_of_the_check():
    several = text("It looks like one of these: a; or b.", "看起来是其中之一：a；或者b。")
    both = {"status": "failed", "wrong": text("No sum of one.", "和不为一。"), "hint": several}
    for name in (None, "no-such-mistake"):
        page = of_student(graded("ann", check_result(**both, mistake=name)))
        assert "No sum of one. It looks like one of these: a; or b." in seen(page, "en")
        assert "和不为一。看起来是其中之一：a；或者b。" in seen(page, "zh")


def test_a_skipped_check_costs_nothing_and_says_why():
    why = text("Not run: it needs a GPU.", "未运行：需要 GPU。")
    shown = seen(
        of_student(graded("ann", check_result(), check_result(status="skipped", wrong=why))), "en"
    )
    assert "Not run, and not counted" in shown
    assert why["en"] in shown
    assert "4/4" in shown
    assert "1/1" in shown
    assert "What was wrong" not in shown


def test_what_another_exercise_made_fail_is_right_and_says_why():
    why = text("Right, with a right softmax in its place.", "换上正确的 softmax 后结果正确。")
    others = [
        check_result(
            "self_attention", title=text(slug, slug), slug=slug, wrong=why, comes_from="softmax"
        )
        for slug in ("one", "two")
    ]
    page = of_student(graded("ann", check_result(status="failed"), *others))
    shown = seen(page, "en")
    assert shown.index("What was right") < shown.index(why["en"])
    assert shown.count(why["en"]) == 1
    assert all(f"{slug} (with a right softmax)" in shown for slug in ("one", "two"))
    assert "one（换上正确的 softmax）" in seen(page, "zh")


def test_a_rejected_hand_in_is_told_on_both_pages():
    result = rejected("ann", text("The file is not text in UTF-8.", "文件不是 UTF-8 文本。"))
    student, everyone = seen(of_student(result), "en"), seen(of_class(result, graded("bob")), "en")
    assert "This could not be graded" in student
    assert "The file is not text in UTF-8." in student
    assert everyone.index("To look at first") < everyone.index("The file is not text in UTF-8.")
    assert everyone.index("The file is not text in UTF-8.") < everyone.index("Hand-ins by score")


def test_unreadable_files_are_on_top_of_the_class():
    shown = seen(of_class(graded("ann"), unreadable=["bob/attention.json"]), "en")
    assert shown.index("bob/attention.json") < shown.index("Hand-ins by score")


def test_a_class_of_rejected_hand_ins_has_a_page():
    assert "No known mistake was named." in seen(of_class(rejected("ann")), "en")


def test_rows_carry_what_the_filters_ask_for():
    page = of_class(
        graded("full", check_result(worth=100.0)),
        graded("low", check_result(status="failed", mistake="mask-inverted", worth=100.0)),
        rejected("no"),
        graded("part", unit="rnn"),
    )
    begins = '<tr([^>]*)><th scope="row"><a href="students/([a-z]*).html">'
    rows = {match[2]: match[1].strip() for match in re.finditer(begins, page)}
    assert rows["low"] == 'data-k="ih" data-m="0"'
    assert rows["no"] == 'data-k="rih"'
    assert rows["part"] == 'data-k="ih"'
    assert 'data-k="f"' in of_class(graded("full", check_result(worth=100.0)))


def test_problems_are_told_in_the_readers_language_on_both_pages():
    result = rejected("ann")
    for page in (of_student(result), of_class(result)):
        assert "The file is empty." in seen(page, "en")
        assert "文件是空的。" not in seen(page, "en")
        assert "文件是空的。" in seen(page, "zh")
        assert "The file is empty." not in seen(page, "zh")


def test_attention_weights_stand_beside_their_difference_and_in_a_table():
    check = check_result(status="failed", attention=weights(heads=2, queries=2, keys=3))
    page = of_student(graded("ann", check))
    assert page.count('<svg class="heatmap" aria-hidden="true"') == 4
    assert page.count(">−0.25</text>") == 12
    assert page.count("<td>0.5 (−0.25)</td>") == 12
    assert "Head 1: your weight (yours minus the right one)" in seen(page, "en")
    assert "Head 2" not in seen(page, "en")


def test_weights_of_another_shape_are_shown_without_a_difference():
    check = check_result(status="failed", attention=weights() | {"difference": None})
    shown = seen(of_student(graded("ann", check)), "en")
    assert "There is no difference to show where they have another shape" in shown
    assert "orange" not in shown


def test_numbers_that_the_picture_has_are_not_listed_again():
    wrong = {"status": "failed", "input": {"x": 1}, "answer": [[0.5, 0.5]]}
    page = of_student(graded("ann", check_result(**wrong, attention=weights(queries=1, keys=2))))
    assert "your result" not in page
    page = of_student(graded("ann", check_result(**wrong, attention=weights(queries=1, keys=3))))
    assert "your result" in page


def test_the_time_of_checks_is_on_both_pages_where_results_tell_it():
    result = graded(
        "ann", check_result(seconds=0.004), check_result(status="failed", seconds=12.34)
    )
    assert "0.004 s" in seen(of_student(result), "en")
    assert "12.3 s" in seen(of_student(result), "en")
    assert "The checks that took the most time" in seen(of_class(result), "en")
    for page in (of_student(graded("ann")), of_class(graded("ann"))):
        assert "The checks that took" not in seen(page, "en")
        assert "0.000 s" not in page


def test_look_alikes_are_a_hint_on_the_class_page_alone():
    results = [graded("ann"), graded("bob"), graded("dan")]
    shown = seen(of_class(*results, pairs=[("ann", "bob")]), "en")
    assert "ann and bob" in shown
    assert "62 %" in shown
    assert "see both before you think anything" in shown
    assert "Not compared" in shown
    assert "No two of them read alike." in seen(of_class(*results, pairs=[]), "en")
    assert "alike" not in Page(of_class(*results)).text
    assert "alike" not in Page(of_student(results[0])).text


def test_a_pairs_page_leads_back_and_to_both():
    page = Page(of_pair(graded("ann", check_result("bob"))))
    assert {"../index.html#alike", "../students/ann.html#unit-attention"} <= set(page.links)
    assert "../students/bob.html#unit-attention" in page.links
