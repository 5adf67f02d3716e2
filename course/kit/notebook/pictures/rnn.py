"""Pictures of the RNN lesson: cells in a row, gates, echoes, times, gradients, the bottleneck."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_READS, _WRITES, _BOTH = "#CDE4F3", "#FBE3B5", "#D9F0E6"  # pale: black text stands on them
_MARKERS = "os^Dv"
_ROUND = [step * 10.0**power for power in range(-5, 6) for step in (1, 2, 5)]
_LINES = ("-", "--", ":", "-.", (0, (1, 1)))


def unrolled(source: Sequence[str], pieces: Sequence[str], target: Sequence[str]) -> "Figure":
    """Draw two ways to translate with cells in a row, an arrow from each cell to the next.

    Args:
        source: S words.
        pieces: S pieces of the translation, what the first way writes at each word.
        target: T tokens of the translation; the second way writes them and an end token.

    Returns:
        The figure: above, each cell reads and writes; below, S cells read and T + 1 write.
    """
    last = len(source) + len(target)
    picture, axes = plots.figure(width=0.92 * (last + 1) + 0.4, height=5.6)
    start, end = say("(start)", "（起始）"), say("(end)", "（结束）")
    _heading(axes, 4.6, say("A first idea: read one, write one", "最直接的办法：读一个，写一个"))
    for x, (word, piece) in enumerate(zip(source, pieces, strict=True)):
        _cell(axes, x, 3.4, "h", _BOTH, below=word, above=piece)
        if x:
            _arrow(axes, (x - 1 + 0.3, 3.4), (x - 0.3, 3.4))
    _crossing(axes, len(source) + 1.2)
    _heading(
        axes, 1.2, say("Encoder and decoder: read all, then write", "编码器–解码器：先读完，再写")
    )
    for x, word in enumerate(source):
        _cell(axes, x, 0.0, f"h{x + 1}", _READS, below=word)
    for step, (fed, written) in enumerate(
        zip([start, *target], [*target, end], strict=True), start=1
    ):
        x = len(source) + step - 1
        _cell(axes, x, 0.0, f"s{step}", _WRITES, below=fed, above=written)
        if step > 1:  # what was written is read again
            axes.annotate(
                "",
                xy=(x - 0.12, -0.66),
                xytext=(x - 0.9, 0.62),
                arrowprops={
                    "arrowstyle": "->",
                    "color": "grey",
                    "linestyle": ":",
                    "connectionstyle": "arc3,rad=-0.15",
                },
            )
    for x in range(1, last + 1):
        thick = x == len(source)
        _arrow(axes, (x - 1 + 0.3, 0.0), (x - 0.3, 0.0), thick)
    middle = len(source) - 0.5
    axes.annotate(
        plots.label(say("one vector", "一个向量")),
        xy=(middle, -0.08),
        xytext=(middle, -1.25),
        ha="center",
        fontsize=12,
        color=plots.COLOURS[5],
        arrowprops={"arrowstyle": "-", "color": plots.COLOURS[5]},
    )
    axes.set(xlim=(-0.6, last + 0.6), ylim=(-1.45, 4.9))
    axes.set_axis_off()
    return picture


def _crossing(axes: Any, left: float) -> None:
    """Draw a question whose translation has another order, as lines that cross."""
    text = say("It fails where the order differs", "词序不同，这样就行不通")
    _heading(axes, 4.6, text, left)
    words, pieces = ["Where", "do", "you", "live"], ["你", "住", "在", "哪里"]
    for x, (word, piece) in enumerate(zip(words, pieces, strict=True)):
        axes.text(left + 0.2 + x, 2.74, word, ha="center", va="top", fontsize=12)
        axes.text(left + 0.2 + x, 4.06, plots.label(piece), ha="center", va="bottom", fontsize=12)
    for number, (word_at, piece_at) in enumerate(((0, 3), (2, 0), (3, 1))):
        axes.plot(
            [left + 0.2 + word_at, left + 0.2 + piece_at],
            [2.8, 4.0],
            color=plots.COLOURS[(5, 0, 2)[number]],
            linestyle=_LINES[number],
            linewidth=2,
        )


def _heading(axes: Any, y: float, text: str, x: float = -0.4) -> None:
    axes.text(x, y, plots.label(text), fontsize=13.5, va="center")


def _cell(
    axes: Any, x: float, y: float, name: str, colour: str, below: str = "", above: str = ""
) -> None:
    """Draw a cell with what goes in below and what comes out above."""
    from matplotlib.patches import FancyBboxPatch

    corner, style = (x - 0.25, y - 0.25), "round,pad=0.05"
    axes.add_patch(FancyBboxPatch(corner, 0.5, 0.5, boxstyle=style, fc=colour, ec="black"))
    axes.text(x, y, name, ha="center", va="center", fontsize=12)
    if below:
        _arrow(axes, (x, y - 0.62), (x, y - 0.3))
        axes.text(x, y - 0.66, plots.label(below), ha="center", va="top", fontsize=12)
    if above:
        _arrow(axes, (x, y + 0.3), (x, y + 0.62))
        axes.text(x, y + 0.66, plots.label(above), ha="center", va="bottom", fontsize=12)


def _arrow(
    axes: Any, begin: tuple[float, float], end: tuple[float, float], thick: bool = False
) -> None:
    colour, width = (plots.COLOURS[5], 4.0) if thick else ("black", 1.2)
    shape = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=begin, arrowprops=shape)


def gates() -> "Figure":
    """Draw the sigmoid with three points, and how a state fades behind three update gates.

    Returns:
        The figure: the sigmoid on the left; on the right the state of four steps, from 0.8.
    """
    picture, (left, right) = plots.figure(columns=2)
    x = np.linspace(-6, 6, 121)
    left.plot(x, 1 / (1 + np.exp(-x)))
    for at, value, text in ((0.0, 0.5, "0 → 1/2"), (np.log(3), 0.75, "ln 3 → 3/4")):
        left.plot([at], [value], "o", color=plots.COLOURS[5])
        left.annotate(text, (at, value), xytext=(at + 0.5, value - 0.07))
    left.set_xlabel(plots.label(say("sum of inputs", "输入之和")))
    left.set_ylabel(plots.label(say("gate", "门")))
    left.set_title(plots.label(say("The sigmoid", "sigmoid 函数")))
    left.grid(alpha=0.3)
    steps = np.arange(5)
    lines = {f"z = {z:g}": list(0.8 * z**steps) for z in (0.25, 0.75, 0.95)}
    plots.curves(list(steps), lines, say("step", "步"), say("state", "状态"), axes=right)
    right.set(ylim=(0, 0.85), xticks=list(steps))
    _legend_beside(right)
    right.set_title(plots.label(say("How much stays (candidate 0)", "留下多少（候选为 0）")))
    return picture


def lines(
    x: Sequence[int], heights: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, title: str
) -> "Figure":
    """Draw named curves over whole steps, with their names beside them.

    Args:
        x: N steps.
        heights: N numbers by name.
        xlabel: what the steps are.
        ylabel: what the numbers are.
        title: what it shows.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.2, height=3.4)
    plots.curves(x, heights, xlabel, ylabel, title, axes=axes)
    axes.set_xticks(x)
    _legend_beside(axes)
    return picture


