"""Top-level statements of Python code: which names they bind, change and read."""

import ast
import copy
import dis
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from course.kit.language import Bilingual
from course.kit.problems import UnreadableHandIn, line_of, one_line

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Statements that may hold imports and definitions for the top level.
COMPOUND = (ast.If, ast.Try, ast.TryStar, ast.With, ast.Match)

_READING = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_NAME", "DELETE_GLOBAL"}


@dataclass(frozen=True)
class Statement:
    """One top-level statement, and the place in the hand-in that it stands in."""

    node: ast.stmt
    place: str

    @property
    def where(self) -> Bilingual:
        """The place and the line, in both languages."""
        return line_of(self.place, self.node.lineno)


def parse(source: str) -> list[ast.stmt]:
    """Parse a cell or a module.

    Raises:
        UnreadableHandIn: the source doesn't parse; the message names the line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(source).body
    except SyntaxError as error:
        text, reason = one_line(error.text or "", 60), one_line(error.msg, 200).rstrip(".")
        if reason.startswith(("(unicode error)", "(value error)")):  # in the words of a codec
            reason = "a backslash in a string begins something that isn't complete"
        end = "" if reason.endswith("?") else "."  # "Perhaps you forgot a comma?"
        if error.lineno is None:
            english, chinese = f"Syntax error: {reason}{end}", f"语法错误：{reason}。"
        else:
            quoted, marked = (f", “{text}”", f"“{text}”") if text else ("", "")
            english = f"Syntax error in line {error.lineno}{quoted}: {reason}{end}"
            chinese = f"第 {error.lineno} 行{marked}有语法错误：{reason}。"
        raise UnreadableHandIn(english, chinese) from None
    except (RecursionError, MemoryError):
        raise UnreadableHandIn(
            "It can't be parsed: something in it is nested too deeply.",
            "无法解析：其中有嵌套过深的内容。",
        ) from None
    except ValueError:
        raise UnreadableHandIn(
            "It can't be parsed: it holds characters that are not text.",
            "无法解析：其中含有不属于文本的字符。",
        ) from None


def bound_names(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement binds; `*` stands for a star import."""
    bound: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        match waiting.pop():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.ClassDef(name=name):
                bound.add(name)
            case ast.Import(names=aliases):
                bound |= {alias.asname or alias.name.split(".")[0] for alias in aliases}
            case ast.ImportFrom(names=aliases):
                bound |= {alias.asname or alias.name for alias in aliases}
            case ast.Name(id=name, ctx=context):
                if not isinstance(context, ast.Load):
                    bound.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) as pattern:
                bound.add(name)
                waiting += ast.iter_child_nodes(pattern)
            case ast.comprehension(iter=iterated, ifs=conditions):  # its target is its own
                waiting += [iterated, *conditions]
            case ast.Lambda():
                pass
            case other:
                waiting += ast.iter_child_nodes(other)
    return bound


def changed_names(node: ast.stmt) -> set[str]:
    """Return the names of objects that have an attribute or an item set: `Layer.rate = 0.1`."""
    changed = set()
    for part in now(node):
        if isinstance(part, ast.Attribute | ast.Subscript):
            if isinstance(part.ctx, ast.Load):
                continue
            target: ast.expr = part
        elif isinstance(part, ast.Call) and _called(part) in ("setattr", "delattr") and part.args:
            target = part.args[0]
        else:
            continue
        root = path_of(target)[0]
        if root is not None:
            changed.add(root)
    return changed


def global_names(node: ast.stmt) -> set[str]:
    """Return the names that the functions of a statement assign by way of `global`."""
    declared = (part.names for part in ast.walk(node) if isinstance(part, ast.Global))
    return {name for names in declared for name in names}


