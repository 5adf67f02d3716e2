"""Pictures of the Transformer lesson: the map of the model, the frame of a sub-layer, masks."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Pale: black text stands on them.
_WAY, _LOOK, _WORK, _NORM = "#E8E8E8", "#CDE4F3", "#FBE3B5", "#D9F0E6"
_HATCHES = ("", "////", "....")
_LINES, _MARKERS = ("-", "--", ":"), "os^"
_WIDE, _HIGH = 3.3, 0.62  # a box of the map
_ENCODER, _DECODER = 2.3, 8.0  # where its columns stand


def model_map() -> "Figure":
    """Draw the whole model: what stands where, what it is given, and the shapes on the way."""
    picture, axes = plots.figure(width=9.6, height=9.4)
    add = say("add and norm [3]", "相加与归一化 [3]")
    network = say("feed-forward network [2]", "前馈网络 [2]")
    ways = (say("embedding × √D, + position [6]", "词嵌入 × √D，+ 位置 [6]"), _WAY)
    encoder = [
        (0.0, say("source", "源句"), "white"),
        (1.2, *ways),
        (2.8, say("self-attention", "自注意力"), _LOOK),
        (3.6, add, _NORM),
        (4.9, network, _WORK),
        (5.7, add, _NORM),
        (7.3, say("memory", "记忆"), "white"),
    ]
    decoder = [
        (0.0, say("target so far", "已写的目标句"), "white"),
        (1.2, *ways),
        (2.8, say("causal self-attention", "因果自注意力"), _LOOK),
        (3.6, add, _NORM),
        (4.9, say("cross-attention", "交叉注意力"), _LOOK),
        (5.7, add, _NORM),
        (7.0, network, _WORK),
        (7.8, add, _NORM),
        (9.2, say("Dense, V wide [6]", "Dense 层，宽 V [6]"), _WAY),
        (10.4, "logits", "white"),
    ]
    for x, boxes in ((_ENCODER, encoder), (_DECODER, decoder)):
        for y, name, fill in boxes:
            _box(axes, x, y, name, fill)
            if fill in (_LOOK, _WORK):
                _around(axes, x, y, -1 if x == _ENCODER else 1)
        for (below, *_), (above, *_) in itertools.pairwise(boxes):
            _arrow(axes, [(x, below + _HIGH / 2), (x, above - _HIGH / 2)])
    _frame(axes, _ENCODER, 2.05, 6.15, say("encoder layer [4], N times", "编码层 [4]，共 N 层"), -1)
    _frame(axes, _DECODER, 2.05, 8.25, say("decoder layer [5], N times", "解码层 [5]，共 N 层"), 1)
    bend = (_ENCODER + _DECODER) / 2
    _arrow(
        axes,
        [
            (_ENCODER + _WIDE / 2, 7.3),
            (bend, 7.3),
            (bend, 4.9),
            (_DECODER - _WIDE / 2, 4.9),
        ],
        thick=True,
    )
    axes.text(
        bend, 7.45, plots.label(say("key, value", "键、值")), ha="center", va="bottom", fontsize=11
    )
    shapes = [
        (_ENCODER, 0.6, "(B, S)"),
        (_ENCODER, 1.78, "(B, S, D)"),
        (_ENCODER, 6.5, "(B, S, D)"),
    ]
    shapes += [(_DECODER, 0.6, "(B, T)"), (_DECODER, 1.78, "(B, T, D)")]
    shapes += [(_DECODER, 8.58, "(B, T, D)"), (_DECODER, 9.8, "(B, T, V)")]
    for x, y, shape in shapes:
        axes.text(x + 0.15, y, shape, va="center", fontsize=10.5, color="#444444")
    axes.set(xlim=(-0.6, 10.9), ylim=(-0.5, 10.9))
    axes.set_axis_off()
    return picture


def _box(axes: Any, x: float, y: float, name: str, fill: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = (x - _WIDE / 2, y - _HIGH / 2)
    style = "round,pad=0,rounding_size=0.12"
    axes.add_patch(
        FancyBboxPatch(corner, _WIDE, _HIGH, boxstyle=style, fc=fill, ec="black", zorder=2)
    )
    axes.text(x, y, plots.label(name), ha="center", va="center", fontsize=11.5, zorder=3)


def _arrow(axes: Any, points: Sequence[tuple[float, float]], thick: bool = False) -> None:
    """Draw a line along points, with a head at its end."""
    colour, width = (plots.COLOURS[5], 3.0) if thick else ("black", 1.2)
    axes.plot(*zip(*points[:-1], strict=True), color=colour, linewidth=width, zorder=1)
    shape = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=points[-1], xytext=points[-2], arrowprops=shape)


def _around(axes: Any, x: float, y: float, side: int) -> None:
    """Draw the residual connection around the box at y, to the box that stands over it."""
    begin, edge = y - 0.55, x + side * (_WIDE / 2)
    _arrow(
        axes,
        [(x, begin), (edge + side * 0.28, begin), (edge + side * 0.28, y + 0.8), (edge, y + 0.8)],
    )


def _frame(axes: Any, x: float, low: float, high: float, name: str, side: int) -> None:
    """Draw a dashed frame around a layer, its name beside it."""
    from matplotlib.patches import Rectangle

    half = _WIDE / 2 + 0.45
    axes.add_patch(
        Rectangle((x - half, low), 2 * half, high - low, fc="none", ec="grey", ls="--", zorder=0)
    )
    axes.text(
        x + side * (half + 0.25),
        (low + high) / 2,
        plots.label(name),
        rotation=90,
        ha="center",
        va="center",
        fontsize=11.5,
        color="#444444",
    )


def changes(by_word: Mapping[str, Sequence[float]], words: Sequence[str], place: int) -> "Figure":
    """Draw how much the output at each word changes when one of them is exchanged.

    Args:
        by_word: T changes by the name of a layer.
        words: T words.
        place: which was exchanged.

    Returns:
        The figure: a group of bars for each word, the exchanged one marked.
    """
    picture, axes = plots.figure(width=7.2, height=3.0)
    wide = 0.8 / len(by_word)
    for number, (name, heights) in enumerate(by_word.items()):
        at = np.arange(len(words)) + (number - (len(by_word) - 1) / 2) * wide
        axes.bar(
            at,
            heights,
            wide,
            label=plots.label(name),
            hatch=_HATCHES[number % len(_HATCHES)],
            edgecolor="white",
        )
    axes.axvspan(place - 0.5, place + 0.5, color="#EEEEEE", zorder=0)
    axes.set_xticks(range(len(words)), [plots.label(word) for word in words])
    axes.set_ylabel(plots.label(say("largest change", "最大的变化")))
    axes.legend(loc="upper right")
    axes.set_title(plots.label(say(f"{words[place]} is exchanged", f"换掉“{words[place]}”")))
    return picture


def stages(rows: Mapping[str, Mapping[str, Sequence[float]]]) -> "Figure":
    """Draw one word's vector on its way through a frame: numbers in cells, coloured by value.

    Args:
        rows: by the name of a frame, the vectors `(D,)` by the name of a stage, in order.

    Returns:
        The figure: a row of panels for each frame.
    """
    columns = max(len(row) for row in rows.values())
    picture, axes = plots.figure(columns=columns, rows=len(rows), width=2.5, height=1.2)
    grid = np.reshape(axes, (len(rows), columns))
    most = max(np.abs(v).max() for row in rows.values() for v in row.values())
    for panels, (title, row) in zip(grid, rows.items(), strict=True):
        for number, (panel, (name, vector)) in enumerate(zip(panels, row.items(), strict=True)):
            values = np.asarray(vector, dtype="float64")[None]
            panel.imshow(values, cmap="PuOr", vmin=-1.6 * most, vmax=1.6 * most)
            for column, value in enumerate(values[0]):
                panel.text(column, 0, f"{value:.3g}", ha="center", va="center", fontsize=12)
            panel.set_title(name, fontsize=12)
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            if number == 0:
                panel.set_ylabel(
                    plots.label(title), rotation=0, ha="right", va="center", fontsize=12
                )
    return picture


def gradients_by_layer(depth: int, width: int = 64, seed: int = 0) -> dict[str, list[float]]:
    """Measure what is left of a gradient at each layer, on its way back from the top.

    The sub-layers are random networks with a ReLU, twice as wide inside.

    Args:
        depth: how many sub-layers stand on each other.
        width: D.
        seed: of the weights and of the word that is sent through.

    Returns:
        By the kind of frame, `depth + 1` numbers: the mean length of the gradient where layer n
        begins, for a gradient of length 1 at the top, whose number is 1.
    """
    rng = np.random.default_rng(seed)
    layers = [
        (
            rng.normal(size=(width, 2 * width)) * np.sqrt(2 / (3 * width)),
            rng.normal(size=(2 * width, width)) * np.sqrt(2 / (3 * width)),
        )
        for _ in range(depth)
    ]
    word = rng.normal(size=width)
    found = {}
    for name, frame in (
        (say("no residual", "没有残差"), _plain),
        (say("post-norm", "后归一化"), _post),
        (say("pre-norm", "前归一化"), _pre),
    ):
        x, slopes = word, []
        for weights in layers:
            x, slope = frame(x, *weights)
            slopes.append(slope)
        back, left = np.eye(width), [1.0]
        for slope in reversed(slopes):
            back = slope @ back
            left.append(float(np.linalg.norm(back) / np.sqrt(width)))
        found[name] = left[::-1]
    return found


def _work(x: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """Return a network's output and its derivative `(D, D)`, rows the inputs."""
    inside = x @ first
    return np.maximum(inside, 0) @ second, (first * (inside > 0)) @ second