def _legend_beside(axes: Any) -> None:
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def lane() -> "Figure":
    """Draw the way of an LSTM's memory through one step, with the numbers of the example by hand.

    Returns:
        The figure: the memory from left to right, what is written from above, what is shown below.
    """
    picture, axes = plots.figure(width=8.6, height=3.9)
    memory, written, shown = plots.COLOURS[0], plots.COLOURS[2], plots.COLOURS[5]
    for x, y, sign in ((2.0, 0.0, "×"), (4.6, 0.0, "+"), (4.6, 1.4, "×"), (7.0, -1.4, "×")):
        axes.plot(x, y, "o", markersize=25, color="white", markeredgecolor="black", zorder=3)
        axes.text(x, y, sign, ha="center", va="center", fontsize=15, zorder=4)
    for begin, tip, colour in (
        ((0.0, 0.0), (1.72, 0.0), memory),
        ((2.28, 0.0), (4.32, 0.0), memory),
        ((4.88, 0.0), (9.2, 0.0), memory),
        ((2.0, 1.2), (2.0, 0.36), "black"),
        ((4.6, 1.04), (4.6, 0.36), written),
        ((3.6, 1.8), (4.35, 1.5), "black"),
        ((6.0, 1.4), (4.88, 1.4), "black"),
        ((7.0, 0.0), (7.0, -1.04), shown),
        ((5.6, -1.4), (6.72, -1.4), "black"),
        ((7.28, -1.4), (9.2, -1.4), shown),
    ):
        thick = colour == memory
        shape = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=tip, xytext=begin, arrowprops={**shape, "lw": 3.5 if thick else 1.8})
    memory_word, shown_word = say("memory", "记忆"), say("state", "状态")
    for x, y, text, align in (
        (0.0, 0.22, f"{memory_word} c = 0.8", "left"),
        (1.7, 1.32, say("forget gate", "遗忘门") + " σ(f) = 3/4", "center"),
        (3.3, 0.22, "0.6", "center"),
        (4.75, 0.62, "0.3", "left"),
        (4.0, 1.9, say("input gate", "输入门") + " σ(i) = 1/2", "right"),
        (6.1, 1.32, say("candidate", "候选") + " tanh(g) = 0.6", "left"),
        (8.1, 0.22, f"{memory_word} c' = 0.9", "center"),
        (7.15, -0.6, "tanh(0.9) = 0.716", "left"),
        (5.5, -1.48, say("output gate", "输出门") + " σ(o) = 1/2", "right"),
        (8.35, -1.24, f"{shown_word} h' = 0.358", "center"),
    ):
        axes.text(x, y, plots.label(text), ha=align, fontsize=12)
    axes.set(xlim=(-0.2, 9.4), ylim=(-1.9, 2.2))
    axes.set_axis_off()
    return picture


