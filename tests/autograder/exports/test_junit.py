"""JUnit XML, held against the rules of Jenkins's schema, written out as checks."""

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.exports import junit
from tests.autograder.exports import samples

# element: (attributes it must have, attributes it may have, children it may have)
RULES = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp", "hostname", "id", "package", "file"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name", "classname"},
        {"time", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}
COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def valid(document):
    """Parse a document and hold it against the rules."""
    root = ET.fromstring(document.encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may, children = RULES[element.tag]
        assert must <= element.attrib.keys() <= must | may, element.tag
        assert {child.tag for child in element} <= children, element.tag
        if "time" in element.attrib:
            assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for attribute, tag in COUNTED:
            assert int(suite.attrib[attribute]) == sum(c.find(tag) is not None for c in cases)
        assert all(len(case) <= 1 for case in cases)
    for attribute in ("tests", "failures", "errors"):
        assert int(root.attrib[attribute]) == sum(int(s.attrib[attribute]) for s in root)
    return root


def test_a_suite_each_with_failures_errors_and_time():
    root = valid(junit.export([samples.graded(), samples.graded("bo", "rnn")]))
    assert [suite.attrib["name"] for suite in root] == ["alice/attention", "bo/rnn"]
    suite = root[0]
    assert suite.attrib["time"] == "1.250"
    assert root.attrib["time"] == "2.500"
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("1", "1")
    failure = suite.findall("testcase")[1].find("failure")
    assert failure.attrib["message"].startswith("Message of axis.")
    assert "axis-ignored" in failure.text
    assert suite.findall("testcase")[0].attrib["classname"] == "attention.softmax"


def test_a_check_has_its_own_time_where_the_result_tells_it():
    checks = [samples.check("quick", seconds=0.25), samples.check("of an older run")]
    [suite] = valid(junit.export([samples.graded(checks=checks)]))
    times = [case.attrib.get("time") for case in suite.findall("testcase")]
    assert times == ["0.250", None]


def test_every_status_has_its_element():
    statuses = ("passed", "failed", "missing", "error", "timeout", "crashed", "skipped")
    checks = [samples.check(status, status) for status in statuses]
    suite = valid(junit.export([samples.graded(checks=checks)]))[0]
    found = [[child.tag for child in case] for case in suite.findall("testcase")]
    assert found == [[], ["failure"], ["failure"], ["error"], ["error"], ["error"], ["skipped"]]


def test_a_rejected_hand_in_is_an_error_with_the_reason():
    rejected = samples.rejected(reason=text("It is no notebook.", "这不是笔记本。"))
    suite = valid(junit.export([rejected]))[0]
    error = suite.find("testcase/error")
    assert error.attrib["type"] == "rejected"
    assert "It is no notebook." in error.attrib["message"]


def test_no_result_is_an_empty_document():
    assert len(valid(junit.export([]))) == 0


@given(st.lists(samples.results(), max_size=3), st.sampled_from(["en", "zh"]))
def test_any_text_gives_a_valid_document(results, language):
    root = valid(junit.export(results, language))
    assert len(root) == len(results)
