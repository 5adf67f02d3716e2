"""Find the pairs of a class whose code is alike beyond what the task, or the class, has anyway.

A gram is a run of tokens. Those of the release, of the reference and of known mistakes are struck
out, and so are those that many hand-ins have; what is left is a hand-in's own. An index of these
names the few pairs that share enough to be worth a closer look, which RapidFuzz takes, piece by
piece: so 600 hand-ins are no 180,000 comparisons.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from autograder.authoring.stubs import stub_source
from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.mistakes import mistakes_of
from autograder.lookalikes.code import Piece, Token, pieces_of

GRAM = 10  # tokens: about a statement
# What more hand-ins have than these, or than this part of the class, is nobody's own.
MANY, MANY_SHARE = 4, 0.02
# A pair is a hint from so many shared grams of its own on, if they are so much of what the hand-in
# with less of its own has. Of the right solutions in autograder/hidden/UNIT/right, which were
# written apart, no two share 28 grams (a test holds that); a copy with other names and another
# layout shares all of them.
LEAST, LEAST_SHARE = 40, 0.4
Gram = tuple[str, ...]


@dataclass(frozen=True)
class ReadHandIn:
    """A hand-in to compare: whose it is, and its pieces."""

    name: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Lookalikes:
    """Two hand-ins that read alike.

    Attributes:
        unit: whose exercises they are.
        first, second: their names.
        shared: how many own grams they share.
        share: the part of what the one with less of its own has, from 0 to 1.
        alike: the pieces that go together, most alike first.
        grams: what they share and few others have.
    """

    unit: str
    first: str
    second: str
    shared: int
    share: float
    alike: tuple[tuple[Piece, Piece], ...]
    grams: frozenset[Gram]


class _Own:
    """The own grams of a hand-in, piece by piece, in order."""

    def __init__(self, hand_in: ReadHandIn, grams: Sequence[Sequence[int]], common: set[int]):
        self.hand_in = hand_in
        rare = [[gram for gram in piece if gram not in common] for piece in grams]
        self.places = [index for index, piece in enumerate(rare) if piece]
        self.pieces = [rare[index] for index in self.places]
        self.grams = {gram for piece in rare for gram in piece}
        self.total = sum(map(len, rare))


def find_pairs(
    hand_ins: Sequence[ReadHandIn],
    unit: str,
    least: int = LEAST,
    least_share: float = LEAST_SHARE,
) -> list[Lookalikes]:
    """Return the pairs of a unit's hand-ins that read alike, most alike first.

    Args:
        hand_ins: of different people.
        unit: the unit's name.
        least, least_share: from when on a pair is a hint.
    """
    owns, texts = _own_grams(hand_ins, unit)
    pairs = []
    for one, other in _candidates(owns, least, least_share):
        shared, alike = _compare(one, other)
        share = shared / min(one.total, other.total)
        if shared >= least and share >= least_share:
            first, second = one.hand_in, other.hand_in
            pieces = tuple(
                (first.pieces[one.places[a]], second.pieces[other.places[b]]) for a, b in alike
            )
            grams = frozenset(texts[number] for number in one.grams & other.grams)
            pairs.append(Lookalikes(unit, first.name, second.name, shared, share, pieces, grams))
    return sorted(pairs, key=lambda pair: (-pair.shared * pair.share, pair.first, pair.second))


def _own_grams(hand_ins: Sequence[ReadHandIn], unit: str) -> tuple[list[_Own], list[Gram]]:
    """Return what is each hand-in's own, as numbers, and the grams that these stand for."""
    numbers: dict[Gram, int] = {gram: number for number, gram in enumerate(_known(unit))}
    known = len(numbers)
    numbered = [
        [[numbers.setdefault(gram, len(numbers)) for gram in grams_of(p.tokens)] for p in h.pieces]
        for h in hand_ins
    ]
    owners = Counter(gram for grams in numbered for gram in {g for piece in grams for g in piece})
    many = max(MANY, MANY_SHARE * len(hand_ins))
    common = {*range(known), *(gram for gram, count in owners.items() if count > many)}
    owns = [_Own(h, grams, common) for h, grams in zip(hand_ins, numbered, strict=True)]
    return owns, list(numbers)


def _candidates(
    owns: Sequence[_Own], least: int, least_share: float
) -> Iterator[tuple[_Own, _Own]]:
    """Yield the pairs that share enough grams, in whatever order, to be a hint."""
    having: dict[int, list[int]] = defaultdict(list)
    for index, own in enumerate(owns):
        for gram in own.grams:
            having[gram].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indices in having.values():
        for position, one in enumerate(indices):
            shared.update((one, other) for other in indices[position + 1 :])
    for (one, other), count in shared.items():
        # A gram that occurs twice counts once here, so this asks for less than a hint does.
        if 2 * count >= max(least, least_share * min(owns[one].total, owns[other].total)):
            yield owns[one], owns[other]


def _compare(one: _Own, other: _Own) -> tuple[int, list[tuple[int, int]]]:
    """Return how many own grams go together, in order, and which pieces they are in."""
    scores = process.cdist(one.pieces, other.pieces, scorer=LCSseq.similarity, processor=None)
    cells = sorted(
        ((int(scores[a, b]), a, b) for a, b in zip(*scores.nonzero(), strict=True)),
        key=lambda cell: (-cell[0], cell[1], cell[2]),
    )
    shared, alike = 0, []
    firsts: set[int] = set()
    seconds: set[int] = set()
    for score, a, b in cells:
        if a not in firsts and b not in seconds:
            firsts.add(a)
            seconds.add(b)
            shared += score
            alike.append((int(a), int(b)))
    return shared, alike


def grams_of(tokens: Iterable[Token]) -> list[Gram]:
    """Return the grams of a piece, one for each token that so many follow."""
    texts = tuple(token.text for token in tokens)
    return [texts[index : index + GRAM] for index in range(len(texts) - GRAM + 1)]


@functools.cache
def _known(unit: str) -> frozenset[Gram]:
    """Return the grams that the release, the reference and the known mistakes have."""
    sources = [
        stub_source(unit).encode(),
        (SOLUTIONS_DIR / f"{unit}.py").read_bytes(),
        *(mistake.source.encode() for mistake in mistakes_of(unit)),
    ]
    return frozenset(
        gram
        for source in sources
        for piece in pieces_of(source, ".py", unit)
        for gram in grams_of(piece.tokens)
    )