def held(values: Any, flags: Any, states: Mapping[str, Sequence[float]]) -> "Figure":
    """Draw inputs as bars, hatched where a flag is set, and states over them.

    Args:
        values: `(T,)`, the inputs.
        flags: `(T,)`, 1 where a value is to be kept and 0 elsewhere.
        states: `(T,)` by name.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=7.2, height=3.6)
    steps, flagged = np.arange(len(values)), np.asarray(flags) > 0
    for chosen, hatch, text in (
        (~flagged, "", say("input", "输入")),
        (flagged, "///", say("input with a flag", "有标记的输入")),
    ):
        axes.bar(
            steps[chosen],
            np.asarray(values)[chosen],
            color="#DDDDDD",
            edgecolor="grey",
            hatch=hatch,
            label=plots.label(text),
        )
    for number, (name, heights) in enumerate(states.items(), start=1):
        axes.plot(
            steps,
            heights,
            marker=_MARKERS[number],
            linestyle=_LINES[2 - number],
            color=plots.COLOURS[(1, 5, 0)[number]],
            linewidth=2,
            label=plots.label(say(f"state of the {name}", f"{name} 的状态")),
        )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel(plots.label(say("step", "步")))
    axes.set_xticks(steps)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.28), ncols=2, frameon=False)
    return picture


def ripples(distances: Mapping[str, Any], place: int) -> "Figure":
    """Draw how far each output moves when the word at one place is exchanged.

    Args:
        distances: `(T,)` by name of the layer.
        place: which word was exchanged.

    Returns:
        The figure: a panel of bars for each layer.
    """
    picture, all_axes = plots.figure(columns=len(distances))
    top = 1.1 * max(float(np.max(values)) for values in distances.values())
    for axes, (name, values) in zip(np.ravel(all_axes), distances.items(), strict=True):
        steps = np.arange(len(values))
        colours = [plots.COLOURS[5] if step == place else plots.COLOURS[0] for step in steps]
        bars = axes.bar(steps, values, color=colours)
        bars[place].set_hatch("///")
        for step, value in zip(steps, values, strict=True):
            if value == 0:
                axes.text(step, 0.02 * top, "0", ha="center", color="grey")
        axes.set(ylim=(0, top), xticks=steps)
        axes.set_xlabel(plots.label(say("word", "词")))
        axes.set_ylabel(plots.label(say("how far it moves", "移动多远")))
        axes.set_title(name)
    return picture


def times(lengths: Sequence[int], whole: Mapping[str, Sequence[float]]) -> "Figure":
    """Draw the time for whole sentences, and for each of their words.

    Args:
        lengths: N lengths.
        whole: N seconds by name.

    Returns:
        The figure: whole sentences on the left, one word on the right, in milliseconds.
    """
    picture, (left, right) = plots.figure(columns=2)
    milliseconds = {name: [1000 * t for t in each] for name, each in whole.items()}
    each_word = {
        name: [t / n for t, n in zip(each, lengths, strict=True)]
        for name, each in milliseconds.items()
    }
    for axes, lines, title in (
        (left, milliseconds, say("whole sentence", "整句")),
        (right, each_word, say("per word", "平均每个词")),
    ):
        plots.curves(lengths, lines, say("length", "长度"), say("ms", "毫秒"), log="xy", axes=axes)
        axes.set_title(plots.label(title))
        axes.set_xticks(lengths, [str(n) for n in lengths])
        low, high = axes.get_ylim()
        ticks = [t for t in _ROUND if low <= t <= high]
        axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
        axes.minorticks_off()
    return picture


def vanishing(left: Mapping[str, Any], right: Mapping[str, Any]) -> "Figure":
    """Draw gradients against distance in two panels with one logarithmic scale.

    Args:
        left: `(T,)` by name, at the distances 0, 1, 2 and so on.
        right: the same for the other panel.

    Returns:
        The figure.
    """
    picture, panels = plots.figure(columns=2, width=4.6, height=3.6)
    for axes, lines in zip(panels, (left, right), strict=True):
        for number, (name, norms) in enumerate(lines.items()):
            axes.plot(
                norms,
                marker=_MARKERS[number],
                markevery=5,
                linestyle=_LINES[number],
                label=plots.label(name),
            )
        axes.set(yscale="log", ylim=(1e-6, 1e5))
        axes.set_xlabel(plots.label(say("distance in steps", "距离（步数）")))
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right", fontsize="small")
    panels[0].set_ylabel(plots.label(say("gradient, relative", "梯度的相对长度")))
    panels[0].set_title(plots.label(say("The simple cell", "最简单的单元")))
    panels[1].set_title(plots.label(say("Cells with gates", "带门的单元")))
    return picture


def states(outputs: Any, words: Sequence[str]) -> "Figure":
    """Draw an encoder's outputs, a row for each word.

    Args:
        outputs: `(S, U)`.
        words: S words.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=5.6, height=0.36 * len(words) + 1.2)
    reach = float(np.abs(outputs).max())
    image = axes.imshow(outputs, cmap="PuOr", vmin=-reach, vmax=reach, aspect="auto")
    axes.set_yticks(range(len(words)), [plots.label(word) for word in words])
    axes.set_xlabel(plots.label(say("entry of the output", "输出的分量")))
    axes.set_xticks(range(np.shape(outputs)[1]))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    picture.colorbar(image, ax=axes)
    return picture