def _norm(x: Any) -> tuple[Any, Any]:
    """Return x at mean 0 and variance 1, and the derivative `(D, D)`."""
    width, spread = len(x), np.sqrt(x.var() + 1e-3)
    normal = (x - x.mean()) / spread
    return normal, (np.eye(width) - 1 / width - np.outer(normal, normal) / width) / spread


def _plain(x: Any, first: Any, second: Any) -> tuple[Any, Any]:
    return _work(x, first, second)


def _post(x: Any, first: Any, second: Any) -> tuple[Any, Any]:
    said, slope = _work(x, first, second)
    normal, bend = _norm(x + said)
    return normal, (np.eye(len(x)) + slope) @ bend


def _pre(x: Any, first: Any, second: Any) -> tuple[Any, Any]:
    normal, bend = _norm(x)
    said, slope = _work(normal, first, second)
    return x + said, np.eye(len(x)) + bend @ slope


def gradients(left: Mapping[str, Sequence[float]]) -> "Figure":
    """Draw what is left of a gradient at each layer, on a logarithmic scale.

    Args:
        left: by the kind of frame, a number for each layer from the bottom, and one for the top.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.2, height=3.5)
    for (name, values), line, marker in zip(left.items(), _LINES, _MARKERS, strict=False):
        axes.plot(
            range(len(values)),
            values,
            linestyle=line,
            marker=marker,
            markersize=5,
            label=plots.label(name),
        )
    axes.set_yscale("log")
    axes.set_ylim(1e-5, 20)  # the same for every depth
    axes.set_xlabel(
        plots.label(say("layers below (left: the bottom)", "下面有几层（左端是最底层）"))
    )
    axes.set_ylabel(plots.label(say("gradient, at the top 1", "梯度（顶层为 1）")))
    axes.grid(alpha=0.3)
    axes.legend()
    return picture


def maps(
    panels: Mapping[str, tuple[Any, Sequence[str], Sequence[str]]], sides: tuple[str, str]
) -> "Figure":
    """Draw tables of yes and no, a row for each query, a column for each key.

    Args:
        panels: by title, `(T, S)` booleans, T words down the side and S along the top.
        sides: what rows and columns are called.

    Returns:
        The figure: a panel for each title.
    """
    picture, axes = plots.figure(columns=len(panels), width=4.1, height=4.0)
    for panel, (title, (table, rows, columns)) in zip(np.ravel(axes), panels.items(), strict=True):
        yes = np.asarray(table).astype("float64")
        panel.imshow(yes, cmap="cividis", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(yes):
            colour = "black" if value else "white"
            panel.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
        panel.set_xticks(
            range(len(columns)),
            [plots.label(word) for word in columns],
            rotation=40,
            ha="right",
            rotation_mode="anchor",
        )
        panel.set_yticks(range(len(rows)), [plots.label(word) for word in rows])
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_ylabel(plots.label(sides[0]))
        panel.set_xlabel(plots.label(sides[1]))
        panel.set_title(plots.label(title), fontsize=12)
    return picture


def task(
    shares: Mapping[str, Sequence[float]],
    weights: Mapping[str, Any],
    rows: Sequence[str],
    columns: Sequence[str],
) -> "Figure":
    """Draw how two models learned a task, and where each looks.

    Args:
        shares: by the model's name, the share that is wholly right after each epoch.
        weights: by the model's name, cross-attention `(T, S)`.
        rows: T names of what is written.
        columns: S names of what is read.

    Returns:
        The figure: curves on the left, a map for each model beside them.
    """
    picture, (left, *others) = plots.figure(columns=1 + len(weights), width=4.0, height=3.9)
    for (name, values), line, marker in zip(shares.items(), _LINES, _MARKERS, strict=False):
        left.plot(
            range(1, len(values) + 1),
            values,
            linestyle=line,
            marker=marker,
            label=plots.label(name),
        )
    left.set_ylim(-0.03, 1.05)
    left.set_xlabel(plots.label(say("epoch", "轮次")))
    left.set_ylabel(plots.label(say("sentences wholly right", "全对的句子所占比例")))
    left.grid(alpha=0.3)
    left.legend(loc="center right")
    for panel, (name, table) in zip(others, weights.items(), strict=True):
        image = panel.imshow(np.asarray(table), cmap="cividis", vmin=0, vmax=1)
        panel.set_xticks(range(len(columns)), [plots.label(word) for word in columns])
        panel.set_yticks(range(len(rows)), [plots.label(word) for word in rows])
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_xlabel(plots.label(say("source", "源句")))
        panel.set_title(plots.label(name), fontsize=12)
    picture.colorbar(image, ax=others, shrink=0.7)
    return picture


def parameters(models: Mapping[str, Mapping[str, int]]) -> "Figure":
    """Draw the share of a model's parameters that each part has, with their number.

    Args:
        models: by the model's name, parameters by part; the same parts for all.

    Returns:
        The figure: a panel of bars for each model.
    """
    picture, axes = plots.figure(columns=len(models), width=5.4, height=3.7)
    panels = list(np.ravel(axes))
    for number, (panel, (name, parts)) in enumerate(zip(panels, models.items(), strict=True)):
        total = sum(parts.values())
        shares = [count / total for count in parts.values()]
        panel.barh(
            range(len(parts)),
            shares,
            color=plots.COLOURS[number % len(plots.COLOURS)],
            hatch=_HATCHES[number % len(_HATCHES)],
            edgecolor="white",
        )
        for place, (count, share) in enumerate(zip(parts.values(), shares, strict=True)):
            panel.text(share + 0.01, place, f"{count:,}", va="center", fontsize=10)
        panel.set_yticks(
            range(len(parts)), [plots.label(part) if number == 0 else "" for part in parts]
        )
        panel.invert_yaxis()
        panel.set_xlim(0, max(shares) * 1.35)
        panel.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        panel.set_xlabel(plots.label(say("share of all parameters", "占全部参数的比例")))
        panel.set_title(plots.label(f"{name}: {total:,}"), fontsize=12)
    return picture
