"""Pictures of the translation lesson: tables of ids, losses, a tree of beginnings, n-grams."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots
from course.kit.tokens import END_ID, PAD_ID, START_ID

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Words = tuple[str, ...]

_BLUE, _ORANGE, _GREEN, *_ = plots.COLOURS
_WORD, _NOTHING = "#CFE3F2", "#E6E6E6"  # a light blue that black letters stand on; grey
_FILLS = {PAD_ID: _NOTHING, START_ID: "#BFE5D6", END_ID: "#FBE0B0"}
_LINES = ("-", "--", ":", "-.")
_MARKS = "os^D"
_HATCHES = ("", "///", "...", "xx")


def _box(axes: Any, x: float, y: float, text: str, fill: str, below: str = "", **edge: Any) -> None:
    """Put a word into a box of one unit around (x, y), and something smaller below it."""
    from matplotlib.patches import Rectangle

    style = {"edgecolor": "white", "linewidth": 2, **edge}
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=fill, **style))
    colour = "#555555" if fill == _NOTHING else "black"
    place = {"ha": "center", "va": "center", "color": colour}
    size = 11 if len(text) < 5 else 8
    axes.text(x, y - (0.14 if below else 0), plots.label(text), fontsize=size, **place)
    if below:
        axes.text(x, y + 0.28, below, fontsize=8, **place)


def _plain(axes: Any, width: float, height: float) -> None:
    """Leave axes without lines and ticks, y downwards, units of one size."""
    axes.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4, -0.6), aspect="equal")
    axes.axis("off")


def grids(tables: Mapping[str, tuple[Sequence[Sequence[str]], Any]]) -> "Figure":
    """Draw tables of tokens, each token with its id, coloured by what it is.

    Args:
        tables: by title, `(tokens, ids (B, T))` with B rows of T tokens.

    Returns:
        The figure: the tables one below the other.
    """
    width = max(np.asarray(ids).shape[1] for _, ids in tables.values())
    picture, all_axes = plots.figure(rows=len(tables), width=0.62 * width + 0.4, height=2.3)
    for axes, (title, (tokens, ids)) in zip(np.ravel(all_axes), tables.items(), strict=True):
        ids = np.asarray(ids)
        for (row, column), number in np.ndenumerate(ids):
            _box(
                axes, column, row, tokens[row][column], _FILLS.get(int(number), _WORD), str(number)
            )
        _plain(axes, width, len(ids))
        axes.set_title(plots.label(title), loc="left")
    return picture


def aligned(fed: Sequence[str], wanted: Sequence[str], counts: Sequence[bool]) -> "Figure":
    """Draw what a decoder is fed above what it is to say, column by column.

    Args:
        fed: T tokens.
        wanted: T tokens.
        counts: T booleans, whether the loss counts the column.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=0.75 * len(fed) + 2.2, height=2.6)
    for t, (above, below, counted) in enumerate(zip(fed, wanted, counts, strict=True)):
        fill = _FILLS[START_ID] if t == 0 else _WORD if counted else _NOTHING
        _box(axes, t, 0, above, fill)
        last = counted and not any(counts[t + 1 :])
        _box(axes, t, 2, below, _FILLS[END_ID] if last else _WORD if counted else _NOTHING)
        arrow = {"arrowstyle": "-|>", "lw": 1.8, "color": _BLUE if counted else "#BBBBBB"}
        arrow["linestyle"] = "-" if counted else ":"
        axes.annotate("", xy=(t, 1.45), xytext=(t, 0.55), arrowprops=arrow)
        if t + 1 < len(fed) and counted:
            slant = {"arrowstyle": "-", "lw": 1, "color": "#999999", "linestyle": "--"}
            axes.annotate("", xy=(t + 0.75, 0.55), xytext=(t + 0.25, 1.45), arrowprops=slant)
    for y, text in ((0, say("fed", "输入")), (2, say("to be said", "要说出"))):
        axes.text(-0.75, y, plots.label(text), ha="right", va="center", fontsize=11)
    _plain(axes, len(fed), 3)
    axes.set_xlim(-2.4, len(fed) - 0.4)
    return picture


