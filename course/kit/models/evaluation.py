"""How good translations are: BLEU, chrF and exact matches, against several references each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scores:
    """Of some translations: BLEU and chrF from 0 to 100, and the percentage that is exact."""

    bleu: float
    chrf: float
    exact: float

    def __str__(self) -> str:
        return f"BLEU {self.bleu:.1f}, chrF {self.chrf:.1f}, exact {self.exact:.1f}%"


def evaluate(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """Score translations with sacreBLEU; its tokenizer "zh" cuts Chinese into characters.

    Args:
        hypotheses: what was written, a text for each sentence.
        references: the right translations of each sentence, one or more.

    Raises:
        ValueError: there is no sentence, or a sentence has no reference.

    Source: Papineni et al. 2002; Popović 2015; Post 2018 for how they are computed.
    """
    import sacrebleu

    if not hypotheses or len(hypotheses) != len(references) or not all(references):
        raise ValueError("Every translation needs at least one reference.")
    # sacreBLEU wants a list for the first references, one for the second, and so on.
    most = max(len(each) for each in references)
    columns: Any = [
        [each[n] if n < len(each) else None for each in references] for n in range(most)
    ]
    exact = sum(h in each for h, each in zip(hypotheses, references, strict=True))
    return Scores(
        bleu=sacrebleu.corpus_bleu(hypotheses, columns, tokenize="zh").score,
        chrf=sacrebleu.corpus_chrf(hypotheses, columns).score,
        exact=100.0 * exact / len(hypotheses),
    )
