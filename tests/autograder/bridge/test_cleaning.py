"""Nothing of a student's text cells and outputs runs in the instructor's page."""

import html
import html.parser

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from autograder.bridge import PREPROCESSORS, SANITIZERS
from autograder.bridge.cleaning import clean_html, clean_markdown, clean_notebook
from course.kit.units import ORDER
from tests.conftest import ROOT

ACTIVE = [
    "Hello <script>window.x = document.cookie</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "<a href='java&#x09;script:alert(1)'>x</a>",
    "<a href=' &#106;avascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a> <a href='data:text/html,<script>1</script>'>x</a>",
    "![x](data:image/svg+xml;base64,AAAA)",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<form action=//x><button formaction=javascript:1>x</button></form>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<meta http-equiv=refresh content='0;url=//x'><base href=//x><link rel=stylesheet href=//x>",
    "<details open ontoggle=alert(1)>x</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "```\n<script>1</script>\n```\n\n<script>2</script>",
    "$a<script>1</script>$ <object data=x></object><embed src=x>",
]
PLAIN = [
    "# Title\n\na *b* `if a < b` and [x](https://example.org)\n\n> quoted\n\n1. one\n2. two",
    "$$\\begin{matrix} a & b \\\\ c < d \\end{matrix}$$ and $x<y$, $\\langle a, b \\rangle$",
    "```python\nif a < b and c > d:\n\n    print('<script>')\n```",
    "<details><summary>Hint</summary>text</details> a<br>b",
    "中文 & 数学 $\\alpha$",
]


class _Active(html.parser.HTMLParser):
    """Collects what a browser would run or obey."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "svg", "math", "iframe", "form", "button", "object", "embed", "style"):
            self.found.append(tag)
        if tag in ("meta", "base", "link", "animate", "noscript", "input", "textarea"):
            self.found.append(tag)
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "action"):
                self.found.append(name)
            if address.startswith(("javascript:", "vbscript:", "data:text", "data:image/svg")):
                self.found.append(address)


def active(shown):
    parser = _Active()
    parser.feed(shown)
    parser.close()
    return parser.found


@pytest.mark.parametrize("source", ACTIVE)
def test_what_a_browser_would_run_is_taken_out(source):
    assert active(markdown2html_mistune(source)) or "noscript" in source
    cleaned = clean_markdown(source)
    assert active(markdown2html_mistune(cleaned)) == []
    assert clean_markdown(cleaned) == cleaned
    assert active(clean_html(source)) == []


@pytest.mark.parametrize("source", PLAIN)
def test_what_is_plain_stays_letter_by_letter(source):
    assert clean_markdown(source) == source


def test_code_and_mathematics_beside_a_script_are_still_shown():
    source = "$x<y$\n\n```\nif a<b:\n\n  x\n```\n\n<script>1</script>"
    shown = markdown2html_mistune(clean_markdown(source))
    assert "$x&lt;y$" in shown
    assert "if a&lt;b:&#10;&#10;  x" in shown


def test_a_tag_that_does_not_end_swallows_no_other_cell():
    for source in ('<img title="', "<a href='", "<!--", "<title>", "x </div></div>"):
        assert clean_html(source).count("<") == clean_html(source).count(">"), source
        assert "</div>" not in clean_html(source)


@pytest.mark.parametrize("unit", ORDER)
def test_the_lessons_stay_as_they_are(unit):
    for language in ("en", "zh"):
        path = ROOT / "course" / "notebooks" / language / f"{unit}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        before = [cell.source for cell in notebook.cells]
        clean_notebook(notebook)
        assert [cell.source for cell in notebook.cells] == before


@given(st.lists(st.sampled_from([*ACTIVE, *PLAIN, "<", ">", '"', "'", "\n\n", "`", "$", "&"])))
def test_pieces_in_any_order_run_nothing(pieces):
    cleaned = clean_markdown("".join(pieces))
    assert active(markdown2html_mistune(cleaned)) == []


def test_cells_outputs_and_pictures_of_a_notebook():
    script = "<b>x</b><script>1</script>"
    code = nbformat.v4.new_code_cell("x")
    code.outputs = [
        nbformat.v4.new_output(
            "display_data",
            data={
                "text/html": script,
                "image/svg+xml": "<svg/>",
                "application/javascript": "1",
                "image/png": "AAAA",
            },
        ),
        nbformat.v4.new_output("stream", text=script),
    ]
    text = nbformat.v4.new_markdown_cell("![a](attachment:a)")
    text.attachments = {"a": {"image/svg+xml": "AAAA", "image/png": "AAAA"}}
    released = nbformat.v4.new_markdown_cell("<video src=x></video>")
    released.metadata["nbgrader"] = {"locked": True, "grade_id": "a"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_raw_cell(script), code, text, released]
    )
    clean_notebook(notebook)
    raw = notebook.cells[0]
    assert raw.source == "<b>x</b>1"
    assert code.outputs[0].data == {"text/html": "<b>x</b>1", "image/png": "AAAA"}
    assert code.outputs[1].text == script  # shown as text
    assert text.attachments == {"a": {"image/png": "AAAA"}}
    assert released.source == "<video src=x></video>"


def test_a_picture_stays_attached_and_what_nbconvert_gives_up_on_is_text():
    assert clean_markdown("![a](attachment:a)") == "![a](attachment:a)"
    cleaned = clean_markdown("![a](attachment:a) <script>1</script>")
    assert cleaned == '<div><p><img src="attachment:a" alt="a"> 1</p></div>'
    missing = "![a](&#97;ttachment:a) <b>"
    assert clean_markdown(missing) in (missing, f"<div><pre>{html.escape(missing)}</pre></div>")


def test_both_lists_of_steps_clean():
    assert SANITIZERS[-1] == "autograder.bridge.cleaning.CleanText"
    assert PREPROCESSORS.index("autograder.bridge.cleaning.CleanText") == 1
