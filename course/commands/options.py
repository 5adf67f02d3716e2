"""The options that several commands have, each with one help text."""

from typing import Annotated

import typer

from course.kit.language import say

Language = Annotated[str | None, typer.Option(help=say("en or zh.", "en 或 zh。"))]
Data = Annotated[
    str,
    typer.Option(
        help=say("generated, tatoeba, or a TSV file.", "generated、tatoeba，或一个 TSV 文件。")
    ),
]
Reference = Annotated[
    bool,
    typer.Option(
        "--reference",
        help=say("The reference's layers, not yours.", "用参考答案的层，而不是你的。"),
    ),
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help=say("Passes over the pairs.", "训练的轮数。"))
]
Seed = Annotated[
    int,
    typer.Option(help=say("Of weights, batches and dropout.", "权重、批次和 dropout 的随机种子。")),
]
Device = Annotated[str, typer.Option(help=say("auto, cpu or gpu.", "auto、cpu 或 gpu。"))]
Precision = Annotated[
    str, typer.Option(help=say("auto, or a Keras dtype policy.", "auto，或一种 Keras 精度策略。"))
]
Jit = Annotated[
    str,
    typer.Option(help=say("Compile with XLA: auto, on or off.", "用 XLA 编译：auto、on 或 off。")),
]
