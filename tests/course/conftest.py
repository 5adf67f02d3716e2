"""Small data sets and models that tests of training share."""

import pytest

ENGLISH = ("I", "you", "we", "they")
CHINESE = ("我", "你", "我们", "他们")
THINGS = (("tea", "茶"), ("books", "书"), ("cats", "猫"), ("rain", "雨"), ("bread", "面包"))
VERBS = (("like", "喜欢"), ("want", "想要"), ("see", "看见"), ("need", "需要"), ("buy", "买"))


@pytest.fixture
def pairs_file(tmp_path, monkeypatch):
    """A TSV of a hundred made-up pairs; data is kept below the test's own directory."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    return write_pairs(tmp_path / "pairs.tsv")


def write_pairs(path):
    """Write the pairs, and return the path."""
    lines = [
        f"{who} {verb} {thing}.\t{谁}{动}{物}。"
        for who, 谁 in zip(ENGLISH, CHINESE, strict=True)
        for verb, 动 in VERBS
        for thing, 物 in THINGS
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
