"""Pictures of the multi-head lesson: arcs from one word, cut tables, what a head can reach."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Light enough for black digits, of different brightness for who can't tell the hues.
_FILLS = ("#F5C98A", "#A9D2EE", "#8FCFB6", "#E3B8D2")
_HATCHES = ("", "////", "....", "xxxx")
_SEEN = 0.05  # a weight from which on an arc has a colour and its number


def arcs(weights: Mapping[str, Any], words: Sequence[str], place: int) -> "Figure":
    """Draw where one word looks: an arc to every other word, thicker for more weight.

    Args:
        weights: by title, `(T,)`, the row of the word that looks.
        words: T words.
        place: which of them looks.

    Returns:
        The figure: a panel for each row.
    """
    picture, axes = plots.figure(columns=len(weights), width=3.9, height=2.3)
    turn = np.linspace(0, np.pi, 41)
    colours = ("#444444", *plots.COLOURS)
    for number, (panel, (title, row)) in enumerate(
        zip(np.ravel(axes), weights.items(), strict=True)
    ):
        for other, weight in enumerate(np.asarray(row)):
            middle, radius = (place + other) / 2, abs(place - other) / 2
            seen = weight >= _SEEN and radius > 0
            panel.plot(
                middle + radius * np.cos(turn),
                0.45 + 0.62 * radius * np.sin(turn),
                color=colours[number] if seen else "#BBBBBB",
                linewidth=0.8 + 5 * weight,
                linestyle="-" if seen else ":",
                gid=f"{other}",
            )
            if seen:
                top = 0.62 + 0.62 * radius
                number_at = panel.text(
                    middle, top, f"{weight:.2f}", ha="center", va="bottom", fontsize=9
                )
                number_at.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})
        for position, word in enumerate(words):
            bold = {"bbox": {"boxstyle": "round", "fc": "#FBE0B0", "ec": "none"}}
            panel.text(
                position,
                0,
                plots.label(word),
                ha="center",
                va="center",
                fontsize=12,
                **(bold if position == place else {}),
            )
        reach = max(place, len(words) - 1 - place)
        panel.set(xlim=(-0.7, len(words) - 0.3), ylim=(-0.4, 1.2 + 0.31 * reach))
        panel.set_title(plots.label(title), fontsize=11)
        panel.axis("off")
    return picture


def cells(panels: Mapping[str, Mapping[str, Any]], num_heads: int, width: int) -> "Figure":
    """Draw tables whose numbers say where they come from: 23 is word 2, column 3.

    The colour of a cell is its word's, the hatching that of the head whose slice it is in.

    Args:
        panels: by title, the tables of a panel by name, `(rows, columns)` each, top to bottom.
        num_heads: H.
        width: D, how many columns a word has.

    Returns:
        The figure: a panel for each title.
    """
    from matplotlib.patches import Rectangle

    tall = max(sum(len(t) + 1.1 for t in tables.values()) for tables in panels.values())
    picture, axes = plots.figure(columns=len(panels), width=2.75, height=0.42 * tall + 0.7)
    for panel, (title, tables) in zip(np.ravel(axes), panels.items(), strict=True):
        top = 0.0
        for name, table in tables.items():
            panel.text(-0.5, top, plots.label(name), va="center", fontsize=10)
            for (row, column), number in np.ndenumerate(np.asarray(table)):
                word, source = divmod(int(number), 10)
                panel.add_patch(
                    Rectangle(
                        (column - 0.5, top + row + 0.5),
                        1,
                        1,
                        facecolor=_FILLS[(word - 1) % len(_FILLS)],
                        hatch=_HATCHES[(source - 1) * num_heads // width % len(_HATCHES)],
                        edgecolor="white",
                        linewidth=1.5,
                    )
                )
                panel.text(
                    column,
                    top + row + 1,
                    str(number),
                    ha="center",
                    va="center",
                    fontsize=12,
                )
            top += len(table) + 1.1
        panel.set(xlim=(-0.7, width - 0.3), ylim=(tall - 0.2, -0.6), aspect="equal", anchor="N")
        panel.set_title(plots.label(title), fontsize=11)
        panel.axis("off")
    return picture


def reach(width: int, num_heads: int) -> "Figure":
    """Draw which weights of a projection a head has: whole columns, or a block on the diagonal.

    Args:
        width: D.
        num_heads: H, a divisor of D.

    Returns:
        The figure: left, x times the matrix and then cut; right, x cut before.
    """
    from matplotlib.patches import Patch, Rectangle

    picture, axes = plots.figure(columns=2, width=4.2, height=3.9)
    share = width // num_heads
    titles = (
        say("exact: project, then cut", "准确：先投影，再切分"),
        say("as often told: cut X, then multiply", "常见的讲法：先切 X，再相乘"),
    )
    for number, (panel, title) in enumerate(zip(axes, titles, strict=True)):
        for row, column in np.ndindex(width, width):
            head = column // share
            has = number == 0 or row // share == head
            panel.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5),
                    1,
                    1,
                    facecolor=_FILLS[head % len(_FILLS)] if has else "white",
                    hatch=_HATCHES[head % len(_HATCHES)] if has else "",
                    edgecolor="white" if has else "#CCCCCC",
                    gid="has" if has else "lacks",
                )
            )
        panel.set(xlim=(-0.6, width - 0.4), ylim=(width - 0.4, -0.6), aspect="equal")
        panel.set(xticks=range(width), yticks=range(width))
        panel.set_xticklabels([str(i + 1) for i in range(width)])
        panel.set_yticklabels([str(i + 1) for i in range(width)])
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_xlabel(plots.label(say("column of the result", "结果的列")))
        panel.set_ylabel(plots.label(say("column of X that it takes from", "取自 X 的哪一列")))
        panel.set_title(plots.label(title), fontsize=11)
    keys = [
        Patch(
            facecolor=_FILLS[head % len(_FILLS)],
            hatch=_HATCHES[head % len(_HATCHES)],
            edgecolor="white",
            label=plots.label(say(f"head {head + 1}", f"头 {head + 1}")),
        )
        for head in range(num_heads)
    ]
    picture.legend(handles=keys, loc="outside lower center", ncols=num_heads, frameon=False)
    return picture


def own_share(
    weights: Any,
    words: Sequence[str],
    shares: Mapping[str, Sequence[float]],
    heads: Sequence[int],
    chosen: int,
) -> "Figure":
    """Draw the weights of one head, and beside them how much a word keeps for itself.

    Args:
        weights: `(T, T)`, the first of `chosen` heads.
        words: T words.
        shares: by name, the mean weight of a word on itself, for each number of heads.
        heads: the numbers of heads.
        chosen: the number of heads of the map.

    Returns:
        The figure: the map on the left, the curves on the right.
    """
    picture, (left, right) = plots.figure(columns=2, width=4.9, height=4.1)
    of = say(f"head 1 of {chosen}", f"{chosen} 个头中的第 1 个")
    plots.heatmap(weights, words, title=of, axes=left)
    plots.curves(
        heads,
        shares,
        say("number of heads", "头的个数"),
        say("mean weight of a word on itself", "一个词对自己的平均权重"),
        log="x",
        axes=right,
    )
    right.axhline(1 / len(words), color="black", linestyle=":", linewidth=1)
    even = say("all words alike", "一视同仁")
    right.text(heads[-1], 1 / len(words) - 0.015, plots.label(even), ha="right", va="top")
    right.axvline(chosen, color="grey", linestyle="--")
    right.set_xticks(heads, [str(number) for number in heads])
    right.minorticks_off()
    right.set_ylim(-0.03, 1.08)
    right.legend(loc="upper right", fontsize="small")
    return picture


def mask_grid(masks: Mapping[str, Any], words: Sequence[Sequence[str]]) -> "Figure":
    """Draw what every head of every sentence may look at.

    Args:
        masks: by title, boolean `(B, H, T, S)`.
        words: S words for each of B sentences.

    Returns:
        The figure: a row for each sentence, for each title a column for each head.
    """
    arrays = {title: np.asarray(mask) for title, mask in masks.items()}
    rows, heads = next(iter(arrays.values())).shape[:2]
    picture, axes = plots.figure(columns=heads * len(arrays), rows=rows, width=2.3, height=2.5)
    picture.get_layout_engine().set(h_pad=0.12)
    grid = np.reshape(axes, (rows, -1))
    for number, (title, mask) in enumerate(arrays.items()):
        for sentence, head in np.ndindex(rows, heads):
            panel = grid[sentence, number * heads + head]
            allowed = mask[sentence, head].astype("float64")
            panel.imshow(allowed, cmap="cividis", vmin=0, vmax=1)
            for (row, column), value in np.ndenumerate(allowed):
                colour = "black" if value else "white"
                panel.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
            names = [plots.label(word) for word in words[sentence]]
            panel.set_xticks(range(len(names)), names)
            panel.set_yticks(range(len(names)), names)
            panel.tick_params(length=0)
            panel.spines[:].set_visible(False)
            which = say(
                f"sentence {sentence + 1}, head {head + 1}", f"第 {sentence + 1} 句，头 {head + 1}"
            )
            panel.set_title(plots.label(f"{title}\n{which}"), fontsize=10)
    return picture


def head_maps(weights: Mapping[str, Any], words: Sequence[str]) -> "Figure":
    """Draw the maps of several heads side by side; numbers stand where a weight is large.

    Args:
        weights: `(T, T)` by title.
        words: T words.

    Returns:
        The figure: a panel for each title, one scale for all.
    """
    picture, axes = plots.figure(columns=len(weights), width=3.4, height=3.6)
    names = [plots.label(word) for word in words]
    panels = list(np.ravel(axes))
    for panel, (title, values) in zip(panels, weights.items(), strict=True):
        image = panel.imshow(np.asarray(values), cmap="cividis", vmin=0, vmax=1)
        for (row, column), weight in np.ndenumerate(np.asarray(values)):
            if weight >= 0.2:
                colour = "white" if weight < 0.5 else "black"
                panel.text(
                    column, row, f"{weight:.2f}", ha="center", va="center", color=colour, fontsize=9
                )
        panel.set_xticks(range(len(names)), names)
        panel.set_yticks(range(len(names)), names)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_xlabel(plots.label(say("key", "键")))
        panel.set_title(plots.label(title))
    panels[0].set_ylabel(plots.label(say("query", "查询")))
    picture.colorbar(image, ax=panels, shrink=0.7)
    return picture


def costs(
    heads: Sequence[int], parameters: Mapping[str, Sequence[int]], kept: Sequence[int]
) -> "Figure":
    """Draw what grows with the number of heads, and what doesn't.

    Args:
        heads: the numbers of heads.
        parameters: by the name of a layer, its parameters for each number of heads.
        kept: the attention weights for each number of heads.

    Returns:
        The figure: parameters on the left, attention weights on the right.
    """
    picture, (left, right) = plots.figure(columns=2, width=4.6)
    looks = (
        {"marker": "o", "markersize": 13, "fillstyle": "none", "linestyle": "-"},
        {"marker": "s", "markersize": 5, "linestyle": "--"},
        {"marker": "^", "markersize": 7, "linestyle": ":"},
    )
    for (name, counts), look in zip(parameters.items(), looks, strict=False):
        left.plot(heads, counts, label=plots.label(name), **look)
    left.legend(fontsize="small")
    left.set_ylabel(plots.label(say("parameters", "参数个数")))
    right.plot(heads, kept, marker="o")
    right.set_ylabel(plots.label(say("attention weights kept", "保存的注意力权重个数")))
    for panel in (left, right):
        panel.set_ylim(bottom=0)
        panel.set_xticks(heads, [str(number) for number in heads])
        panel.set_xlabel(plots.label(say("number of heads", "头的个数")))
        panel.grid(alpha=0.3)
        panel.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    return picture
