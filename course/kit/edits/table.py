"""The table of edits: what one slip of a pen makes of an expression or a statement.

Each rule takes a node of the syntax tree and the scope that the node stands in, and yields other
nodes that could stand in its place. A rule's name is the kind of its edits. The rules know Python,
`keras.ops` and Keras's layers, and no exercise: made to the reference, the edits prove a suite;
made to a student's own code, they find the place of a mistake.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# Functions that are taken for each other: each for any other of its row.
SIBLINGS = (
    ("max", "min", "mean", "sum", "prod"),
    ("tanh", "sigmoid", "relu", "softmax"),
    ("sin", "cos"),
    ("exp", "log", "square", "sqrt"),
    ("maximum", "minimum", "add"),
    ("logical_and", "logical_or"),
    ("any", "all"),
    ("argmax", "argmin"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("tril", "triu"),
    ("equal", "not_equal"),
    ("less", "less_equal", "greater", "greater_equal"),
    ("floor", "ceil", "round"),
    ("concatenate", "stack"),
    ("first", "last"),
    ("append", "extend"),
)
_SIBLING = {name: [n for n in row if n != name] for row in SIBLINGS for name in row}
_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_TENSOR_WRAPPERS = (
    "keras.ops.stop_gradient(_)",
    "keras.ops.round(_, 3)",
    "keras.ops.abs(_)",
    "keras.ops.clip(_, -0.9, 0.9)",
    "keras.ops.cast(keras.ops.cast(_, 'float16'), 'float32')",
    "keras.ops.cast(_, 'float32')",
)
# What is made of a length has no gradient, and the dtype that it is made with.
_OF_TENSORS_ALONE = ("keras.ops.stop_gradient(_)", "keras.ops.cast(_, 'float32')")
_COUNTING = ("range", "arange", "linspace", "ones", "zeros", "eye")
_NUMBER_WRAPPERS = ("int(_)", "round(_, 3)", "abs(_)")
# What none of these edits changes: the order of these functions' arguments at these places, the
# sign of what is never negative, and what is true or false, but for its dtype.
_SYMMETRIC = {
    **dict.fromkeys(("add", "multiply", "maximum", "minimum", "equal", "not_equal"), 0),
    **dict.fromkeys(("logical_and", "logical_or"), 0),
    "swapaxes": 1,
}
_NEVER_NEGATIVE = {
    "exp",
    "softmax",
    "masked_softmax",
    "sigmoid",
    "relu",
    "square",
    "sqrt",
    "abs",
    "arange",
}
_TRUTHS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "any", "all"} | {
    "logical_and",
    "logical_or",
    "logical_not",
    "isin",
}
_REARRANGED = {
    "reshape",
    "transpose",
    "expand_dims",
    "swapaxes",
    "moveaxis",
    "broadcast_to",
    "tril",
}
_AS_GOOD_AS_INFINITE = 1000
_MOST_NEIGHBOURS = 3
_DROPOUT = "dropout"


@dataclass
class Scope:
    """What is known where a node stands.

    Attributes:
        function: the name of the function or method.
        parameters: its parameters without `self`, in order.
        defaults: the default of each parameter that has one.
        names: its parameters and what it assigns, in order.
        attributes: the attributes of `self`, by what the constructor makes them of: `Dense`.
        counts: whether one of its parameters is a number that it counts to.
    """

    function: str = ""
    parameters: list[str] = field(default_factory=list)
    defaults: dict[str, ast.expr] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    counts: bool = False

    @property
    def dropouts(self) -> list[str]:
        """The attributes that hold a Dropout layer."""
        return [name for name, made in self.attributes.items() if made == "Dropout"]


Rule = Callable[[ast.AST, Scope], Iterator[ast.AST | None]]


@dataclass(frozen=True)
class Rules:
    """Rules for the expressions of some code, and rules for its statements."""

    expressions: tuple[Rule, ...]
    statements: tuple[Rule, ...]


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def wrapped(template: str, node: ast.AST) -> ast.expr:
    """Return an expression with a node in the place of the name `_`."""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.AST:
            return copy.deepcopy(node) if name.id == "_" else name

    return Fill().visit(_expression(template))


def called(node: ast.AST) -> str:
    """Return the last name of what a call calls, "" where the node is no call."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return getattr(function, "attr", getattr(function, "id", ""))


def own_attribute(node: ast.AST) -> str:
    """Return NAME of `self.NAME`, "" for other nodes."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else ""
    return ""


def number(node: ast.AST) -> int | float | None:
    """Return the value of a number, of a negative one too; None for other nodes."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand)
        return None if value is None else -value
    held = node.value if isinstance(node, ast.Constant) else None
    return held if isinstance(held, int | float) and not isinstance(held, bool) else None


# -- expressions --------------------------------------------------------------------------------