def side_by_side(
    maps: Mapping[str, Any], rows: Sequence[str], columns: Sequence[str], sides: tuple[str, str]
) -> "Figure":
    """Draw several maps with the same rows and columns.

    Args:
        maps: `(T, S)` by title, numbers from 0 to 1.
        rows: T names.
        columns: S names.
        sides: what rows and columns are called.

    Returns:
        The figure.
    """
    width, height = 0.55 * len(columns) + 2.0, 0.42 * len(rows) + 1.6
    picture, all_axes = plots.figure(columns=len(maps), width=width, height=height)
    for axes, (title, values) in zip(np.ravel(all_axes), maps.items(), strict=True):
        plots.heatmap(values, rows, columns, title=title, axes=axes, sides=sides)
        axes.set_aspect("auto")
    return picture


def bottleneck(
    lengths: Sequence[int], accuracy: Mapping[str, Sequence[float]], longest: int
) -> "Figure":
    """Draw the share of right sentences against their length.

    Args:
        lengths: N lengths.
        accuracy: N shares from 0 to 1 by name.
        longest: the longest sentences of the training; what lies beyond is shaded.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.4, height=3.8)
    for number, (name, shares) in enumerate(accuracy.items()):
        axes.plot(
            lengths,
            shares,
            marker=_MARKERS[number],
            linestyle=_LINES[number],
            linewidth=2,
            label=plots.label(name),
        )
    right = max(lengths) + 0.5
    if right > longest:
        axes.axvspan(longest, right, color="#EEEEEE", zorder=0)
        axes.text(
            (longest + right) / 2,
            1.04,
            plots.label(say("longer than trained", "比训练的更长")),
            ha="center",
        )
    axes.set(ylim=(-0.03, 1.12), xlim=(min(lengths) - 0.5, right), xticks=lengths)
    axes.set_xlabel(plots.label(say("digits", "位数")))
    axes.set_ylabel(plots.label(say("share wholly right", "全对的比例")))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return picture