def losses(
    values: Any, counts: Any, shares: Any, by_smoothing: Mapping[float, Any], vocabulary_size: int
) -> "Figure":
    """Draw the losses of a sentence's places, and what label smoothing makes of the loss.

    Args:
        values: `(T,)`, the loss of each place.
        counts: `(T,)`, boolean: whether the place has a real token.
        shares: `(N,)`, probabilities of the right word.
        by_smoothing: by the amount of smoothing, the loss `(N,)` at these.
        vocabulary_size: V.

    Returns:
        The figure: bars on the left, curves on the right.
    """
    picture, (left, right) = plots.figure(columns=2, width=4.6)
    values, counts = np.asarray(values), np.asarray(counts, bool)
    places = np.arange(1, len(values) + 1)
    bars = [
        left.bar(places[counts], values[counts], color=_BLUE, width=0.7),
        left.bar(
            places[~counts],
            values[~counts],
            color=_NOTHING,
            edgecolor="grey",
            hatch="///",
            width=0.7,
        ),
    ]
    for some in bars:
        left.bar_label(some, fmt="%.2f")
    names = (say("real token", "真实词元"), say("padding: not counted", "填充：不计"))
    mean = values[counts].mean()
    line = left.axhline(mean, color=_ORANGE, linestyle="--", linewidth=2)
    left.legend(
        [*bars, line],
        [plots.label(name) for name in (*names, say(f"loss {mean:.2f}", f"损失 {mean:.2f}"))],
        loc="upper left",
        fontsize="small",
    )
    left.set(xticks=places, ylim=(0, values.max() * 1.6))
    left.set_xlabel(plots.label(say("place in the sentence", "句中位置")))
    left.set_ylabel(plots.label(say("loss at this place", "该位置的损失")))
    for number, (smoothing, line_values) in enumerate(by_smoothing.items()):
        colour = plots.COLOURS[number]
        style = {"color": colour, "linestyle": _LINES[number], "linewidth": 2}
        right.plot(shares, line_values, label=f"ε = {smoothing:g}", **style)
        best = 1 - smoothing + smoothing / vocabulary_size
        if smoothing:
            lowest = np.interp(best, shares, line_values)
            right.plot(best, lowest, marker="o", color=colour, markersize=8)
    right.set_xlabel(plots.label(say("probability of the right word", "正确词的概率")))
    right.set_ylabel(plots.label(say("loss", "损失")))
    right.legend()
    right.grid(alpha=0.3)
    return picture


