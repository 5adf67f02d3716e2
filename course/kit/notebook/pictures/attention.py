"""Pictures of the attention lesson: temperature, the spread of scores, masks side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.kit.language import say
from course.kit.notebook import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HATCHES = ("", "///", "...")
_LINES = ("-", "--", ":", "-.")


def temperature(scores: Sequence[float], weights: Mapping[float, Any], chosen: float) -> "Figure":
    """Draw the weights at one temperature, and beside them those at every temperature.

    Args:
        scores: `(C,)`, at most six.
        weights: `(C,)` for each temperature, that of `chosen` among them.
        chosen: the temperature of the bars.

    Returns:
        The figure: bars on the left, curves on the right.
    """
    picture, (left, right) = plots.figure(columns=2)
    names = [f"z = {score:g}" for score in scores]
    bars = left.bar(names, np.asarray(weights[chosen]), color=plots.COLOURS[: len(names)])
    left.bar_label(bars, fmt="%.2f")
    left.set(ylim=(0, 1.1), ylabel=plots.label(say("weight", "权重")))
    left.set_title(plots.label(say(f"temperature {chosen:g}", f"温度 {chosen:g}")))
    all_weights = np.array(list(weights.values()))
    lines = {name: list(all_weights[:, i]) for i, name in enumerate(names)}
    plots.curves(
        list(weights), lines, say("temperature", "温度"), say("weight", "权重"), log="x", axes=right
    )
    right.axvline(chosen, color="grey", linestyle="--")
    right.set_title(plots.label(say("cold is greedy, hot is even", "低温独占，高温平均")))
    return picture


def spread(scores: Mapping[str, Any], weights: Mapping[str, Any]) -> "Figure":
    """Draw how far scores lie apart, and how unevenly the softmax of them shares out.

    Args:
        scores: `(N, S)` by name.
        weights: `(N, S)` by the same names, the softmax of the scores.

    Returns:
        The figure: histograms on the left; on the right the mean weight of the key that gets
        most, of the one that gets second most, and so on.
    """
    picture, (left, right) = plots.figure(columns=2, width=4.6)
    reach = max(float(np.abs(z).max()) for z in scores.values())
    bins = np.linspace(-reach, reach, 41)
    for number, (name, z) in enumerate(scores.items()):
        left.hist(
            np.ravel(z),
            bins=bins,
            histtype="step",
            linewidth=2,
            linestyle=_LINES[number],
            density=True,
            label=plots.label(name),
        )
        p = np.sort(np.asarray(weights[name]), axis=-1)[:, ::-1].mean(axis=0)
        place = np.arange(1, len(p) + 1) + (number - 0.5) * 0.4
        right.bar(
            place, p, width=0.4, hatch=_HATCHES[number], edgecolor="white", label=plots.label(name)
        )
    left.set_xlabel(plots.label(say("score", "分数")))
    left.set_ylabel(plots.label(say("how often", "频率")))
    left.legend(loc="upper left", fontsize="small")
    right.set(ylim=(0, 1.05), xticks=range(1, len(p) + 1))
    right.set_xlabel(plots.label(say("key, from most to least weight", "键（按权重从大到小）")))
    right.set_ylabel(plots.label(say("mean weight", "平均权重")))
    right.legend()
    return picture


def maps(weights: Mapping[str, Any], words: Sequence[str]) -> "Figure":
    """Draw several maps of one sentence side by side.

    Args:
        weights: `(T, T)` by title.
        words: T words.

    Returns:
        The figure.
    """
    size = 0.3 * len(words) + 1.9
    picture, axes = plots.figure(columns=len(weights), width=size + 0.6, height=size)
    for one, (title, values) in zip(np.ravel(axes), weights.items(), strict=True):
        plots.heatmap(values, words, title=title, axes=one)
    return picture
