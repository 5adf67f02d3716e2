"""The bridge to nbgrader: its commands, formgrader and gradebook over this grader's isolation.

In `nbgrader_config.py`:

    from autograder.bridge import PREPROCESSORS
    c.Autograde.autograde_preprocessors = PREPROCESSORS

Notebooks of the course's units are then graded by the hidden suites, in isolation; all others are
executed as nbgrader does it.
"""

# nbgrader's own list, with its Execute replaced. Names, so that reading a configuration is quick.
PREPROCESSORS = [
    "autograder.bridge.preprocessor.GradeInIsolation",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
