"""JUnit XML, as Jenkins and GitLab read it: a testsuite for each hand-in and unit."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from autograder.exports.escaping import clean_lines, one_line
from autograder.exports.marks import message, notes, title
from autograder.results.result import CheckResult, Result

# A wrong answer or none is a failure; code that raised, hung or died is an error.
_ELEMENTS = {"failed": "failure", "missing": "failure", "skipped": "skipped"}


def export(results: Sequence[Result], language: str = "en") -> str:
    """Return the document; a rejected hand-in is a suite with one error that says why."""
    suites = [_suite(result, language) for result in results]
    root = ET.Element("testsuites", name="autograder")
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("time", _seconds(sum(result.duration_s for result in results)))
    root.extend(suites)
    ET.indent(root, space=" ")
    document = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'


def _suite(result: Result, language: str) -> ET.Element:
    name = one_line(f"{result.submission}/{result.unit}")
    suite = ET.Element("testsuite", name=name)
    if result.status == "rejected":
        cases = [ET.Element("testcase", classname=result.unit, name="hand-in")]
        _add(cases[0], "error", "rejected", notes(result, language))
    else:
        cases = [_case(check, result.unit, language) for check in result.checks]
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", _seconds(result.duration_s))
    properties = ET.SubElement(suite, "properties")
    facts = {
        "score": f"{result.score:g}",
        "max_score": f"{result.max_score:g}",
        "seed": str(result.seed),
        "backend": result.backend,
        "isolation": " ".join(result.isolation),
    }
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=one_line(value))
    suite.extend(cases)
    return suite


def _case(check: CheckResult, unit: str, language: str) -> ET.Element:
    case = ET.Element(
        "testcase", classname=one_line(f"{unit}.{check.exercise}"), name=title(check, language)
    )
    if check.seconds:  # older results tell the time of a hand-in alone
        case.set("time", _seconds(check.seconds))
    if check.status != "passed":
        tag = _ELEMENTS.get(check.status, "error")
        _add(case, tag, check.status, message(check, language))
    return case


def _add(case: ET.Element, tag: str, kind: str, message: str) -> None:
    element = ET.SubElement(case, tag, message=one_line(message))
    if tag != "skipped":  # where the schema knows a reason, and no type
        element.set("type", kind)
        element.text = clean_lines(message)


def _seconds(value: float) -> str:
    return f"{max(value, 0.0):.3f}"
