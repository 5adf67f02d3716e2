"""Pictures of the CNN lesson: windows, cones of sight, who notices a change, gates, the leak.

`influence` measures what `reach` draws; it runs on every backend.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES = ("-", "--", ":", "-.")
_PALE, _SEEN = "#D5D5D5", plots.COLOURS[0]
_FUTURE = plots.COLOURS[5]
_FILLS = ("#FBE3B5", "#CDE4F3", "#D9F0E6", "#F3DCE9", "#E4E4E4")  # black text stands on them
_NOISE = 1e-6  # what rounding alone may move


def pairs(words: Sequence[str]) -> "Figure":
    """Draw windows of two over a sentence, and over the windows, until one box has it all.

    Args:
        words: T words, the lowest row.

    Returns:
        The figure: T rows; each box names the first and the last word that it has seen.
    """
    picture, axes = plots.figure(width=1.75 * len(words) + 1.3, height=0.9 * len(words))
    boxes = [(word, word) for word in words]
    for row in range(len(words)):
        for place, (first, last) in enumerate(boxes):
            x = place + row / 2
            text = first if row == 0 else f"{first} {last}" if row == 1 else f"{first} … {last}"
            _box(axes, x, row, text, _FILLS[min(row, len(_FILLS) - 1)])
            if row:
                for below in (x - 0.5, x + 0.5):
                    _arrow(axes, (below, row - 0.78), (x + 0.3 * (below - x), row - 0.24))
        name = say(f"layer {row}", f"第 {row} 层") if row else say("words", "词")
        axes.text(-0.55, row, plots.label(name), ha="right", va="center", fontsize=12, color="grey")
        boxes = [(one[0], other[1]) for one, other in itertools.pairwise(boxes)]
    axes.set(xlim=(-1.15, len(words) - 0.5), ylim=(-0.35, len(words) - 0.65))
    axes.set_axis_off()
    return picture


def _box(axes: Any, x: float, y: float, text: str, colour: str) -> None:
    axes.text(
        x,
        y,
        plots.label(text),
        ha="center",
        va="center",
        fontsize=12,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": colour, "edgecolor": "black"},
    )


def _arrow(axes: Any, begin: tuple[float, float], end: tuple[float, float], **more: Any) -> None:
    shape = {"arrowstyle": "-|>", "color": "black", "lw": 1.2, "shrinkA": 0, "shrinkB": 0, **more}
    axes.annotate("", xy=end, xytext=begin, arrowprops=shape)


def window(place: int, kernel_size: int, length: int, dilation: int = 1, ahead: int = 0) -> range:
    """Return the places that one window takes in, without the zeros beyond the sentence.

    Args:
        place: where its output stands.
        kernel_size: K, how many it takes in.
        length: T, how long the sentence is.
        dilation: the distance between neighbours of the window.
        ahead: how many of the K stand to the right of the place.
    """
    begin, step = place + (ahead + 1 - kernel_size) * dilation, dilation
    begin += max(0, -(begin // step)) * step  # the first one inside
    return range(begin, min(length, place + ahead * dilation + 1), step)


def cone(
    place: int, kernel_size: int, length: int, dilations: Sequence[int], centred: bool = True
) -> list[set[int]]:
    """Return what one output can see in each row, from the words up to itself.

    Args:
        place: where the output stands.
        kernel_size: K, of every layer.
        length: T, how long the sentence is.
        dilations: one for each layer, the lowest first.
        centred: windows have K // 2 to the right of their place; else they end there.
    """
    rows, ahead = [{place}], kernel_size // 2 if centred else 0
    for dilation in reversed(dilations):
        below = (window(one, kernel_size, length, dilation, ahead) for one in rows[0])
        rows.insert(0, set().union(*below))
    return rows


def pyramid(
    words: Sequence[str],
    kernel_size: int,
    stacks: Mapping[str, Sequence[int]],
    place: int,
    centred: bool = True,
) -> "Figure":
    """Draw layers of windows, and in colour what one output sees through them.

    Args:
        words: T words, the lowest row.
        kernel_size: K, of every layer.
        stacks: by title, the dilation of each layer, the lowest first.
        place: where the output in question stands.
        centred: windows have K // 2 to the right of their place; else they end there.

    Returns:
        The figure: a panel for each stack.
    """
    tallest = max(map(len, stacks.values()))
    picture, all_axes = plots.figure(
        columns=len(stacks), width=0.5 * len(words) + 1.0, height=0.72 * tallest + 1.3
    )
    ahead = kernel_size // 2 if centred else 0
    for axes, (title, dilations) in zip(np.ravel(all_axes), stacks.items(), strict=True):
        rows = cone(place, kernel_size, len(words), dilations, centred)
        for height, dilation in enumerate(dilations, start=1):
            for x in range(len(words)):
                strong = x in rows[height]
                for below in window(x, kernel_size, len(words), dilation, ahead):
                    axes.plot(
                        [below, x],
                        [height - 1, height],
                        color=_SEEN if strong else _PALE,
                        linewidth=1.8 if strong else 0.7,
                        zorder=2 if strong else 1,
                    )
        for height, seen in enumerate(rows):
            for x in range(len(words)):
                _node(axes, x, height, "seen" if x in seen else "unseen")
        for x, word in enumerate(words):
            axes.text(x, -0.35, plots.label(word), ha="center", va="top", fontsize=13)
        axes.set(xlim=(-0.5, len(words) - 0.5), ylim=(-0.85, tallest + 0.3))
        axes.set_yticks(range(len(rows)))
        axes.set_ylabel(plots.label(say("layer", "层")))
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_title(plots.label(title))
    return picture


def _node(axes: Any, x: float, y: float, kind: str) -> None:
    """Draw an output: full where it is seen, hollow elsewhere, the digit where it is a zero."""
    if kind == "zero":
        axes.plot([x], [y], "o", markersize=15, color="white", zorder=3)
        axes.text(x, y, "0", ha="center", va="center", fontsize=12, color="grey", zorder=4)
        return
    seen = kind == "seen"
    axes.plot(
        [x],
        [y],
        "o",
        markersize=11 if seen else 8,
        color=_SEEN if seen else "white",
        markeredgecolor="black" if seen else "#AAAAAA",
        zorder=3,
        gid=f"{kind} {x} {y}",
    )


def influence(run: Callable[[Any], Any], length: int, width: int, seed: int = 0) -> np.ndarray:
    """Measure which outputs move when one input is exchanged.

    Args:
        run: takes `(N, T, width)` and gives `(N, T, ...)`.
        length: T.
        width: how wide an input is.
        seed: of the random inputs.

    Returns:
        `(T, T)`: row i, column t holds how far output t moves when input i is exchanged, 0 where
        it moves no more than by rounding.
    """
    rng = np.random.default_rng(seed)
    sentences = np.repeat(rng.normal(size=(1, length, width)), length + 1, axis=0)
    for place in range(length):  # the last sentence stays as it is
        sentences[place, place] = rng.normal(size=width)
    outputs = ops.convert_to_numpy(run(ops.convert_to_tensor(sentences.astype("float32"))))
    moved = np.abs(outputs[:-1] - outputs[-1]).reshape(length, length, -1).max(axis=-1)
    return np.where(moved > _NOISE * np.abs(outputs).max(), moved, 0.0)


def reach(moved: Mapping[str, Any], words: Sequence[str]) -> "Figure":
    """Draw which outputs notice that a word was exchanged, for several layers side by side.

    Args:
        moved: by title, `(T, T)` as `influence` gives it.
        words: T words.

    Returns:
        The figure: a panel for each; a dark square where there was any change.
    """
    from matplotlib.colors import ListedColormap

    size = 0.24 * len(words) + 0.9
    picture, all_axes = plots.figure(columns=len(moved), width=size, height=size + 0.45)
    for axes, (title, matrix) in zip(np.ravel(all_axes), moved.items(), strict=True):
        noticed = np.asarray(matrix) > 0
        colours = ListedColormap(["#F2F2F2", _SEEN])
        axes.imshow(noticed, cmap=colours, vmin=0, vmax=1)
        edges = np.arange(len(words) + 1) - 0.5
        axes.hlines(edges, edges[0], edges[-1], color="white", linewidth=1)
        axes.vlines(edges, edges[0], edges[-1], color="white", linewidth=1)
        names = [plots.label(word) for word in words]
        axes.set_xticks(range(len(words)), names, fontsize=9)
        axes.set_yticks(range(len(words)), names, fontsize=9)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(plots.label(say("output", "输出")))
        axes.set_title(plots.label(title), fontsize=11)
    np.ravel(all_axes)[0].set_ylabel(plots.label(say("exchanged word", "被换掉的词")))
    return picture


def race(
    lengths: Sequence[int],
    measured: Mapping[str, Sequence[float]],
    counted: Mapping[str, Sequence[float]],
) -> "Figure":
    """Draw measured times beside counted multiplications, both against the length.

    Args:
        lengths: N lengths.
        measured: N seconds by name.
        counted: N numbers of multiplications by the same names.

    Returns:
        The figure: milliseconds on the left, millions on the right, on logarithmic axes.
    """
    picture, both = plots.figure(columns=2, width=4.6, height=3.6)
    milliseconds = {name: [1e3 * t for t in each] for name, each in measured.items()}
    millions = {name: [n / 1e6 for n in each] for name, each in counted.items()}
    for axes, lines, unit, title in (
        (both[0], milliseconds, say("ms", "毫秒"), say("measured here", "在这里测得")),
        (both[1], millions, say("millions", "百万次"), say("multiplications", "乘法次数")),
    ):
        plots.curves(lengths, lines, say("length", "长度"), unit, title, log="xy", axes=axes)
        for line, style in zip(axes.lines, _LINES, strict=False):
            line.set_linestyle(style)
        axes.legend()
        axes.set_xticks(lengths, [str(n) for n in lengths], fontsize=9)
        low, high = axes.get_ylim()
        steps = (1, 2, 5) if high < 200 * low else (1,)
        ticks = [t * 10.0**power for power in range(-4, 6) for t in steps]
        ticks = [t for t in ticks if low <= t <= high]
        axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
        axes.minorticks_off()
    return picture


def gate(
    over_gate: tuple[Any, Mapping[str, Any]], over_value: tuple[Any, Mapping[str, Any]]
) -> "Figure":
    """Draw what comes out of a gate: against the gate's number, and against the value's.

    Args:
        over_gate: `(N,)` numbers b, and by name `(N,)` outputs for one value a each.
        over_value: `(N,)` numbers a, and by name `(N,)` outputs for one number b each.

    Returns:
        The figure.
    """
    picture, both = plots.figure(columns=2, width=4.6)
    for axes, (x, lines), xlabel, title in (
        (both[0], over_gate, "b", say("The gate opens", "门打开")),
        (both[1], over_value, "a", say("Where it is open, a line", "门开着时是一条直线")),
    ):
        for number, (name, y) in enumerate(lines.items()):
            axes.plot(x, y, linestyle=_LINES[number], linewidth=2.2, label=plots.label(name))
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xlabel(plots.label(xlabel))
        axes.set_ylabel("a · σ(b)")
        axes.set_title(plots.label(title))
        axes.grid(alpha=0.3)
        axes.legend()
    return picture


def leak(read: Sequence[str], write: Sequence[str], kernel_size: int = 3) -> "Figure":
    """Draw the windows of a decoder, centred and causal; those that reach the future stand out.

    Args:
        read: T tokens that the decoder is fed.
        write: T tokens that it has to write, each the next one of what it is fed.
        kernel_size: K.

    Returns:
        The figure: centred windows on the left, causal ones on the right.
    """
    length = len(read)
    picture, both = plots.figure(columns=2, width=0.9 * length + 1.6, height=3.3)
    for axes, ahead, title in (
        (
            both[0],
            kernel_size // 2,
            say("same padding: it reads the answer", "same 填充：答案就在窗口里"),
        ),
        (both[1], 0, say("causal padding: it ends at its word", "因果填充：窗口到当前词为止")),
    ):
        for t in range(length):
            for k in range(kernel_size):
                below = t + ahead + 1 - kernel_size + k
                future = below > t
                axes.plot(
                    [below, t],
                    [0, 1],
                    color=_FUTURE if future else _SEEN if below >= 0 else _PALE,
                    linestyle="--" if future else "-",
                    linewidth=2.4 if future else 1.5,
                    zorder=2 if future else 1,
                )
        for x in range(ahead + 1 - kernel_size, length + ahead):
            _node(axes, x, 0, "seen" if 0 <= x < length else "zero")
        for x, (fed, written) in enumerate(zip(read, write, strict=True)):
            _node(axes, x, 1, "seen")
            axes.text(x, -0.22, plots.label(fed), ha="center", va="top", fontsize=12)
            axes.text(x, 1.16, plots.label(written), ha="center", va="bottom", fontsize=12)
        left = 1 - kernel_size
        for y, text in ((1.24, say("to write", "要写")), (-0.3, say("fed", "读入"))):
            axes.text(left - 0.9, y, plots.label(text), va="center", color="grey", fontsize=11)
        axes.set(xlim=(left - 1.0, length + 0.4), ylim=(-0.55, 1.5))
        axes.set_title(plots.label(title))
        axes.set_axis_off()
    return picture


def losses(steps: Sequence[int], loss: Mapping[str, Sequence[float]], chance: float) -> "Figure":
    """Draw losses during training, and the loss below which there must be cheating.

    Args:
        steps: N steps.
        loss: N losses by name.
        chance: the loss of the best honest guess.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.2)
    plots.curves(steps, loss, say("training step", "训练步"), say("loss", "损失"), axes=axes)
    axes.axhline(chance, color="black", linestyle="--", label=f"ln 10 = {chance:.3f}")
    axes.set_ylim(0, None)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return picture


