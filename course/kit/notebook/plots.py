"""Pictures for the lessons: attention weights over words, vectors, curves.

matplotlib is imported when a picture is drawn. Chinese labels need a font that has the
characters: an installed one, or the one of the package `noto-cjk-sans-otc`.
"""

import functools
import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colours that stay apart for colour-blind readers (Okabe and Ito 2008), on light and on dark.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_INSTALLED = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Heiti SC"),
    *("Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
)
_PACKAGE, _FILE = "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"


@functools.cache
def chinese_font() -> str | None:
    """Return the name of a font that has Chinese, known to matplotlib, or None with a warning."""
    from matplotlib import font_manager

    path = _packaged_font()
    if path is not None:
        font_manager.fontManager.addfont(path)
    names = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in _INSTALLED:
        if name in names:
            return name
    warnings.warn(
        say(
            "No font with Chinese was found, so labels show the characters' code points; "
            "`pip install noto-cjk-sans-otc` brings one.",
            "没有找到中文字体，标签将显示字符的码点；"
            "运行 `pip install noto-cjk-sans-otc` 即可安装字体。",
        ),
        stacklevel=2,
    )
    return None


def _packaged_font() -> Path | None:
    """Return the font collection of the package, or None where it is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / _FILE
    return path if path.is_file() else None


def label(text: str) -> str:
    """Return a text that the font in use can show: Chinese, or its code points."""
    if chinese_font() is not None or text.isascii():
        return text
    return "".join(c if ord(c) < 0x2E80 else f"U+{ord(c):X} " for c in text).strip()


def figure(columns: int = 1, rows: int = 1, width: float = 4.2, height: float = 3.2) -> Any:
    """Return `(figure, axes)` in the lessons' style; axes is one Axes or an array of them."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    font = chinese_font()
    plt.rcParams.update(
        {
            "font.family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"],
            "axes.unicode_minus": False,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": "white",  # opaque: readable on a dark page too
            "savefig.facecolor": "white",
        }
    )
    picture, axes = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), layout="constrained"
    )
    return picture, axes


def heatmap(
    weights: Any,
    queries: Sequence[str],
    keys: Sequence[str] | None = None,
    title: str = "",
    axes: Any = None,
    sides: tuple[str, str] | None = None,
) -> "Figure":
    """Draw attention weights: a row for each query, a column for each key.

    Args:
        weights: `(T, S)`, numbers from 0 to 1.
        queries: T words, down the side.
        keys: S words, along the top; the queries where it is None.
        title: what it shows.
        axes: where to draw; a new figure where it is None.
        sides: what rows and columns are called; query and key where it is None.

    Returns:
        The figure.

    Raises:
        ValueError: the words don't fit the weights.
    """
    if hasattr(weights, "detach"):  # a PyTorch tensor that may have a gradient
        weights = weights.detach().cpu()
    weights = np.asarray(weights, dtype="float64")
    keys = queries if keys is None else keys
    if weights.shape != (len(queries), len(keys)):
        raise ValueError(
            f"{len(queries)} queries and {len(keys)} keys need weights of the shape "
            f"{(len(queries), len(keys))}, not {weights.shape}."
        )
    if axes is None:
        _, axes = figure(width=0.55 * len(keys) + 2.2, height=0.55 * len(queries) + 1.6)
    image = axes.imshow(weights, cmap="cividis", vmin=0.0, vmax=max(1.0, weights.max()))
    # Long words would run into each other; on one base line they are read as a sentence.
    slant = {"rotation": 40, "ha": "left"} if max(map(_cells, keys), default=0) > 7 else {}
    axes.set_xticks(
        range(len(keys)),
        [label(word) for word in keys],
        va="baseline",
        rotation_mode="anchor",
        **slant,
    )
    axes.set_yticks(range(len(queries)), [label(word) for word in queries])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    rows, columns = sides or (say("query", "查询"), say("key", "键"))
    axes.set_ylabel(label(rows))
    axes.set_xlabel(label(columns))
    axes.xaxis.set_label_position("top")
    if weights.size <= 100:
        for (row, column), weight in np.ndenumerate(weights):
            colour = "white" if weight < 0.5 else "black"
            axes.text(column, row, f"{weight:.2f}", ha="center", va="center", color=colour)
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    if title:
        axes.set_title(label(title), pad=14)
    return axes.figure


def _cells(text: str) -> int:
    """How many Latin letters are about as wide as this text."""
    return sum(1 if ord(c) < 0x2E80 else 2 for c in label(text))


def arrows(
    vectors: Mapping[str, Sequence[float]],
    title: str = "",
    projections: Sequence[tuple[str, str]] = (),
) -> "Figure":
    """Draw named two-dimensional vectors from the origin.

    Args:
        vectors: `(x, y)` by name.
        title: what it shows.
        projections: pairs of names; the first is dropped, dashed, onto the line of the second.

    Returns:
        The figure.
    """
    picture, axes = figure(width=3.8, height=3.6)
    for (name, (x, y)), colour in zip(vectors.items(), COLOURS, strict=False):
        shape = {"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=(x, y), xytext=(0, 0), arrowprops=shape)
        axes.text(x * 1.06, y * 1.06, label(name), color=colour, fontsize=13)
    for first, second in projections:
        tip, onto = np.asarray(vectors[first]), np.asarray(vectors[second])
        foot = (tip @ onto) / (onto @ onto) * onto
        axes.plot(*np.transpose([tip, foot]), linestyle="--", color="grey")
        axes.plot(*foot, marker="o", color="grey")
    for side, ends in (
        ("x", [x for x, _ in vectors.values()]),
        ("y", [y for _, y in vectors.values()]),
    ):
        low, high = min(0.0, *ends), max(0.0, *ends)
        margin = 0.15 * (high - low)
        axes.set(**{f"{side}lim": (low - margin, high + margin)})
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    if title:
        axes.set_title(label(title))
    return picture


def curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: str = "",
    axes: Any = None,
) -> "Figure":
    """Draw named curves over the same x, told apart by colour and by marker.

    `log` names the sides that are logarithmic: "x", "y" or "xy".
    """
    if axes is None:
        _, axes = figure()
    for (name, y), marker in zip(lines.items(), "os^Dv", strict=False):
        axes.plot(x, y, marker=marker, label=label(name))
    for side in log:
        axes.set(**{f"{side}scale": "log"})
    axes.set(xlabel=label(xlabel), ylabel=label(ylabel))
    axes.grid(alpha=0.3)
    axes.legend()
    if title:
        axes.set_title(label(title))
    return axes.figure
