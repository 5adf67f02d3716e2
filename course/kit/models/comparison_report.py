"""The report of a comparison: a page in Markdown, its numbers in JSON, and pictures."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course.kit.files import new_file, write_file
from course.kit.language import say
from course.kit.models.comparison import WARM_UP, Effort, Measurements
from course.kit.models.families import FAMILIES
from course.kit.notebook import plots

PAGE, NUMBERS = "compare.md", "compare.json"
BY_LENGTH, STEPS, ATTENTION = "bleu-by-length.png", "step-time.png", "attention.png"


def write(
    directory: Path, families: Sequence[Measurements], about: dict[str, str], effort: Effort
) -> Path:
    """Write page, numbers and pictures into a directory; return the page's path.

    Args:
        directory: where to.
        families: their measurements, in the order of the table.
        about: what else the page says, by what it is called: data, device and so on.
        effort: how much was measured.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _draw_bands(directory / BY_LENGTH, families)
    _draw_steps(directory / STEPS, families, effort)
    with_attention = [family for family in families if family.example.attention is not None]
    if with_attention:
        _draw_attention(directory / ATTENTION, with_attention)
    numbers = {
        "schema": 1,
        "about": about,
        "effort": asdict(effort),
        "results": [_numbers(family) for family in families],
    }
    text = json.dumps(numbers, ensure_ascii=False, indent=2)
    write_file(directory / NUMBERS, text)
    write_file(directory / PAGE, page(families, about, effort, bool(with_attention)))
    return directory / PAGE


def title_of(family: Measurements) -> str:
    """Return what a reader calls the family."""
    return say(*FAMILIES[family.name].title)


def page(
    families: Sequence[Measurements], about: dict[str, str], effort: Effort, attention: bool = True
) -> str:
    """Return the page in Markdown; `attention` says whether there is a picture of it."""
    sections = [
        "# " + say("The families side by side", "各模型对比"),
        "\n".join(f"- {name}: {value}" for name, value in about.items()),
        "## " + say("Quality", "翻译质量"),
        _quality(families),
        say(
            "BLEU and chrF are sacreBLEU's, on Chinese characters, 0 to 100; exact is the share "
            "of sentences that equal a reference. In the compositional split stand combinations "
            "of known words that no training sentence has.",
            "BLEU 与 chrF 由 sacreBLEU 按汉字计算，范围 0 到 100；完全匹配指与某一参考译文"
            "相同的句子比例。compositional 部分是训练中没有出现过的已知词的组合。",
        ),
        f"![{say('BLEU by length', '不同长度的 BLEU')}]({BY_LENGTH})",
        say(
            "All that the RNN without attention knows of a sentence is family vector of fixed "
            "length; the others look back at every word.",
            "没有注意力的 RNN 只能用一个固定长度的向量记住整个句子；其余模型可以回看每个词。",
        ),
        "## " + say("Cost", "代价"),
        _cost(families, effort),
        f"![{say('Time of a training step', '训练步时间')}]({STEPS})",
        say(
            f"A training step on {effort.rows} pairs of random words, source and target of the "
            f"same length; the median of {effort.repeats}, after {WARM_UP} to warm up. A recurrent "
            "network takes family step after another; the others compute all positions at once, "
            "where the device has room.",
            f"训练步使用 {effort.rows} 对随机词，源句与目标句等长；预热 {WARM_UP} 步后取 "
            f"{effort.repeats} 步的中位数。循环网络必须逐步计算；"
            "其余模型在设备允许时同时计算所有位置。",
        ),
    ]
    if attention:
        sections += [
            "## " + say("Attention", "注意力"),
            "\n".join(f"- {title_of(family)}: {family.example.text}" for family in families),
            f"![{say('Attention', '注意力')}]({ATTENTION})",
            say(
                "Averaged over layers and heads. Weights show where a model looks, and not "
                "always why it writes what it writes.",
                "对各层、各头取平均。权重说明模型看向哪里，但不一定说明它为何这样翻译。",
            ),
        ]
    return "\n\n".join(sections) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _quality(families: Sequence[Measurements]) -> str:
    splits = list(dict.fromkeys(split for family in families for split in family.scores))
    columns = ("BLEU", "chrF", say("exact %", "完全匹配 %"))
    head = ["", *(f"{split}: {column}" for split in splits for column in columns)]
    rows = []
    for family in families:
        scores = [family.scores[split] for split in splits]
        numbers = [value for each in scores for value in (each.bleu, each.chrf, each.exact)]
        rows.append([title_of(family), *(f"{value:.1f}" for value in numbers)])
    return _table(head, rows)


