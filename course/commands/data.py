"""The student's commands on data: `python -m course data --help`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from course.commands import options
from course.commands.terminal import speak, stop
from course.kit.language import say

if TYPE_CHECKING:
    from course.kit.corpora.dataset import Dataset

data_app = typer.Typer(
    help=say("Get sentence pairs, and look at them.", "下载句对，并查看它们。"),
    no_args_is_help=True,
)

_HOME = typer.Option(
    help=say(
        "Where data is kept; else $COURSE_DATA, else your cache directory.",
        "数据存放处；默认为 $COURSE_DATA，其次是缓存文件夹。",
    )
)
_BAR = 40  # characters


@data_app.command(help=say("Fetch real sentence pairs.", "下载真实的句对。"))
def fetch(
    name: Annotated[str, typer.Argument(help=say("tatoeba.", "tatoeba。"))],
    url: Annotated[
        str | None, typer.Option(help=say("Another address of the zip.", "zip 的另一个网址。"))
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help=say("What its SHA-256 must be.", "它应有的 SHA-256。"))
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help=say("Though it is here already.", "即使已经下载过。"))
    ] = False,
    home: Annotated[Path | None, _HOME] = None,
    language: options.Language = None,
) -> None:
    """Fetch real sentence pairs."""
    from course.kit.corpora import tatoeba
    from course.kit.corpora.home import data_home

    speak(language)
    if name != "tatoeba":
        stop(
            say(
                f"There is nothing called {name!r} to fetch; what can be fetched is: tatoeba.",
                f"无法下载 {name!r}；可以下载的是：tatoeba。",
            )
        )
    try:
        fetched = tatoeba.fetch(data_home(home), url or tatoeba.URL, sha256, again)
    except OSError as error:
        stop(str(error))
    console = Console()
    source = fetched.source
    for line in (
        say(f"The pairs are in {fetched.path}.", f"句对已在 {fetched.path}。"),
        f"SHA-256 {source['sha256']}",
        f"{source['licence']}. {source['attribution']}.",
        say(
            "Look at them: python -m course data show tatoeba",
            "查看：python -m course data show tatoeba",
        ),
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


@data_app.command(
    help=say(
        "Show a few pairs of a data set, how many there are, how long, and whose they are.",
        "显示数据集的几个句对、数量、长度和来源。",
    )
)
def show(
    name: Annotated[
        str,
        typer.Argument(
            help=say(
                "generated, tatoeba, or a TSV or zip file.",
                "generated、tatoeba，或一个 TSV、zip 文件。",
            )
        ),
    ],
    split: Annotated[
        str, typer.Option(help=say("Which part the pairs are shown of.", "显示哪一部分的句对。"))
    ] = "train",
    count: Annotated[int, typer.Option(min=0, help=say("How many pairs.", "显示多少对。"))] = 5,
    home: Annotated[Path | None, _HOME] = None,
    language: options.Language = None,
) -> None:
    """Show a few pairs of a data set, how many there are, how long they are, and whose they are."""
    from course.kit.corpora.dataset import open_dataset

    speak(language)
    try:
        dataset = open_dataset(name, home)
        dataset.rows(split)
    except OSError as error:
        stop(str(error))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    _show_pairs(dataset, split, count, console)
    _show_counts(dataset, console)
    _show_lengths(dataset, split, console)
    _show_origin(dataset, console)


def _show_pairs(dataset: "Dataset", split: str, count: int, console: Console) -> None:
    for _, row in zip(range(count), dataset.rows(split), strict=False):
        console.print(f"{row.english}\n{row.chinese}")
        if row.attribution:  # goes wherever its pair goes
            console.print(row.attribution, style="dim")
        console.print()


def _show_counts(dataset: "Dataset", console: Console) -> None:
    from course.kit.corpora.cleaning import REASONS

    for split, counts in dataset.card["splits"].items():
        pairs, sources = f"{counts['pairs']:,}", f"{counts['sources']:,}"
        console.print(
            say(
                f"{split:14}{pairs:>10} pairs of {sources} English sentences",
                f"{split:14}{pairs:>10} 个句对，{sources} 个英文句子",
            )
        )
    lines = dataset.card["lines"]
    for reason, number in lines["dropped"].items():
        if number:
            console.print(say("left out", "已去除") + f" {number:,}: {say(*REASONS[reason])}")


def _show_lengths(dataset: "Dataset", split: str, console: Console) -> None:
    """Print how many sentences have how many tokens, and how many different tokens there are."""
    from collections import Counter

    from course.kit.corpora.vocabulary import CharacterVocabulary, WordVocabulary

    cuts = (
        (say("English words", "英文单词"), WordVocabulary(()), 0),
        (say("Chinese characters", "中文字符"), CharacterVocabulary(()), 1),
    )
    lengths: list[Counter[int]] = [Counter(), Counter()]
    kinds: list[set[str]] = [set(), set()]
    for pair in dataset.pairs(split):
        for _, vocabulary, side in cuts:
            tokens = vocabulary.tokens(pair[side])
            lengths[side][len(tokens)] += 1
            kinds[side].update(tokens)
    for title, _, side in cuts:
        different = f"{len(kinds[side]):,}"
        console.print()
        console.print(
            say(
                f"{title} and marks a sentence in {split}; {different} different ones",
                f"{split} 中每句的{title}与标点数；共 {different} 种",
            )
        )
        _print_histogram(lengths[side], console)


def _print_histogram(lengths: dict[int, int], console: Console, step: int = 4) -> None:
    bins: dict[int, int] = {}
    for length, number in lengths.items():
        first = (length - 1) // step * step + 1
        bins[first] = bins.get(first, 0) + number
    most = max(bins.values(), default=1)
    for first in sorted(bins):
        bar = "▇" * round(_BAR * bins[first] / most)
        console.print(f"{first:>5}-{first + step - 1:<4}{bar} {bins[first]:,}")


def _show_origin(dataset: "Dataset", console: Console) -> None:
    source = dataset.card["source"]
    console.print()
    unknown = say("not stated", "没有说明")
    console.print(say("licence: ", "许可：") + (source["licence"] or unknown))
    console.print(say("attribution: ", "署名：") + (source["attribution"] or unknown))
    console.print(say("prepared in ", "数据位于 ") + str(dataset.directory))
