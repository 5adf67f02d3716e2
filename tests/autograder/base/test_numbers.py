"""Numbers as a result holds them."""

import json
import math
import sys

from hypothesis import example, given
from hypothesis import strategies as st

from autograder.base.numbers import rounded


def test_floats_are_rounded_and_all_else_stays():
    value = [1 / 3, [123456.789, 2], "x", None, True]
    assert rounded(value) == [0.333333, [123457.0, 2], "x", None, True]
    assert rounded(1 / 3, 2) == 0.33


def test_what_json_has_no_number_for_is_a_word():
    value = rounded([math.nan, math.inf, -math.inf])
    assert value == ["nan", "inf", "-inf"]
    assert json.loads(json.dumps(value, allow_nan=False)) == value


@given(st.lists(st.floats()), st.integers(1, 17))
@example([sys.float_info.max, -sys.float_info.max], 2)
def test_whatever_is_rounded_json_takes_it(values, digits):
    json.dumps(rounded(values, digits), allow_nan=False)