def schedules(updates: Any, rates: Mapping[int, Any], chosen: int) -> "Figure":
    """Draw learning rates over the updates, one choice in colour before the others in grey.

    Args:
        updates: `(N,)`, counted from 1.
        rates: by the number of warm-up steps, the learning rate `(N,)` at these updates.
        chosen: which one is in colour.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=6.4, height=3.4)
    for steps, values in rates.items():
        if steps != chosen:
            axes.plot(updates, values, color="#BBBBBB", linewidth=1)
    values = np.asarray(rates[chosen])
    axes.plot(updates, values, color=_BLUE, linewidth=2.5)
    axes.axvline(chosen, color=_ORANGE, linestyle="--")
    axes.text(
        chosen + 0.01 * max(updates),
        0.98,
        plots.label(say(f"{chosen} warm-up steps", f"预热 {chosen} 步")),
        transform=axes.get_xaxis_transform(),
        va="top",
    )
    axes.set_ylim(0, 1.05 * max(np.max(each) for each in rates.values()))
    axes.set_xlabel(plots.label(say("update n", "第 n 次更新")))
    axes.set_ylabel(plots.label(say("learning rate", "学习率")))
    axes.grid(alpha=0.3)
    return picture


def tree(
    probabilities: Mapping[Words, float],
    scores: Mapping[Words, float],
    kept: Sequence[Words],
    greedy: Words,
    best: Words,
    end: str,
    alpha: float,
) -> "Figure":
    """Draw beginnings of a translation as a tree that grows to the right.

    Args:
        probabilities: of each beginning, a tuple of words; whatever is in the tree.
        scores: of those that have ended.
        kept: the beginnings that beam search keeps; the others are grey.
        greedy: where greedy search goes.
        best: what beam search returns.
        end: the word that ends a sentence.
        alpha: the length penalty, for the title.

    Returns:
        The figure.
    """
    picture, axes = plots.figure(width=9.2, height=4.6)
    heights = _heights(list(probabilities))
    greedy_path = [greedy[:n] for n in range(1, len(greedy) + 1)]
    best_path = [best[:n] for n in range(1, len(best) + 1)]
    for words, chance in probabilities.items():
        before = words[:-1]
        (x0, y0), (x1, y1) = (len(before), heights[before]), (len(words), heights[words])
        part = chance / probabilities.get(before, 1.0)
        lost = words not in kept
        colour, width, line = ("#AAAAAA", 1.0, "-") if lost else ("#666666", 1.6, "-")
        if words in best_path:
            colour, width = _BLUE, 4.0
        axes.plot([x0, x1], [y0, y1], color=colour, linewidth=width, linestyle=line, zorder=1)
        if words in greedy_path:
            axes.plot([x0, x1], [y0, y1], color="#D55E00", linewidth=2.5, linestyle=":", zorder=2)
        place = {"ha": "center", "va": "center", "fontsize": 9, "zorder": 3}
        white = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"}
        middle = (x0 + 0.45 * (x1 - x0), y0 + 0.45 * (y1 - y0))
        axes.text(*middle, f"{part:.2f}", color="#666666", bbox=white, **place)
        _node(axes, x1, y1, words, end, lost, words == best)
        if words in scores:
            colour = _BLUE if words == best else "black"
            text = f"{scores[words]:.3f}"
            axes.text(x1 + 0.22, y1, text, fontsize=12, va="center", color=colour)
    _node(axes, 0, heights[()], (say("start", "开始"),), end, False, False)
    for colour, width, line, name in (
        (_BLUE, 4.0, "-", say("beam search's answer", "束搜索的结果")),
        ("#D55E00", 2.5, ":", say("greedy search", "贪心搜索")),
        ("#AAAAAA", 1.0, "-", say("dropped", "被丢掉的")),
    ):
        axes.plot([], [], color=colour, linewidth=width, linestyle=line, label=plots.label(name))
    axes.legend(loc="upper left", frameon=False)
    axes.set_title(plots.label(say(f"length penalty α = {alpha:g}", f"长度惩罚 α = {alpha:g}")))
    axes.set_xlim(-0.3, max(map(len, probabilities)) + 0.8)
    axes.set_ylim(-0.7, max(heights.values()) + 0.7)
    axes.axis("off")
    return picture


def _heights(beginnings: list[Words]) -> dict[Words, float]:
    """Give each leaf a line of its own, and each beginning the middle of what comes of it."""
    heights: dict[Words, float] = {}

    def place(words: Words) -> float:
        children = [each for each in beginnings if each[:-1] == words]
        if children:
            ends = [place(child) for child in children]
            heights[words] = (min(ends) + max(ends)) / 2
        else:
            heights[words] = float(sum(1 for each in heights if each in leaves))
        return heights[words]

    leaves = {each for each in beginnings if not any(o[:-1] == each for o in beginnings)}
    place(())
    return heights


def _node(axes: Any, x: float, y: float, words: Words, end: str, lost: bool, best: bool) -> None:
    fill = "white" if lost else _FILLS[END_ID] if words[-1] == end else _WORD
    edge = _BLUE if best else "#AAAAAA" if lost else "#666666"
    box: dict[str, Any] = {"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge}
    box["linewidth"] = 3 if best else 1
    colour = "#777777" if lost else "black"
    place = {"ha": "center", "va": "center", "zorder": 4, "fontsize": 12}
    axes.text(x, y, plots.label(words[-1]), color=colour, bbox=box, **place)


def ngrams(
    written: Sequence[str], reference: Sequence[str], matched: Sequence[Sequence[bool]]
) -> "Figure":
    """Draw the n-grams of a translation, those that count in colour, those that don't struck out.

    Args:
        written: h tokens.
        reference: r tokens, shown above.
        matched: for each n from 1 on, h - n + 1 booleans.

    Returns:
        The figure: a row for each n.
    """
    picture, axes = plots.figure(width=8.4, height=0.5 * (len(matched) + 2) + 0.4)
    place = {"va": "center", "fontsize": 12}
    sentences = (say("reference", "参考译文"), reference), (say("written", "写出的"), written)
    for y, (name, tokens) in enumerate(sentences, start=-1):
        axes.text(-0.3, y, plots.label(name), ha="right", **place)
        axes.text(0, y, plots.label(" ".join(tokens)), ha="left", **place)
    for n, flags in enumerate(matched, start=1):
        axes.text(-0.3, n, f"n = {n}", ha="right", **place)
        half = 0.13 * n
        step = 2 * half + 0.5
        for i, right in enumerate(flags):
            gram = "".join(written[i : i + n])
            box = {
                "boxstyle": "round,pad=0.25",
                "facecolor": _WORD if right else "white",
                "edgecolor": _BLUE if right else "#999999",
                "linestyle": "-" if right else ":",
            }
            colour = "black" if right else "#777777"
            x = half + step * i
            axes.text(x, n, plots.label(gram), ha="center", color=colour, bbox=box, **place)
            if not right:
                ends = [x - half, x + half]
                axes.plot(ends, [n, n], color="#D55E00", linewidth=1.5, zorder=5)
        sums = f"$p_{n}$ = {sum(flags)}/{len(flags)}"
        axes.text(6.9, n, sums, ha="left", color=_BLUE, **place)
    axes.set(xlim=(-1.4, 8.0), ylim=(len(matched) + 0.6, -1.6))
    axes.axis("off")
    return picture


def training(losses: Mapping[str, Sequence[float]], bleu: Mapping[str, Any]) -> "Figure":
    """Draw how runs went on: the loss and BLEU after each epoch.

    Args:
        losses: `(E,)` for each run, by its name.
        bleu: `(E,)` for the same runs.

    Returns:
        The figure: losses on the left, BLEU on the right.
    """
    picture, axes = plots.figure(columns=2, width=4.6)
    texts = (say("validation loss", "验证损失"), say("BLEU of what it writes", "所写译文的 BLEU"))
    for one, lines, text in zip(axes, (losses, bleu), texts, strict=True):
        for number, (name, values) in enumerate(lines.items()):
            one.plot(
                range(1, len(values) + 1),
                values,
                color=plots.COLOURS[number],
                marker=_MARKS[number],
                linestyle=_LINES[number],
                linewidth=2,
                label=plots.label(name),
            )
        one.set_xlabel(plots.label(say("epoch", "轮")))
        one.set_ylabel(plots.label(text))
        one.grid(alpha=0.3)
    axes[0].set_yscale("log")
    axes[1].set_ylim(-3, 103)
    axes[0].legend()
    return picture


def families(
    by_split: Mapping[str, Mapping[str, float]],
    by_band: Mapping[str, Sequence[float]],
    bands: Sequence[str],
) -> "Figure":
    """Draw BLEU of several families: by split, and by the length of the source.

    Args:
        by_split: by family, BLEU by split.
        by_band: by family, BLEU for each band of lengths.
        bands: what the bands are called.

    Returns:
        The figure: bars on the left, lines on the right.
    """
    picture, (left, right) = plots.figure(columns=2, width=5.2, height=3.6)
    splits = list(next(iter(by_split.values())))
    rows = np.arange(len(by_split))
    for number, split in enumerate(splits):
        bars = left.barh(
            rows + 0.4 * number,
            [scores[split] for scores in by_split.values()],
            height=0.4,
            hatch=_HATCHES[number],
            color=plots.COLOURS[number],
            edgecolor="white",
            label=plots.label(split),
        )
        left.bar_label(bars, fmt="%.1f", padding=2, fontsize=9)
    left.set_yticks(rows + 0.2 * (len(splits) - 1), [plots.label(name) for name in by_split])
    left.invert_yaxis()
    left.set(xlim=(0, 118), xticks=range(0, 101, 25), xlabel="BLEU")
    left.legend(
        loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=2, frameon=False, fontsize="small"
    )
    for number, (family, values) in enumerate(by_band.items()):
        right.plot(
            range(len(bands)),
            values,
            color=plots.COLOURS[number],
            marker=_MARKS[number],
            linestyle=_LINES[number],
            label=plots.label(family),
        )
    right.set_xticks(range(len(bands)), bands)
    right.set_ylim(0, 105)
    right.set_xlabel(plots.label(say("words and marks of the source", "源句的词数（含标点）")))
    right.set_ylabel("BLEU")
    right.grid(alpha=0.3)
    right.legend(loc="lower right", fontsize="small")
    return picture
