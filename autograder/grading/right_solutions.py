"""Right solutions in other styles than the reference: read as text, never imported.

Each is a module `hidden/UNIT/right/NAME.py`. A module with the line `from solutions.UNIT import *`
holds only the exercises that are written otherwise than in the reference. Its text is placed behind
the reference's, as a known mistake is, so that the reference's other exercises use what it defines.
A module without that line is a whole hand-in.
"""

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR


def right_solutions_of(unit: str) -> dict[str, str]:
    """Return the source of each right solution of a unit, a whole hand-in, by its name."""
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    rest_from_reference = f"from solutions.{unit} import *\n"
    sources = {}
    for path in sorted((HIDDEN_DIR / unit / "right").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        if rest_from_reference in source:
            source = f"{reference}\n\n{source.replace(rest_from_reference, '')}"
        sources[path.stem] = source
    return sources
