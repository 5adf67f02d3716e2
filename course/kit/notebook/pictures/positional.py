"""Pictures of the positional lesson: outputs of words, clock hands, tables, distances, shifts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = "os^Dv"
_LINES = ("-", "--", ":", "-.", (0, (5, 1)))


def outputs(panels: Sequence[tuple[str, Sequence[str], Any]]) -> "Figure":
    """Draw what attention gives for each word of several sentences.

    Args:
        panels: a title, T words and their results `(T, D)`, for each table.

    Returns:
        The figure: a table for each, all on one scale, with their numbers.
    """
    picture, axes = plots.figure(columns=len(panels), width=3.0, height=2.1)
    reach = max(float(np.abs(values).max()) for _, _, values in panels)
    for panel, (title, words, values) in zip(np.ravel(axes), panels, strict=True):
        panel.imshow(values, cmap="PuOr", vmin=-1.3 * reach, vmax=1.3 * reach, aspect="auto")
        for (row, column), value in np.ndenumerate(np.asarray(values)):
            ink = "white" if abs(value) > 0.9 * reach else "black"
            panel.text(
                column, row, f"{value:.2f}", ha="center", va="center", fontsize=10, color=ink
            )
        panel.set_xticks([])
        panel.set_yticks(range(len(words)), [plots.label(word) for word in words])
        panel.tick_params(length=0, labelsize=12)
        panel.spines[:].set_visible(False)
        panel.set_title(plots.label(f"{''.join(words)}\n{title}"), fontsize=11)
    return picture


def clocks(encoding: Any, position: int) -> "Figure":
    """Draw one position as clock hands, one for each pair of sine and cosine.

    The numbers over a face are the sine and the cosine; dots are the positions before.

    Args:
        encoding: `(T, D)`, sines in the even columns, cosines in the odd ones.
        position: which row.

    Returns:
        The figure: D/2 faces, the hand up at angle 0 and turning to the right.
    """
    table = np.asarray(encoding)
    pairs = table.shape[1] // 2
    picture, axes = plots.figure(columns=pairs, width=2.3, height=3.0)
    turn = np.linspace(0, 2 * np.pi, 100)
    for number, panel in enumerate(np.ravel(axes)):
        colour = plots.COLOURS[number % len(plots.COLOURS)]
        sines, cosines = table[:, 2 * number], table[:, 2 * number + 1]
        panel.plot(np.cos(turn), np.sin(turn), color="#999999", linewidth=1)
        # Where the hand stood at the positions before, so that its speed can be seen.
        panel.plot(
            sines[:position], cosines[:position], "o", color=colour, alpha=0.35, markersize=5
        )
        panel.annotate(
            "",
            xy=(sines[position], cosines[position]),
            xytext=(0, 0),
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "lw": 2.5,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        numbers = f"({sines[position]:.3f}, {cosines[position]:.3f})".replace("-", "\N{MINUS SIGN}")
        panel.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal", xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
        columns = say(
            f"columns {2 * number}, {2 * number + 1}", f"第 {2 * number}、{2 * number + 1} 列"
        )
        panel.set_title(plots.label(f"{columns}\n{numbers}"), fontsize=11)
    picture.suptitle(plots.label(say(f"position {position}", f"位置 {position}")))
    return picture


def three_ways(panels: Mapping[str, Sequence[Any]], words: Sequence[str]) -> "Figure":
    """Draw the positions of a short and of a long sentence, in several ways.

    Args:
        panels: by title, the numbers of the short sentence, `(T,)` or `(T, C)`, and of the long.
        words: the T words of the short sentence.

    Returns:
        The figure: a panel for each way; the short sentence large and named, the long one small.
    """
    picture, axes = plots.figure(columns=len(panels), width=3.9, height=3.5)
    for panel, (title, (few, many)) in zip(np.ravel(axes), panels.items(), strict=True):
        short, long = (np.reshape(numbers, (len(numbers), -1)) for numbers in (few, many))
        for column in range(short.shape[1]):
            first = column == 0
            panel.plot(
                range(1, len(long) + 1),
                long[:, column],
                color=plots.COLOURS[0],
                marker=".",
                linestyle=_LINES[2 * column],
                label=plots.label(say(f"{len(long)} words", f"{len(long)} 个词")) if first else "",
            )
            panel.plot(
                range(1, len(short) + 1),
                short[:, column],
                color=plots.COLOURS[5],
                marker="o",
                markersize=8,
                fillstyle="none",
                linestyle="none",
                label=plots.label("".join(words)) if first else "",
            )
        panel.set_xlabel(plots.label(say("which word", "第几个词")))
        panel.set_title(plots.label(title), fontsize=11)
        panel.margins(y=0.3 if short.shape[1] > 1 else 0.12)
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small", loc="lower right" if short.shape[1] == 1 else "upper right")
    return picture


def table(encoding: Any) -> "Figure":
    """Draw an encoding as a map: a row for each position, a column for each number.

    Args:
        encoding: `(T, D)`, between -1 and 1.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.6, height=4.0)
    image = axes.imshow(
        encoding, cmap="PuOr", vmin=-1, vmax=1, aspect="auto", interpolation="nearest"
    )
    axes.set_xlabel(
        plots.label(say("column (even: sine, odd: cosine)", "列（偶数：正弦，奇数：余弦）"))
    )
    axes.set_ylabel(plots.label(say("position", "位置")))
    axes.set_title(f"D = {np.shape(encoding)[1]}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    picture.colorbar(image, ax=axes, shrink=0.8)
    return picture


def distance(products: Any, starts: Sequence[int]) -> "Figure":
    """Draw inner products of positions: all of them, and over the distance from a few.

    Args:
        products: `(T, T)`.
        starts: from which positions the distances on the right are counted.

    Returns:
        The figure: the map on the left, a curve for each start on the right.
    """
    picture, (left, right) = plots.figure(columns=2, width=4.6, height=3.7)
    image = left.imshow(products, cmap="cividis")
    left.set_xlabel(plots.label(say("position", "位置")))
    left.set_ylabel(plots.label(say("position", "位置")))
    left.set_title(plots.label(say("inner products", "内积")))
    picture.colorbar(image, ax=left, shrink=0.8)
    values = np.asarray(products)
    for number, start in enumerate(starts):
        row = values[start, start:]
        right.plot(
            range(len(row)),
            row,
            color=plots.COLOURS[number],
            linestyle=_LINES[number],
            linewidth=5 - 1.6 * number,
            label=plots.label(say(f"from position {start}", f"从位置 {start} 起")),
        )
    right.set_xlabel(plots.label(say("distance k", "距离 k")))
    right.set_ylabel("PE(t) · PE(t+k)")
    right.set_ylim(bottom=0)
    right.grid(alpha=0.3)
    right.legend(fontsize="small")
    return picture


def shifts(matrices: Mapping[int, Any]) -> "Figure":
    """Draw the matrices of several shifts.

    Args:
        matrices: `(D, D)` by the offset.

    Returns:
        The figure: a map for each, with the numbers of its blocks.
    """
    picture, axes = plots.figure(columns=len(matrices), width=4.0, height=4.2)
    for panel, (offset, matrix) in zip(np.ravel(axes), matrices.items(), strict=True):
        panel.imshow(matrix, cmap="PuOr", vmin=-1.3, vmax=1.3)
        for (row, column), value in np.ndenumerate(np.asarray(matrix)):
            if row // 2 == column // 2:
                ink = "white" if abs(value) > 0.85 else "black"
                number = f"{round(float(value), 2) + 0.0:.2f}"  # no minus before a zero
                panel.text(column, row, number, ha="center", va="center", fontsize=9, color=ink)
        panel.set(xticks=[], yticks=[])
        panel.set_title(f"k = {offset}".replace("-", "\N{MINUS SIGN}"))
    return picture


def accuracies(
    lengths: Sequence[int], shares: Mapping[str, Sequence[float]], trained: Sequence[int]
) -> "Figure":
    """Draw the share of right answers over the length, for several models.

    Args:
        lengths: of the sentences asked about.
        shares: by name, a share for each length.
        trained: the lengths of the training.

    Returns:
        The figure: a curve for each model, the lengths of the training shaded.
    """
    picture, axes = plots.figure(width=6.8, height=3.9)
    axes.axvspan(min(trained) - 0.5, max(trained) + 0.5, color="#DDDDDD")
    middle = (min(trained) + max(trained)) / 2
    axes.text(middle, 1.06, plots.label(say("trained", "训练过")), ha="center", va="center")
    for number, (name, values) in enumerate(shares.items()):
        axes.plot(
            lengths,
            values,
            color=plots.COLOURS[number],
            marker=_MARKERS[number],
            linestyle=_LINES[number],
            label=plots.label(name),
        )
    axes.set(ylim=(0.4, 1.12), xticks=list(lengths))
    axes.set_xlabel(plots.label(say("words in the sentence", "句子的词数")))
    axes.set_ylabel(plots.label(say("share of right answers", "正确率")))
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return picture