def translator(num_layers: int = 2) -> "Figure":
    """Draw the whole convolutional translator: two stacks, an attention from every block.

    Args:
        num_layers: how many blocks each stack has.

    Returns:
        The figure: encoder on the left, decoder on the right.
    """
    picture, axes = plots.figure(width=9.4, height=1.15 * num_layers + 3.0)
    embed = say("embedding + position", "词嵌入 + 位置")
    top = 1.0 + num_layers
    for x, side, kind in (
        (0.0, say("source words (B, S)", "源句 (B, S)"), say("windows around", "窗口居中")),
        (4.4, say("target so far (B, T)", "已写的译文 (B, T)"), say("causal windows", "因果窗口")),
    ):
        axes.text(x, -0.95, plots.label(side), ha="center", va="center", fontsize=12)
        _arrow(axes, (x, -0.75), (x, -0.3))
        _box(axes, x, 0, embed, _FILLS[0])
        for layer in range(1, num_layers + 1):
            _arrow(axes, (x, layer - 0.72), (x, layer - 0.27))
            _box(axes, x, layer, say(f"block {layer}: {kind}", f"块 {layer}：{kind}"), _FILLS[1])
    _arrow(axes, (0, top - 0.72), (0, top - 0.27))
    _box(axes, 0, top, say("memory (B, S, F)", "记忆 (B, S, F)"), _FILLS[3])
    for layer in range(1, num_layers + 1):
        _box(axes, 7.8, layer, say(f"attention {layer}", f"注意力 {layer}"), _FILLS[2])
        _arrow(axes, (5.75, layer + 0.08), (7.05, layer + 0.08))
        _arrow(axes, (7.05, layer - 0.1), (5.75, layer - 0.1), linestyle="--")
    trunk = {"color": plots.COLOURS[3], "lw": 2.4}
    axes.plot([0, 9.4, 9.4], [top, top, 1.0], zorder=1, **trunk)
    for layer in range(1, num_layers + 1):
        _arrow(axes, (9.4, layer), (8.6, layer), **trunk)
    for height, text in ((1.14, say("state", "状态")), (0.74, say("context", "上下文"))):
        axes.text(6.4, height, plots.label(text), ha="center", fontsize=10, color="#444444")
    _arrow(axes, (4.4, num_layers + 0.28), (4.4, top + 0.52))
    _box(axes, 4.4, top + 0.8, say("logits (B, T, V)", "logits (B, T, V)"), _FILLS[4])
    axes.set(xlim=(-1.7, 9.6), ylim=(-1.2, top + 1.2))
    axes.set_axis_off()
    return picture


