"""Text and outputs of a hand-in, without anything that a browser would run.

nbgrader's formgrader and feedback show a student's text cells and outputs as a part of their own
page, in the instructor's session. What is shown here is what nbconvert would show, less the tags,
attributes and addresses that are not on bleach's list.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

import bleach
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.bridge.metadata import facts_of

_TAGS = frozenset(
    {
        *("a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup"),
        *("dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1"),
        *("h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p"),
        *("pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "summary", "sup"),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
    }
)
_ATTRIBUTES = {
    "*": ["align", "class", "colspan", "dir", "id", "lang", "rowspan", "title", "valign"],
    "a": ["href"],
    "col": ["span", "width"],
    "details": ["open"],
    "font": ["color", "face", "size"],
    "img": ["alt", "height", "src", "width"],
    "li": ["value"],
    "ol": ["start", "type"],
    "table": ["border", "width"],
    "td": ["headers", "width"],
    "th": ["headers", "scope", "width"],
}
_PROTOCOLS = frozenset({"http", "https", "mailto", "attachment", "data"})
_PICTURES = ("image/png", "image/jpeg", "image/gif")
# nbconvert looks for an attached picture while it writes HTML; here it needn't be there.
_ATTACHED, _ELSEWHERE = "attachment:", "https://attachment.invalid/"
_PLAIN = ("text/plain", "text/latex", "application/json", *_PICTURES)


class CleanText(NbGraderPreprocessor):
    """Takes out of text cells and outputs whatever a browser would run or obey."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Clean a notebook; what needs no cleaning stays as it is, letter by letter."""
        clean_notebook(nb)
        return nb, resources


def clean_notebook(nb: NotebookNode) -> None:
    """Clean a notebook's cells in place.

    A locked cell of the released notebook is left: nbgrader has put it back by then. Of a cell
    with a picture attached, only pictures of points stay attached.
    """
    for cell in nb.cells:
        if cell.cell_type == "code":
            for output in cell.get("outputs", []):
                _clean_output(output)
            continue
        facts = facts_of(cell, "nbgrader")
        if not (facts.get("locked") is True and facts.get("grade_id")):
            cell.source = _clean_cell(cell)
        if "attachments" in cell:
            cell.attachments = _pictures(cell.attachments)


def _clean_cell(cell: NotebookNode) -> str:
    return clean_markdown(cell.source) if cell.cell_type == "markdown" else clean_html(cell.source)


def clean_markdown(source: str) -> str:
    """Return Markdown that shows nothing active: as it was where that is so, else as one line of
    HTML, which Markdown leaves alone.
    """
    try:
        shown = markdown2html_mistune(source.replace(_ATTACHED, _ELSEWHERE))
    except Exception:  # nbconvert gives up on it, and would give up on the whole notebook
        return _one_line(f"<pre>{html.escape(source)}</pre>")
    cleaned = clean_html(shown)
    return source if cleaned == shown else _one_line(cleaned).replace(_ELSEWHERE, _ATTACHED)


def _one_line(shown: str) -> str:
    """Return HTML on one line: a blank line would end it, and begin Markdown again."""
    lines = shown.strip().replace("\n", "&#10;").replace("\r", "&#10;")
    return f"<div>{lines}</div>"


def clean_html(source: str) -> str:
    """Return HTML without what a browser would run or obey; as it was where there is nothing.

    Tags that begin and don't end are taken out or closed, too: they would go on in the next cell.
    """
    cleaned = bleach.clean(source, _TAGS, _attribute, _PROTOCOLS, strip=True, strip_comments=True)
    return source if cleaned == re.sub(r"\s*/>", ">", source) else cleaned


def _attribute(tag: str, name: str, value: str) -> bool:
    if value.strip().lower().startswith("data:"):
        pictures = tuple(f"data:{kind};" for kind in _PICTURES)
        return tag == "img" and name == "src" and value.strip().lower().startswith(pictures)
    return name in _ATTRIBUTES["*"] or name in _ATTRIBUTES.get(tag, ())


def _pictures(attachments: Any) -> Any:
    if not isinstance(attachments, Mapping):
        return {}
    return {
        name: {kind: data for kind, data in bundle.items() if kind in _PICTURES}
        for name, bundle in attachments.items()
        if isinstance(bundle, Mapping)
    }


def _clean_output(output: NotebookNode) -> None:
    """Clean an output in place: HTML and Markdown, and no kind that is a program or has one."""
    data = output.get("data")
    if not isinstance(data, Mapping):
        return
    cleaners = {"text/html": clean_html, "text/markdown": clean_markdown}
    kept = {kind: value for kind, value in data.items() if kind in (*_PLAIN, *cleaners)}
    for kind, clean in cleaners.items():
        if kind in kept:
            kept[kind] = clean(_text(kept[kind]))
    output.data = NotebookNode(kept)


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
