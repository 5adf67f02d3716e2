"""The bridge to nbgrader: its commands, formgrader and gradebook over this grader's isolation.

In `nbgrader_config.py`:

    from autograder.bridge import PREPROCESSORS, SANITIZERS
    c.Autograde.autograde_preprocessors = PREPROCESSORS
    c.Autograde.sanitize_preprocessors = SANITIZERS

Notebooks of the course's units are then graded by the hidden suites, in isolation; all others are
executed as nbgrader does it. With the sanitizers a cell that was doubled or pasted in from
elsewhere costs nobody the whole hand-in.
"""

# nbgrader's own list, with its Execute replaced, and without what a browser would run. Names, so
# that reading a configuration is quick.
PREPROCESSORS = [
    "autograder.bridge.preprocessor.GradeInIsolation",
    "autograder.bridge.cleaning.CleanText",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# nbgrader's own list, behind the step that puts cells right which the others would not find; what
# a browser would run in a text is taken out last.
SANITIZERS = [
    "autograder.bridge.cells.RestoreCells",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.bridge.cleaning.CleanText",
]
