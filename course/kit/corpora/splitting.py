"""Splits that do not leak: no test sentence, of either language, was seen in training.

Pairs are the edges of a graph whose nodes are the sentences: "Hi." with its six translations hangs
together, and so does whatever else means 你好. A connected component goes into one split as a
whole. Splitting rows at random instead puts other translations of the same sentence on both sides.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

TRAIN, VALIDATION, TEST = 0, 1, 2
NAMES = ("train", "validation", "test")

# What validation and test may take of the sources together: training needs the rest.
LARGEST_SHARE = 0.2
# A component with more sources than this part of a split goes to training: it would be most of it.
GIANT = 0.02

_NOT_LETTERS = re.compile(r"[\W_]+")


def hash64(text: str) -> int:
    """Return 64 bits of the text's BLAKE2b hash: the same on every machine and in every run."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def normalised(text: str) -> str:
    """Return what two near-identical sentences share: letters and digits, in one case.

    Text that has none stays as it is.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_LETTERS.sub("", folded) or folded


def english_node(text: str) -> int:
    """Return the node of an English sentence."""
    return hash64("en\t" + normalised(text))


def chinese_node(text: str) -> int:
    """Return the node of a Chinese sentence."""
    return hash64("zh\t" + normalised(text))


def components(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each edge the number of its connected component.

    Args:
        first, second: the two nodes of each edge, int (N,), numbered from 0.

    Returns:
        int64 (N,): equal where edges hang together.
    """
    # Arrays, not lists: eight bytes a node.
    edges = [array("q", np.asarray(nodes, np.int64).tobytes()) for nodes in (first, second)]
    parent = array("q", range(max(first.max(initial=-1), second.max(initial=-1)) + 1))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in zip(*edges, strict=True):
        a, b = root(a), root(b)
        # The smaller number is the root. With halved paths no rank is needed.
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    return np.fromiter((root(node) for node in edges[0]), np.int64, len(first))


def assign_splits(
    english: Sequence[int] | np.ndarray,
    chinese: Sequence[int] | np.ndarray,
    sources: Sequence[int] | np.ndarray,
    validation: int,
    test: int,
    seed: int = 0,
) -> np.ndarray:
    """Return the split of each pair: whole components, the same in whatever order pairs come.

    Components stand in an order that depends on the seed and on each component alone, and fill
    the test split, then the validation split; the rest is training, and so is what would overfill
    a split or be much of it. Where there are few sources, both are made smaller (`LARGEST_SHARE`).

    Args:
        english, chinese: `english_node` and `chinese_node` of each pair, uint64 (N,).
        sources: `hash64` of each pair's English sentence, uint64 (N,).
        validation, test: how many distinct sources each of them is to have.
        seed: of the order.

    Returns:
        uint8 (N,) of TRAIN, VALIDATION and TEST.
    """
    english, chinese, sources = (
        np.asarray(values, np.uint64) for values in (english, chinese, sources)
    )
    if not len(english):
        return np.zeros(0, np.uint8)
    nodes, numbers = np.unique(np.concatenate([english, chinese]), return_inverse=True)
    # Nodes are numbered in the order of their hashes, so that a component's smallest number, its
    # root, stands for the same sentence however the lines are ordered.
    of_pair = components(numbers[: len(english)], numbers[len(english) :])
    _, firsts = np.unique(sources, return_index=True)
    roots, sizes = np.unique(of_pair[firsts], return_counts=True)
    room = {TEST: test, VALIDATION: validation}
    wanted = test + validation
    if wanted > LARGEST_SHARE * len(firsts):
        scale = LARGEST_SHARE * len(firsts) / wanted
        room = {split: int(size * scale) for split, size in room.items()}
    most = {split: max(1, int(size * GIANT)) for split, size in room.items()}
    ranks = (hash64(f"{seed}\t{node}") for node in nodes[roots])
    order = np.argsort(np.fromiter(ranks, np.uint64, len(roots)), kind="stable")
    split_of_root = np.zeros(len(roots), np.uint8)
    for i in order:
        for split in (TEST, VALIDATION):
            if sizes[i] <= min(room[split], most[split]):
                room[split] -= int(sizes[i])
                split_of_root[i] = split
                break
        if not any(room.values()):
            break
    return split_of_root[np.searchsorted(roots, of_pair)]
