"""Pictures carry their text; sliders where they can be dragged, a picture elsewhere."""

import re

import pytest

from course.kit.language import use_language
from course.kit.notebook import plots, show


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed, in order."""
    from IPython import display

    found = []
    monkeypatch.setattr(display, "display", lambda *objects, **_: found.extend(objects))
    return found


def line(slope=1.0):
    return plots.curves([1.0, 2.0], {"line": [slope, 2 * slope]}, "x", "y")


def test_a_picture_holds_itself_and_its_text(displayed):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    show.show(line(), 'A line from "1" to 2 < 3.')
    (shown,) = displayed
    assert shown["text/plain"] == 'A line from "1" to 2 < 3.'
    assert 'alt="A line from &quot;1&quot; to 2 &lt; 3."' in shown["text/html"]
    assert re.search(r'src="data:image/png;base64,[A-Za-z0-9+/]{1000,}=*"', shown["text/html"])
    assert plt.get_fignums() == before  # an open one would be shown again


def test_a_picture_without_a_text_is_refused():
    with pytest.raises(ValueError, match="needs a text"):
        show.show(line(), "  ")


@pytest.mark.parametrize("switch", ["COURSE_STATIC", "NBGRADER_EXECUTION"])
def test_without_sliders_the_starting_picture_is_shown(displayed, monkeypatch, switch):
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setenv(switch, "1")
    show.explore(line, lambda slope: f"slope {slope}", start={"slope": 4.0}, slope=[1.0, 4.0, 9.0])
    (shown,) = displayed
    assert shown["text/plain"] == "slope 4.0"


def test_a_slider_has_its_label_and_values_and_redraws(displayed, monkeypatch):
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    drawn = []

    def draw(slope):
        drawn.append(slope)
        return line(slope)

    show.explore(draw, "a line", labels={"slope": "steepness"}, slope=[1.0, 4.0, 9.0])
    box = displayed[-1]
    slider = box.children[0]
    assert (slider.description, slider.options) == ("steepness", (1.0, 4.0, 9.0))
    slider.value = 9.0
    assert drawn == [1.0, 9.0]


@pytest.mark.parametrize(
    ("language", "beginning"), [("en", "Keras {} on "), ("zh", "Keras {}，后端 ")]
)
def test_a_lesson_says_what_it_runs_on(language, beginning, capsys):
    import keras

    from course.kit.notebook.lesson import begin

    try:
        begin(language)
    finally:
        use_language("en")
    assert capsys.readouterr().out.startswith(beginning.format(keras.__version__))