def used_names(node: ast.stmt) -> set[str]:
    """Return the top-level names that a statement reads, at once or when it is called.

    The compiler says which they are: it knows what is a parameter, a local variable or a
    comprehension's own. Of what doesn't compile all names count.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.Module(body=[node], type_ignores=[])
            code = compile(module, "", "exec", dont_inherit=True, optimize=0)
    except Exception:
        names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
        return {part.id for part in names if not isinstance(part.ctx, ast.Store)}
    return _names_read(code) | changed_names(node)


def _names_read(code: CodeType) -> set[str]:
    """Return the names that some code, and the code inside it, looks up at the top level."""
    is_function = bool(code.co_flags & inspect.CO_NEWLOCALS)
    read: set[str] = set()
    own: set[str] = set()  # what a class, or the statement itself, has bound by then
    for instruction in dis.get_instructions(code):
        if instruction.opname in _READING and instruction.argval not in own:
            read.add(instruction.argval)
        elif instruction.opname == "STORE_NAME" and not is_function:
            own.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            read |= _names_read(constant)
    return read


def texts_in(node: ast.stmt) -> set[str]:
    """Return the strings in a statement."""
    constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def path_of(node: ast.expr) -> tuple[str | None, list[str]]:
    """Return the name that an expression begins with, and its attributes, calls seen through.

    `keras.datasets.imdb.load_data` gives `keras` and the other three; `open(f).read` gives `open`
    and `read`. The name is None where the expression begins with something else.
    """
    attributes: list[str] = []
    while True:
        match node:
            case ast.Attribute():
                attributes.append(node.attr)
                node = node.value
            case ast.Call():
                node = node.func
            case ast.Subscript():
                node = node.value
            case _:
                return (node.id if isinstance(node, ast.Name) else None), attributes[::-1]


def now(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, but for the bodies of functions: what runs at once."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, ast.Lambda):
            waiting += [*part.args.defaults, *filter(None, part.args.kw_defaults)]
        elif isinstance(part, Function):
            arguments = part.args
            waiting += [*part.decorator_list, *arguments.defaults]
            waiting += filter(None, arguments.kw_defaults)
        else:
            waiting += ast.iter_child_nodes(part)


def reads_at_once(node: ast.stmt, name: str) -> bool:
    """Whether a statement reads a name when it runs, and not only when a function is called."""
    names = (part for part in now(node) if isinstance(part, ast.Name))
    return any(part.id == name and isinstance(part.ctx, ast.Load) for part in names)


def verb_for(node: ast.stmt, name: str) -> str:
    """Return what a statement does to a name that it binds: it is assigned, defined, imported."""
    for inner in simple_statements(node):
        if name in bound_names(inner):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                return "imported"
            if isinstance(inner, Function | ast.ClassDef):
                return "defined"
    return "assigned"


def with_blocks(node: ast.stmt, change: Callable[[list[ast.stmt]], list[ast.stmt]]) -> ast.stmt:
    """Return a copy of a compound statement in which each block of statements is changed."""
    new = copy.copy(node)
    for field in ("handlers", "cases"):
        if getattr(new, field, None):
            setattr(new, field, [copy.copy(part) for part in getattr(new, field)])
    for owner, field in _blocks(new):
        statements = change(getattr(owner, field))
        if not statements and field != "orelse":
            statements = [ast.copy_location(ast.Pass(), node)]
        setattr(owner, field, statements)
    return new


def _blocks(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    for owner in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for field in ("body", "orelse", "finalbody"):
            if getattr(owner, field, None):
                yield owner, field


def statements_in(node: ast.stmt) -> list[ast.stmt]:
    """Return the statements in the blocks of a compound statement."""
    return [inner for owner, field in _blocks(node) for inner in getattr(owner, field)]


def simple_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement, or those that stand in it where it is an `if`, a `try` or the like."""
    if not isinstance(node, COMPOUND):
        yield node
        return
    for inner in statements_in(node):
        yield from simple_statements(inner)


def is_stub(node: ast.stmt) -> bool:
    """Whether a function only raises NotImplementedError, or a method of a class ends that way."""
    if isinstance(node, Function):
        return len(body_of(node)) == 1 and _raises_not_implemented(body_of(node)[0])
    if not isinstance(node, ast.ClassDef):
        return False
    return any(is_unwritten(function) for _, function in functions_of([node]))


def functions_of(body: Sequence[ast.stmt]) -> Iterator[tuple[str, Function]]:
    """Yield functions, and methods of classes, each with what its dotted name begins with."""
    for node in body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.", part) for part in node.body if isinstance(part, Function))


def body_of(function: Function) -> list[ast.stmt]:
    """Return a function's statements without its docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def is_unwritten(function: Function) -> bool:
    """Whether a function raises NotImplementedError before it returns anything."""
    for statement in function.body:
        if isinstance(statement, ast.Return):
            return False
        if _raises_not_implemented(statement):
            return True
    return False


def _raises_not_implemented(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