def depth(blocks: Sequence[int], variance: Mapping[str, Sequence[float]]) -> "Figure":
    """Draw how the variance of a word's numbers goes on from block to block.

    Args:
        blocks: N numbers of blocks.
        variance: N variances by name.

    Returns:
        The figure, with a logarithmic axis and the names beside it.
    """
    picture, axes = plots.figure(width=6.6)
    plots.curves(
        blocks, variance, say("blocks", "块数"), say("variance", "方差"), log="y", axes=axes
    )
    axes.axhline(1, color="black", linewidth=0.8)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return picture


def looks(shares: Mapping[str, Any], rows: Sequence[str], columns: Sequence[str]) -> "Figure":
    """Draw how much weight some rows of attention give to parts of the source, layer by layer.

    Args:
        shares: by title, `(R, C)` mean weights.
        rows: R names of what is written.
        columns: C names of parts of the source.

    Returns:
        The figure: a panel for each layer.
    """
    picture, all_axes = plots.figure(columns=len(shares), width=4.4, height=3.2)
    sides = (say("about to write", "将要写"), say("looks at", "看哪里"))
    for axes, (title, weights) in zip(np.ravel(all_axes), shares.items(), strict=True):
        plots.heatmap(weights, rows, columns, title=title, axes=axes, sides=sides)
    return picture
