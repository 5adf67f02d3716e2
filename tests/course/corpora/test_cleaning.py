"""Cleaning: what is repaired, what is dropped, and that it is counted why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.corpora.cleaning import (
    REASONS,
    Report,
    Row,
    clean_chinese,
    clean_english,
    clean_rows,
    clean_text,
)


def rows(*lines, **limits):
    report = Report()
    raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return list(clean_rows(raw, report, **limits)), report


def test_two_and_three_columns_are_pairs_and_the_third_is_kept():
    kept, report = rows("A red kite.\t一只红风筝。\n", "Sit here.\t坐这儿。\tby somebody, CC0\r\n")
    assert kept == [
        Row("A red kite.", "一只红风筝。", ""),
        Row("Sit here.", "坐这儿。", "by somebody, CC0"),
    ]
    assert (report.read, report.kept) == (2, 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("\n", "blank"),
        (" \t\u3000\t\n", "blank"),
        ("\u200b\n", "blank"),
        ("no tab here\n", "one_column"),
        ("1\tSit here.\t2\t坐这儿。\n", "many_columns"),
        ("\t坐这儿。\n", "empty_side"),
        ("Sit here.\t\ufeff \n", "empty_side"),
        ("坐这儿。\tSit here.\n", "swapped"),
        (b"Sit here.\t\xff\xfe\n", "not_utf8"),
        (" ".join(["so"] * 21) + "\t坐这儿。\n", "english_too_long"),
        ("Sit here.\t" + "坐" * 31 + "\n", "chinese_too_long"),
    ],
)
def test_what_is_no_pair_is_counted_by_reason(line, reason):
    kept, report = rows(line, "Sit here.\t坐这儿。\n")
    assert len(kept) == 1
    assert report.dropped == {reason: 1}
    assert report.as_dict() == {"read": 2, "kept": 1, "dropped": {reason: 1}}
    assert reason in REASONS


def test_limits_hold_to_the_last_word_and_character():
    at_most = " ".join(["so"] * 20) + "\t" + "坐" * 30 + "\n"
    assert rows(at_most)[1].kept == 1
    assert rows(at_most, max_words=19)[1].dropped == {"english_too_long": 1}
    assert rows(at_most, max_characters=29)[1].dropped == {"chinese_too_long": 1}


def test_marks_that_nobody_sees_are_taken_out():
    kept, _ = rows("\ufeffSit\u00a0\u2009here\u200b.\u202c\t坐\u200d这\ufeff儿。\n")
    assert kept == [Row("Sit here.", "坐这儿。", "")]


def test_letters_are_composed_and_narrow():
    assert clean_english("cafe\u0301 Ｂ１２") == "café B12"
    assert clean_chinese("第１２课，ＯＫ。") == "第12课，OK。"


def test_chinese_is_simplified_and_spaces_stand_between_latin_words_only():
    assert clean_chinese("我們 在 學習 deep learning 。") == "我们在学习deep learning。"


def test_punctuation_of_chinese_stays_what_it_is():
    assert clean_chinese("“好！”，他说：“走吧……”") == "“好！”，他说：“走吧……”"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    for clean in (clean_text, clean_english, clean_chinese):
        once = clean(text)
        assert clean(once) == once
        assert not {"\t", "\n", "\ufeff", "\u200b"} & set(once)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_every_line_is_kept_or_counted(lines):
    report = Report()
    kept = list(clean_rows(lines, report))
    assert len(kept) == report.kept
    assert report.read == len(lines)
