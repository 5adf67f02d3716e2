"""What only IPython understands in a notebook, or in a module exported from one.

Lines such as `!pip install x`, `%matplotlib inline` and `name?`, cells that begin with `%%bash`,
and what an export makes of them: `get_ipython().system("pip install x")`. They are left out, and
the lines of everything else stay where they were.
"""

import ast
import re
from dataclasses import dataclass, field

from course.kit.language import Bilingual
from course.kit.problems import (
    Absence,
    UnreadableHandIn,
    line_of,
    not_run,
    one_line,
    place_in_chinese,
)
from course.kit.statements import COMPOUND, Function, bound_names, parse, path_of, with_blocks

# Magics whose body is Python that runs among the notebook's own names.
_PYTHON_MAGICS = ("time", "capture", "prun", "memit", "mprun", "lprun")

_MAGIC_CELL = re.compile(r"\s*%%(\w*)")
# A shell line may go on after a backslash.
_REST = r"(?:[^\n\\]|\\(?:\n|.)|\\$)*"
_LINE = re.compile(
    rf"(?m)(?P<indent>[ \t]*)(?:%time[ \t]+(?P<timed>[^\s%!?].*)"
    rf"|(?P<targets>\w[\w., ]*=[ \t]*)?[%!?]{_REST}"
    rf"|[\w.\[\]]+\?{{1,2}}[ \t]*)$"
)
_TOKEN = re.compile(
    r"""(?P<text>'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)
               |\"\"\"(?:[^"\\]|\\.|"(?!""))*(?:\"\"\"|\Z)
               |'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?)
      |(?P<skipped>\#[^\n]*|\\.)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n)
      |[^'"\#\\()\[\]{}\n]+|.""",
    re.DOTALL | re.VERBOSE,
)
_DEFINITION = re.compile(
    r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)
_REASON = ("it is a line for IPython", "那是给 IPython 的一行")


@dataclass
class Code:
    """The Python in a cell or a module.

    Attributes:
        source: its text, each line where it was.
        nodes: its statements.
        absences: the names that get their values in what was left out.
    """

    source: str
    nodes: list[ast.stmt] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)


def read_cell(source: str, place: str) -> Code:
    """Read a notebook's cell.

    Raises:
        UnreadableHandIn: the cell doesn't parse, with or without IPython's lines.
    """
    magic = _MAGIC_CELL.match(source)
    if magic and magic[1] not in _PYTHON_MAGICS:
        shown = one_line(magic[0], 40)
        reason = (f"the cell begins with `{shown}`", f"该单元格以 `{shown}` 开头")
        return Code("", absences=absences_of(source, place, not_run(reason)))
    return read_module(source, place)


def read_module(source: str, place: str) -> Code:
    """Read a module, which may be exported from a notebook.

    Raises:
        UnreadableHandIn: the module doesn't parse, with or without IPython's lines.
    """
    try:
        nodes = parse(source)
    except UnreadableHandIn:
        source = _without_lines(source)
        nodes = parse(source)
    code = Code(source, nodes)
    if "get_ipython" in source:
        _Shell(place, code.absences).take_out_of(code)
    return code


def absences_of(source: str, place: str, why: Bilingual) -> list[Absence]:
    """Return the names that a text, which need not be Python, seems to define."""
    where = (place, place_in_chinese(place))
    names = [match[1] or match[2] for match in _DEFINITION.finditer(source)]
    return [Absence(name, "defined", where, why) for name in dict.fromkeys(names)]


def _without_lines(source: str) -> str:
    """Replace IPython's lines by Python that does nothing, so that line numbers stay right."""
    parts: list[str] = []
    position = 0
    while position < len(source):
        line = _LINE.match(source, position)
        if line is not None and line.end() > position:
            parts.append(_python_for(line))
            position = line.end()
        end = _end_of_statement(source, position)
        parts.append(source[position:end])
        position = end
    return "".join(parts)


def _python_for(line: re.Match[str]) -> str:
    lines = "\n" * line[0].count("\n")
    if line["timed"]:
        return line["indent"] + line["timed"]
    if line["targets"]:
        return f"{line['indent']}{line['targets']}get_ipython().run(){lines}"
    return f"{line['indent']}pass{lines}"


def _end_of_statement(source: str, position: int) -> int:
    """Return where the line ends that begins here, with all that brackets and strings hold on."""
    depth = 0
    for token in _TOKEN.finditer(source, position):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
        elif token["end"] and not depth:
            return token.end()
    return len(source)


class _Shell:
    """IPython's shell in the statements of a cell or a module: `get_ipython()`, `ip`."""

    def __init__(self, place: str, absences: list[Absence]):
        self._place, self._absences = place, absences
        self._names: set[str] = set()

    def take_out_of(self, code: Code) -> None:
        """Take out the statements that ask the shell for something; elsewhere it is None."""
        code.nodes = self._block(code.nodes)

    def _block(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        return [new for node in nodes for new in self._statement(node)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, Function | ast.ClassDef):
            return [node]
        if isinstance(node, COMPOUND):
            node = with_blocks(node, self._block)
        else:
            asked = next(filter(self._is_request, ast.walk(node)), None)
            if asked is not None:
                return self._python_in(asked, node) or self._left_out(node)
            if isinstance(node, ast.Assign) and self._is_shell(node.value):
                self._names |= bound_names(node)
        self._replace(node)
        return [node]

    def _is_shell(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            root, attributes = path_of(node.func)
            return [root, *attributes][-1] == "get_ipython"
        return isinstance(node, ast.Name) and node.id in self._names

    def _is_request(self, node: ast.AST) -> bool:
        """Whether it is a call of one of the shell's methods."""
        if not isinstance(node, ast.Call):
            return False
        inner: ast.expr = node.func
        while isinstance(inner, ast.Attribute):
            inner = inner.value
            if self._is_shell(inner):
                return True
        return False

    def _python_in(self, request: ast.AST, node: ast.stmt) -> list[ast.stmt]:
        """Return the statements of a cell that an export has made a string: `%%time`'s, say."""
        assert isinstance(request, ast.Call)
        texts = [part.value for part in request.args if isinstance(part, ast.Constant)]
        if not texts or texts[0] not in _PYTHON_MAGICS or not isinstance(texts[-1], str):
            return []
        try:
            nodes = parse(_without_lines(texts[-1]))
        except UnreadableHandIn:
            return []
        for part in (inner for statement in nodes for inner in ast.walk(statement)):
            if hasattr(part, "lineno"):
                part.lineno = part.end_lineno = node.lineno  # type: ignore[attr-defined]
        return nodes

    def _left_out(self, node: ast.stmt) -> list[ast.stmt]:
        where = line_of(self._place, node.lineno)
        names = sorted(bound_names(node))
        self._absences += [Absence(name, "assigned", where, not_run(_REASON)) for name in names]
        return []

    def _replace(self, node: ast.stmt) -> None:
        """Put None in the place of the shell, as in Python without IPython."""
        for parent in ast.walk(node):
            for name, value in ast.iter_fields(parent):
                if isinstance(value, ast.Call) and self._is_shell(value):
                    setattr(parent, name, ast.copy_location(ast.Constant(None), value))
                elif isinstance(value, list):
                    value[:] = [
                        ast.copy_location(ast.Constant(None), part)
                        if isinstance(part, ast.Call) and self._is_shell(part)
                        else part
                        for part in value
                    ]
