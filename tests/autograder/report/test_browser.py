"""The pages in a browser: they fit, they fetch nothing, and what can be pressed works."""

import pytest

from autograder.base.text import text
from autograder.lookalikes.comparing import find_pairs
from autograder.lookalikes.hints import Hints
from autograder.report.reading import read_gradebook
from autograder.report.site import write_site
from tests.autograder.lookalikes import made
from tests.autograder.samples import check_result, graded, put, rejected, weights

pytestmark = pytest.mark.slow
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1300, "height": 900}
UNITS = ("rnn", "cnn", "attention", "multi_head", "positional", "transformer", "translation")
HOSTILE = '<img src=x onerror="document.title=1">'
WIDE = {"x": [[float(number) for number in range(30)]], "weights": [[0.5] * 30, [0.25] * 30]}
LONG = text("it" * 300, "长" * 300)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of a class: three people with all units, a rejected one, a hostile name."""
    results = tmp_path_factory.mktemp("results")
    for unit in UNITS:
        put(results, graded("Ann", check_result(worth=100.0), unit=unit))
    put(
        results,
        graded("Bob 10", check_result(status="failed", mistake="mask-inverted", worth=100.0)),
        graded(
            "Bob 9",
            check_result(worth=70.0),
            check_result(status="missing", worth=30.0),
            seconds=9.0,
        ),
        rejected("王小明"),
        graded(
            HOSTILE,
            check_result(
                status="failed",
                title=LONG,
                wrong=LONG,
                input=WIDE,
                attention=weights(heads=8, queries=12, keys=12),
                seconds=0.25,
                worth=60.0,
            ),
            check_result(status="passed", slug="b", worth=40.0),
        ),
    )
    source = made.right_modules("translation")["batched_beams"]
    hand_ins = [made.read(name, source, "translation") for name in ("Ann", HOSTILE)]
    [pair] = find_pairs(hand_ins, "translation")
    index = write_site(
        read_gradebook(results),
        tmp_path_factory.mktemp("made") / "pages",
        "en",
        Hints([pair], 2, [("王小明", "attention")]),
    )
    return index.parent


@pytest.fixture
def view(browser):
    """A function that opens a page; what the page asked for and complained of is looked at."""
    asked, faults, opened = [], [], []

    def look(path, size=DESK, **options):
        page = browser.new_page(viewport=size, **options)
        opened.append(page)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(path.as_uri())
        return page

    yield look
    for page in opened:
        page.close()
    assert asked
    assert all(url.startswith("file:") for url in asked)
    assert not faults


def rows(page):
    return page.locator("#table tbody tr:visible th").all_inner_texts()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "pairs/1.html",
        "students/Ann.html",
        f"students/{HOSTILE}.html",
        "students/王小明.html",
    ],
)
def test_a_page_fits(site, view, name, language, scheme, size):
    page = view(site / name, size, color_scheme=scheme)
    page.locator(f"#speak-{language}").check()
    # Nothing makes the page itself scroll sideways.
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for element in page.locator("svg[role=img]").all():
        assert element.get_attribute("aria-label")


def test_the_language_is_switched_and_forgotten(site, view):
    page = view(site / "students" / "Ann.html")
    english, chinese = page.get_by_text("What was right"), page.get_by_text("做对了的")
    assert (english.count(), chinese.count()) == (7, 7)
    assert english.first.is_visible()
    assert not chinese.first.is_visible()
    page.get_by_label("中文").check()
    assert chinese.first.is_visible()
    assert not english.first.is_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == "Ann：作业反馈"
    page.get_by_label("English").focus()
    page.keyboard.press("Space")
    assert page.title() == "Ann: feedback"
    page.get_by_label("中文").check()
    page.reload()
    assert english.first.is_visible()


def test_the_switch_works_without_scripts(site, view):
    page = view(site / "index.html", java_script_enabled=False)
    assert page.get_by_role("heading", name="Hardest checks").is_visible()
    page.get_by_label("中文").check()
    assert page.get_by_role("heading", name="最难的检查").is_visible()
    assert not page.get_by_role("search").is_visible()
    assert len(rows(page)) == 5


def test_search(site, view):
    page = view(site / "index.html")
    box = page.get_by_label("Search a name")
    box.fill("bob")
    assert rows(page) == ["Bob 10", "Bob 9"]
    assert page.locator("#shown").inner_text() == "2 of 5 shown"
    box.fill("9 BOB")
    assert rows(page) == ["Bob 9"]
    box.fill("王")
    assert rows(page) == ["王小明"]
    box.fill("nobody")
    assert rows(page) == []
    assert page.get_by_text("Nobody fits").is_visible()
    page.get_by_role("button", name="Show all").click()
    page.locator("#count", has_text="5").wait_for()
    assert len(rows(page)) == 5


def test_filters(site, view):
    page = view(site / "index.html")
    page.locator("#kind").select_option("r")
    assert rows(page) == ["王小明"]
    page.locator("#kind").select_option(label="with full marks")
    assert rows(page) == ["Ann"]
    page.get_by_role("button", name="Who made it").click()
    assert rows(page) == ["Bob 10"]
    assert page.locator("#mistake").input_value() == "0"
    page.get_by_label("中文").check()
    assert page.locator("#mistake option").all_inner_texts() == ["不限", "掩码的含义弄反了（1）"]


def test_sorting(site, view):
    page = view(site / "index.html")
    headers = page.locator("#table thead th")

    def press(name):
        page.get_by_role("columnheader", name=name).get_by_role("button").press("Enter")
        return [header.get_attribute("aria-sort") for header in headers.all()]

    assert headers.first.get_attribute("aria-sort") == "ascending"
    assert press("Seconds")[-1] == "descending"
    assert rows(page)[0] == "Bob 9"
    sorts = press("Sum")
    assert sorts[-2:] == ["descending", None]
    assert rows(page)[0] == "Ann"
    assert press("Sum")[-2] == "ascending"
    assert rows(page)[-1] == "Ann"
    press("Student")
    assert [name for name in rows(page) if name.startswith("Bob")] == ["Bob 9", "Bob 10"]
    press("Student")
    assert [name for name in rows(page) if name.startswith("Bob")] == ["Bob 10", "Bob 9"]
    # Whoever did not hand a unit in stays at the end, whichever way it goes.
    for _ in range(2):
        press("Recurrent networks")
        assert rows(page)[0] == "Ann"


def test_a_name_leads_to_the_students_page(site, view):
    page = view(site / "index.html")
    page.locator("#table").get_by_role("link", name=HOSTILE).click()
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.title() == f"{HOSTILE}: feedback"
    assert page.locator("img").count() == 0


def test_a_pair_is_looked_at_side_by_side_with_the_keyboard(site, view):
    page = view(site / "index.html")
    page.get_by_role("link", name="side by side").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/pairs/1.html")
    assert page.title() == f"Ann and {HOSTILE} side by side"
    listing = page.get_by_role("table").first
    columns = listing.get_by_role("columnheader").all_inner_texts()
    assert (columns[2], columns[4]) == ("Ann", HOSTILE)
    marks = listing.locator("tr.alike").first
    assert marks.get_by_role("cell").first.inner_text().split() == ["●", "alike"]
    page.get_by_role("link", name="back to the class").click()
    page.wait_for_url("**/index.html#alike")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_attention_weights_have_signs_colours_and_a_table(site, view, scheme):
    page = view(site / "students" / f"{HOSTILE}.html", color_scheme=scheme)
    figure = page.locator("figure.attention")
    left, right = figure.locator(".sides").first.locator("svg").all()
    colour = "element => getComputedStyle(element).fill"
    plus, minus = (side.locator("rect").first.evaluate(colour) for side in (left, right))
    assert plus != minus
    table = figure.get_by_role("table").first
    assert not table.is_visible()
    figure.locator("summary").focus()
    page.keyboard.press("Enter")
    assert table.is_visible()
    assert table.get_by_role("columnheader").count() == 13
    assert table.get_by_role("cell").first.inner_text() == "0.5 (−0.25)"
    assert figure.get_by_role("table").count() == 8


def test_on_paper_a_closed_table_leaves_no_trace(site, view):
    page = view(site / "students" / f"{HOSTILE}.html")
    page.emulate_media(media="print")
    assert page.locator("figure.attention svg").first.is_visible()
    assert not page.locator("figure.attention summary").is_visible()


def test_the_policy_keeps_a_foreign_script_from_running(site, browser):
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    page.close()


def test_focus_is_seen_and_the_first_key_skips_to_the_content(site, view):
    page = view(site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["height"] > 10
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.querySelector('input:focus + span')).outlineStyle"
    assert page.evaluate(outline) == "solid"


def test_on_paper_the_switch_is_gone(site, view):
    page = view(site / "students" / "Ann.html")
    page.emulate_media(media="print")
    assert not page.locator(".language").is_visible()
    assert page.get_by_text("What was right").first.is_visible()
