"""Chinese text in Markdown: a line break inside a paragraph must not become a space."""

import re

_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—]"
# A line ends with a character, or with the markup behind one; the next begins likewise.
_ENDS = re.compile(rf"(?:{_HAN}|{_HAN}[*]{{0,3}}\]\([^()\s]*\)|{_HAN}\*{{1,3}})$")
_BEGINS = re.compile(rf" *(?:\*{{1,3}}|\[\*{{0,3}})?{_HAN}")
_ALONE = re.compile(r"\s*(#|\||<|$)")  # headings, tables and HTML are lines of their own
_FENCE = re.compile(r"\s*(```|~~~)")


def joined(text: str) -> str:
    """Return a Markdown text whose Chinese paragraphs have no line breaks between characters.

    Browsers show a line break as a space, which Chinese doesn't have between characters. Code
    blocks stay as they are.
    """
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = bool(_FENCE.match(line))
        before = lines[-1] if lines else ""
        goes_on = not (fenced or fence or _ALONE.match(before))
        if goes_on and _ENDS.search(before) and _BEGINS.match(line):
            lines[-1] += line.lstrip(" ")
        else:
            lines.append(line)
        fenced ^= fence
    return "\n".join(lines)
