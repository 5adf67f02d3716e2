"""Hand-ins that read alike: a hint to look at two of them, and no more than that.

What is compared is how the exercises are written, in a form in which names, layout, comments and
the order of functions leave no trace. What the release, the reference or a known mistake has too
counts for nothing, and neither does what many hand-ins share: there are few ways to write a short
exercise.

The similarity is RapidFuzz's (longest common subsequences over sequences of any kind), which is
released every few months, needs nothing else, and is installed anyway, since nbgrader uses it. Of
the libraries made for hand-ins, compare50 is under the GPL and asks for an attrs that jsonschema
refuses, and copydetect has had no release since March 2024, gives all variables one letter and all
functions another, so that short exercises look the same, and fingerprints by Python's `hash`, which
differs from run to run.
"""
