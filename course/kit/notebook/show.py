"""Pictures in a notebook: shown with a text for who can't see them, and with sliders.

    show(plots.heatmap(weights, words), "Each word looks mostly at itself.")
    explore(draw, alt, temperature=[0.1, 1.0, 10.0], start={"temperature": 1.0})

A picture is an HTML `img` with its text, so that JupyterLab, VS Code, Colab and the book all have
it. Where nothing can be dragged (ipywidgets is missing, or COURSE_STATIC is set, as for the book),
`explore` shows the picture as it begins.
"""

import base64
import html
import importlib.util
import io
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 144  # twice what is shown, for sharp screens
_SHOWN_DPI = 72


def show(figure: "Figure", alt: str) -> None:
    """Show a picture, and close it.

    Args:
        figure: what the functions of `course.kit.notebook.plots` return.
        alt: what the picture shows, in a sentence or two, for who can't see it.

    Raises:
        ValueError: there is no text.
    """
    from IPython.display import display

    display({"text/html": picture(figure, alt), "text/plain": alt}, raw=True)


def picture(figure: "Figure", alt: str) -> str:
    """Return a picture as an HTML `img` that holds all of itself; close it.

    Raises:
        ValueError: there is no text.
    """
    import matplotlib.pyplot as plt

    if not alt.strip():
        raise ValueError("A picture needs a text that says what it shows.")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    width = round(figure.get_size_inches()[0] * _SHOWN_DPI * 1.25)
    plt.close(figure)  # else the notebook shows it a second time
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" '
        f'width="{width}" style="max-width: 100%; height: auto;">'
    )


def explore(
    draw: Callable[..., "Figure"],
    alt: Callable[..., str] | str,
    labels: Mapping[str, str] | None = None,
    start: Mapping[str, Any] | None = None,
    **choices: Sequence[Any],
) -> None:
    """Show a picture with a slider for each of its arguments.

    Args:
        draw: gives the picture for one value of each argument.
        alt: what it shows, or a function of the same arguments that says so.
        labels: what the sliders are called; the arguments' names where there is none.
        start: the values to begin with; the first of each where there is none.
        **choices: the values of each argument, in order.
    """
    begin = {name: (start or {}).get(name, values[0]) for name, values in choices.items()}

    def one(**values: Any) -> None:
        show(draw(**values), alt if isinstance(alt, str) else alt(**values))

    if not can_be_dragged():
        one(**begin)
        return
    import ipywidgets
    from IPython.display import display

    sliders = {
        name: ipywidgets.SelectionSlider(
            options=list(values),
            value=begin[name],
            description=(labels or {}).get(name, name),
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "95%", "max_width": "480px"},
        )
        for name, values in choices.items()
    }
    output = ipywidgets.interactive_output(one, sliders)
    display(ipywidgets.VBox([*sliders.values(), output]))


def can_be_dragged() -> bool:
    """Whether sliders are wanted, and there is a library for them.

    nbgrader says when it runs a notebook: nobody is there to drag, and a slider waits for somebody.
    """
    unwanted = any(os.environ.get(name) for name in ("COURSE_STATIC", "NBGRADER_EXECUTION"))
    return not unwanted and bool(importlib.util.find_spec("ipywidgets"))
