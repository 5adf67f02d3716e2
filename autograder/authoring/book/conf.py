"""Sphinx's settings for the book; language and title come from the command line."""

import logging
from pathlib import Path

import jieba
import ziamath
from latex2mathml.converter import convert

HERE = Path(__file__).resolve().parent
# A font for formulas, whose brackets and roots grow; ziamath brings it, for whoever has none.
MATH_FONT = Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"

jieba.setLogLevel(logging.WARNING)  # it splits Chinese words for the search

author = "the course's authors"
extensions = ["myst_nb"]
templates_path = [str(HERE / "_templates")]
html_static_path = [str(HERE / "_static"), str(MATH_FONT)]
html_css_files = ["book.css"]
# Sphinx 9.0 asks for a stemmer of Chinese that it doesn't bring; this one has to come first.
html_js_files = [("stemmer.js", {"priority": 100})]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme = "sphinx_book_theme"
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "article_header_start": ["toggle-primary-sidebar.html", "language.html"],
    "show_toc_level": 2,
    "extra_footer": "",
}
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True

_LONG = 40  # characters of TeX in a line of text: on a phone it may have to scroll


def _formula(node, display):
    """Formulas become MathML, which browsers show without a script or a network."""
    return convert(node.astext(), display=display)


def _inline(translator, node):
    formula = _formula(node, "inline")
    if len(node.astext()) > _LONG:
        formula = f'<span class="long">{formula}</span>'
    translator.body.append(formula)
    raise _skip()


def _block(translator, node):
    translator.body.append(f'<div class="formula">{_formula(node, "block")}</div>')
    raise _skip()


def _skip():
    from docutils.nodes import SkipNode

    return SkipNode()


def setup(app):
    """Register the renderer of formulas."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(_inline, None), block_renderers=(_block, None)
    )