def _cost(families: Sequence[Measurements], effort: Effort) -> str:
    head = [
        "",
        say("parameters", "参数量"),
        say("epochs", "轮数"),
        say("seconds an epoch", "每轮秒数"),
        say(f"seconds for {effort.sentences:,} sentences", f"翻译 {effort.sentences:,} 句的秒数"),
        say("milliseconds for one", "翻译一句的毫秒数"),
    ]
    rows = [
        [
            title_of(family),
            f"{family.parameters:,}",
            f"{family.card['epochs']}",
            f"{family.seconds_per_epoch:.1f}",
            f"{family.decoding:.1f}",
            f"{1000 * family.one_sentence:.0f}",
        ]
        for family in families
    ]
    return _table(head, rows)


def _numbers(family: Measurements) -> dict[str, Any]:
    card = family.card
    return {
        "family": family.name,
        "layers": card.get("layers"),
        "trained_on": card.get("data"),
        "sizes": card["sizes"],
        "parameters": family.parameters,
        "epochs": card["epochs"],
        "seconds_per_epoch": family.seconds_per_epoch,
        "scores": {split: asdict(scores) for split, scores in family.scores.items()},
        "bands": [asdict(band) for band in family.bands],
        "decoding_seconds": family.decoding,
        "one_sentence_seconds": family.one_sentence,
        "step_seconds": family.steps,
        "example": {"source": family.example.source_tokens, "target": family.example.tokens},
    }


def _draw_bands(path: Path, families: Sequence[Measurements]) -> None:
    spans = [(band.shortest, band.longest) for band in families[0].bands]
    figure = plots.curves(
        [(shortest + longest) / 2 for shortest, longest in spans],
        {title_of(family): [band.bleu for band in family.bands] for family in families},
        say("words and marks of the source", "源句的词与标点数"),
        "BLEU",
        say("Quality by length", "不同长度的翻译质量"),
        axes=_wide(),
    )
    _legend_beside(figure)
    names = [f"{a}" if a == b else f"{a}–{b}" for a, b in spans]
    figure.axes[0].set_xticks([(a + b) / 2 for a, b in spans], names)
    _save(figure, path)


def _draw_steps(path: Path, families: Sequence[Measurements], effort: Effort) -> None:
    figure = plots.curves(
        effort.lengths,
        {
            title_of(family): [1000 * family.steps[length] for length in effort.lengths]
            for family in families
        },
        say("length of source and target", "源句与目标句的长度"),
        say("milliseconds", "毫秒"),
        say("Time of a training step", "一个训练步的时间"),
        axes=_wide(),
    )
    figure.axes[0].set_xticks(effort.lengths)
    figure.axes[0].set_ylim(bottom=0)
    _legend_beside(figure)
    _save(figure, path)


def _wide() -> Any:
    """Return axes that leave room for a legend at their side, where it covers no curve."""
    return plots.figure(width=6.8, height=3.6)[1]


def _legend_beside(figure: Any) -> None:
    figure.axes[0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _draw_attention(path: Path, families: Sequence[Measurements]) -> None:
    examples = [family.example for family in families]
    figure, axes = plots.figure(
        columns=len(families),
        width=0.55 * max(len(each.source_tokens) for each in examples) + 2.2,
        height=0.55 * max(len(each.tokens) for each in examples) + 1.8,
    )
    panels = [axes] if len(families) == 1 else axes
    for family, panel in zip(families, panels, strict=True):
        plots.heatmap(
            family.example.attention,
            family.example.tokens,
            family.example.source_tokens,
            title=title_of(family),
            axes=panel,
            sides=(say("written", "译文"), say("read", "原文")),
        )
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    with new_file(path) as file:
        figure.savefig(file, dpi=150, format="png")
    plt.close(figure)