def constant(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Another number, the other truth value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    value = number(node)
    if value is None:
        return
    if (
        value <= -_AS_GOOD_AS_INFINITE
    ):  # of a masked score: a little more or less of it changes nothing
        others: list[float] = [-value, 1 / value, 0]
    elif isinstance(value, int):
        others = [value + 1, value - 1, -value, 0]
    else:
        others = [2 * value, value / 2, value + 0.01 * max(1.0, abs(value)), -value, 0.0]
    for other in dict.fromkeys(others):
        if other != value:
            yield _expression(repr(other))


def operator(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Another operator, a sign that is gone."""
    if isinstance(node, ast.BinOp | ast.BoolOp):
        for other in _OPERATORS.get(type(node.op), ()):
            changed = copy.deepcopy(node)
            changed.op = other()
            yield changed
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _OPERATORS.get(type(node.ops[0]), ()):
            compared = copy.deepcopy(node)
            compared.ops = [other()]
            yield compared
    elif isinstance(node, ast.UnaryOp) and number(node) is None:
        yield node.operand


def operands(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Operands that have changed places, or one of them alone."""
    if isinstance(node, ast.BinOp):
        if not isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
        yield ast.IfExp(node.test, node.orelse, node.body)


def function(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """One function for its sibling."""
    for sibling in _SIBLING.get(called(node), ()):
        changed = copy.deepcopy(node)
        assert isinstance(changed, ast.Call)
        if isinstance(changed.func, ast.Attribute):
            changed.func.attr = sibling
            yield changed


def argument(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Arguments left out or swapped, or one of them in place of the whole call."""
    if not isinstance(node, ast.Call):
        return
    for index in range(len(node.keywords)):
        if node.keywords[index].arg not in (None, "name"):  # what a weight is called is free
            changed = copy.deepcopy(node)
            del changed.keywords[index]
            yield changed
    for index in range(len(node.args) - 1):
        if _SYMMETRIC.get(called(node)) == index:
            continue
        changed = copy.deepcopy(node)
        changed.args[index : index + 2] = reversed(changed.args[index : index + 2])
        yield changed
    if len(node.args) > 1:
        changed = copy.deepcopy(node)
        changed.args.pop()
        yield changed
    for value in node.args:
        if not isinstance(value, ast.Starred):
            yield value


def name(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A name for its neighbour, an attribute for another one of its kind."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.names:
        place = scope.names.index(node.id)
        near = sorted(
            (other for other in scope.names if other != node.id),
            key=lambda other: abs(scope.names.index(other) - place),
        )
        for other in near[:_MOST_NEIGHBOURS]:
            yield ast.Name(other, ast.Load())
    attribute = own_attribute(node)
    if attribute in scope.attributes and isinstance(getattr(node, "ctx", None), ast.Load):
        made = scope.attributes[attribute]
        alike = [n for n, other in scope.attributes.items() if other == made and n != attribute]
        for other in alike[:_MOST_NEIGHBOURS]:
            yield _expression(f"self.{other}")


def element(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Another element, a slice that is moved, longer or shorter by one."""
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper"):
            if getattr(node, bound) is not None:
                changed = copy.deepcopy(node)
                setattr(changed, bound, None)
                yield changed
                if number(getattr(node, bound)) is None:
                    for template in ("_ + 1", "_ - 1"):
                        moved = copy.deepcopy(node)
                        setattr(moved, bound, wrapped(template, getattr(node, bound)))
                        yield moved
        if node.lower is not None or node.upper is not None:
            yield ast.Slice(node.upper, node.lower, node.step)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield ast.Tuple(node.elts[::-1], ast.Load())
    elif isinstance(node, ast.Subscript) and "shape" in (
        called(node.value),
        getattr(node.value, "attr", ""),
    ):
        for axis in (-1, 0, 1, 2):
            yield ast.Subscript(node.value, _expression(str(axis)), ast.Load())


def several(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """One layer or item for all, the first or the last alone, the order turned around."""
    if isinstance(node, ast.ListComp) and len(node.generators) == 1:
        source = node.generators[0].iter
        if called(node.elt):
            yield wrapped(f"[_] * len({ast.unparse(source)})", node.elt)
        for template in ("_[:1]", "_[-1:]", "_[::-1]"):
            changed = copy.deepcopy(node)
            changed.generators[0].iter = wrapped(template, source)
            yield changed
    elif isinstance(node, ast.For):
        for template in ("list(_)[:1]", "list(_)[-1:]", "list(_)[::-1]", "list(_)[1:]"):
            loop = copy.deepcopy(node)
            loop.iter = wrapped(template, node.iter)
            yield loop
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for index in range(len(node.keys)):
            smaller = copy.deepcopy(node)
            del smaller.keys[index], smaller.values[index]
            yield smaller


def formula(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A formula that gives the same on some common input."""
    if called(node) == "sqrt":
        assert isinstance(node, ast.Call)
        for template in ("_ / 2", "_", "int((_) ** 0.5)", "(_) ** 0.25", "round((_) ** 0.5, 3)"):
            if node.args:
                yield wrapped(template, node.args[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield ast.BinOp(node.left, ast.Div(), ast.Constant(2))
        yield ast.BinOp(wrapped("(5 + _) / 6", node.left), ast.Pow(), node.right)
        for template in ("round(_, 3)", "int(_)"):
            yield wrapped(template, node)
    if called(node) in ("exp", "log"):
        assert isinstance(node, ast.Call)
        if node.args:
            yield wrapped("1 + _", node.args[0])


def wrapper(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Something around a value: rounded, clipped, cut off from its gradient, in another dtype."""
    if not isinstance(node, ast.Assign | ast.Return) or node.value is None:
        return
    if _holds_tensor_call(node.value) and not isinstance(node.value, ast.Tuple):
        wrappers: tuple[str, ...] = _TENSOR_WRAPPERS
        if scope.counts:
            wrappers = tuple(w for w in wrappers if w not in _OF_TENSORS_ALONE)
    elif any(isinstance(part, ast.BinOp) or called(part) for part in ast.walk(node.value)):
        wrappers = _NUMBER_WRAPPERS
    else:
        return
    inner = _without_rearranging(node.value)
    if isinstance(inner, ast.Compare) or called(inner) in _TRUTHS:
        wrappers = tuple(w for w in wrappers if w.endswith("'float32')"))
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.FloorDiv):
        return  # a whole number
    if called(inner) in _NEVER_NEGATIVE:
        wrappers = tuple(w for w in wrappers if "abs" not in w)
    for template in wrappers:
        changed = copy.deepcopy(node)
        changed.value = wrapped(template, node.value)
        yield changed


def counts(function: ast.FunctionDef, parameters: list[str]) -> bool:
    """Whether a function counts to a number that it is given, or makes something so long."""
    return any(
        _in_arithmetic(arg) & set(parameters)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and called(node) in _COUNTING
        for arg in node.args
    )


def _in_arithmetic(node: ast.AST) -> set[str]:
    """Return the names that a number or a shape is computed of, without a call."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.BinOp | ast.Tuple):
        return set().union(*map(_in_arithmetic, ast.iter_child_nodes(node)))
    return set()


def _without_rearranging(node: ast.AST) -> ast.AST:
    """Return the value of which slices and changes of shape are taken."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and node.args and called(node) in _REARRANGED:
            node = node.args[0]
        else:
            return node


def _is_tensor_call(node: ast.AST) -> bool:
    text = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    plain = ("shape", "cast", "range", "arange", "reshape", "transpose", "expand_dims", "swapaxes")
    return text.startswith(("ops.", "keras.ops.", "self.")) and called(node) not in plain


def _holds_tensor_call(node: ast.AST) -> bool:
    return any(_is_tensor_call(child) for child in ast.walk(node))


def dropout(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Dropout at another rate, twice, somewhere else as well, or with its result thrown away."""
    if called(node) == "Dropout":
        assert isinstance(node, ast.Call)
        for rate in ("0.0", "_ / 2", "0.9 * _", "0.5", "1 - _"):
            if node.args:
                changed = copy.deepcopy(node)
                changed.args[0] = wrapped(rate, node.args[0])
                yield changed
    if isinstance(node, ast.Call) and own_attribute(node.func) in scope.dropouts:
        if node.args:
            twice = copy.deepcopy(node)
            twice.args[0] = copy.deepcopy(node)
            yield twice
    elif scope.dropouts and scope.function == "call" and _is_tensor_call(node):
        training = "training=training" if "training" in scope.parameters else ""
        yield wrapped(f"self.{scope.dropouts[0]}(_, {training})", node)
    if isinstance(node, ast.keyword) and node.arg == _DROPOUT:
        yield ast.keyword(_DROPOUT, ast.Constant(0.0))


# -- statements ---------------------------------------------------------------------------------


def statement(node: ast.AST, scope: Scope) -> Iterator[ast.AST | None]:
    """A statement left out."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.Raise | ast.For):
        yield None


def condition(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """A condition that always holds, or never."""
    if isinstance(node, ast.If | ast.IfExp):
        for holds in (True, False):
            changed = copy.deepcopy(node)
            changed.test = ast.Constant(holds)
            yield changed


def ignored(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """An argument that isn't used: its default, a constant or its neighbour stands in its place."""
    if isinstance(node, ast.FunctionDef):
        for parameter, default in scope.defaults.items():
            changed = copy.deepcopy(node)
            changed.body.insert(_after_super(changed.body), _assign(parameter, default))
            yield changed
    if scope.function == "__init__" and isinstance(node, ast.Assign):
        value = node.value
        if isinstance(value, ast.Name) and value.id in scope.parameters:
            for other in (scope.defaults.get(value.id), ast.Constant(2)):
                if other is not None:
                    stored = copy.deepcopy(node)
                    stored.value = copy.deepcopy(other)
                    yield stored


def _after_super(body: list[ast.stmt]) -> int:
    return 1 if body and "super().__init__" in ast.unparse(body[0]) else 0


def _assign(target: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(target, ast.Store())], copy.deepcopy(value), lineno=1)


# What may become of right code by a slip: a suite has to catch each.
MUTATIONS = Rules(
    expressions=(
        constant,
        operator,
        operands,
        function,
        argument,
        name,
        element,
        several,
        formula,
        dropout,
        condition,
    ),
    statements=(statement, condition, ignored, several, wrapper),
)
