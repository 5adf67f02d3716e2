"""Built-ins that an exercise asks the student to write: taken away in the student's process.

Their names give stand-ins that raise; the objects themselves raise too, whoever still holds one;
modules with them can't be imported a second time; and a kernel of theirs is noticed when it runs.
All this is in the student's own process, so it is a fence, not a wall: see SECURITY.md.
"""

import contextlib
import importlib
import importlib.abc
import re
import sys
import types
from collections.abc import Iterable
from typing import Any, NoReturn

SOFTMAX = (
    "keras.ops.softmax",
    "keras.ops.log_softmax",
    "keras.ops.logsumexp",
    "keras.ops.sparsemax",
    "keras.activations.softmax",
    "keras.activations.log_softmax",
    "keras.activations.sparsemax",
    "keras.layers.Softmax",
    "keras.src.backend.nn.softmax",
    "keras.src.backend.nn.log_softmax",
    "keras.src.backend.nn.sparsemax",
    "keras.src.backend.math.logsumexp",
    "keras.src.ops.nn.Softmax",
    "keras.src.ops.nn.LogSoftmax",
    "keras.src.backend.numpy.nn.softmax",
    "keras.src.backend.numpy.nn.log_softmax",
    "tensorflow.nn.softmax",
    "tensorflow.nn.log_softmax",
    "tensorflow.nn.softmax_cross_entropy_with_logits",
    "tensorflow.math.reduce_logsumexp",
    "tensorflow.sparse.softmax",
    "tensorflow.raw_ops.Softmax",
    "tensorflow.raw_ops.LogSoftmax",
    "tensorflow.raw_ops.SoftmaxCrossEntropyWithLogits",
    "tensorflow.raw_ops.SparseSoftmax",
    "tensorflow.raw_ops.SparseSoftmaxCrossEntropyWithLogits",
    "tensorflow.python.ops.nn_ops.softmax",
    "tensorflow.python.ops.nn_ops.softmax_v2",
    "tensorflow.python.ops.nn_ops.log_softmax",
    "tensorflow.python.ops.ragged.ragged_math_ops.softmax",
    "tensorflow.python.ops.gen_nn_ops.softmax",
    "tensorflow.python.ops.gen_nn_ops.softmax_eager_fallback",
    "tensorflow.python.ops.gen_nn_ops.log_softmax",
    "tensorflow.python.ops.gen_nn_ops.log_softmax_eager_fallback",
    "jax.nn.softmax",
    "jax.nn.log_softmax",
    "torch.softmax",
    "torch.nn.functional.softmax",
    "torch.nn.functional.log_softmax",
)
ATTENTION = (
    "keras.layers.Attention",
    "keras.layers.AdditiveAttention",
    "keras.layers.MultiHeadAttention",
    "keras.layers.GroupQueryAttention",
    "keras.layers.GroupedQueryAttention",
    "keras.ops.dot_product_attention",
    "keras.src.backend.nn.dot_product_attention",
    "jax.nn.dot_product_attention",
    "torch.nn.functional.scaled_dot_product_attention",
)

RECURRENT = (
    "keras.layers.RNN",
    "keras.layers.SimpleRNN",
    "keras.layers.GRU",
    "keras.layers.LSTM",
    "keras.layers.SimpleRNNCell",
    "keras.layers.GRUCell",
    "keras.layers.LSTMCell",
    "keras.layers.StackedRNNCells",
    "keras.layers.Bidirectional",
    "keras.layers.ConvLSTM1D",
    "keras.src.backend.rnn",
    "keras.src.backend.gru",
    "keras.src.backend.lstm",
)
CONVOLUTION = (
    "keras.layers.Conv1D",
    "keras.layers.Conv2D",
    "keras.layers.SeparableConv1D",
    "keras.layers.DepthwiseConv1D",
    "keras.layers.Conv1DTranspose",
    "keras.ops.glu",
    "keras.activations.glu",
    "keras.src.backend.nn.glu",
)
# Parts that the kit has for later units are the answer in the unit where students write them.
KIT_ATTENTION = (
    "course.kit.softmax.masked_softmax",
    "course.kit.parts.scaled_dot_product_attention",
    "course.kit.parts.padding_mask",
    "course.kit.parts.causal_mask",
    "course.kit.parts.MultiHeadAttention",
)
KIT_POSITIONS = ("course.kit.parts.PositionalEncoding",)
KIT_SEARCH = (
    "course.kit.decoding.search.greedy_search",
    "course.kit.decoding.search.beam_search",
)
# All that a unit may forbid: the fork server finds these once, for all students' processes.
CATALOGUE = (
    *(*SOFTMAX, *ATTENTION, *RECURRENT, *CONVOLUTION),
    *(*KIT_ATTENTION, *KIT_POSITIONS, *KIT_SEARCH),
)

_KERNEL = "tensorflow.raw_ops."
_BACKENDS = ("tensorflow", "jax", "torch", "keras_hub", "keras_nlp", "transformers")
_METRICS = ("sacrebleu", "nltk", "evaluate")


class ForbiddenError(Exception):
    """The student's code used a built-in that the exercise asks for."""


def _refuse(name: str) -> NoReturn:
    raise ForbiddenError(name)


def _stand_in(name: str, original: Any) -> Any:
    """Return something that raises when it is called or subclassed, and is the same kind."""
    if isinstance(original, type):

        def new(cls: type, *args: object, **kwargs: object) -> NoReturn:
            _refuse(name)

        return type(original.__name__, (), {"__new__": new, "__init_subclass__": lambda: None})

    def function(*args: object, **kwargs: object) -> NoReturn:
        _refuse(name)

    return function


def _resolve(name: str) -> Any:
    """Return what a dotted name stands for: attributes of the longest part that is a module."""
    module, _, rest = name.rpartition(".")
    path = [rest]
    while module and module not in sys.modules:
        module, _, rest = module.rpartition(".")
        path.insert(0, rest)
    found: Any = sys.modules.get(module)
    for part in path:
        found = getattr(found, part, None)
    return found


def _raises(*args: object, **kwargs: object) -> NoReturn:
    raise "error"  # type: ignore[misc]  # noqa: B016  (`_spoil` puts a class there)


def _spoil(name: str, original: Any) -> None:
    """Make an object itself raise when it is used: a name that nobody thought of won't help."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        _refuse(name)

    if isinstance(original, type):
        with contextlib.suppress(TypeError):  # a class of an extension stays as it is
            original.__new__ = original.__init__ = refuse  # type: ignore[method-assign,misc]
        return
    error = type("ForbiddenError", (ForbiddenError,), {"__str__": lambda self: name})
    code = _raises.__code__
    constants = tuple(error if constant == "error" else constant for constant in code.co_consts)
    while isinstance(original, types.FunctionType):
        # It keeps its own globals, so what it raises has to be among its constants.
        original.__code__ = code.replace(
            co_consts=constants,
            co_freevars=original.__code__.co_freevars,
            co_name=original.__name__,
        )
        original = getattr(original, "__wrapped__", None)


class Forbidden:
    """Where every alias of the forbidden built-ins is, found once, before any student's process."""

    def __init__(self, names: Iterable[str]):
        self.used = ""  # the kernel that the last request used, though it was refused
        self._watched = False
        self._only_once: set[str] = set()
        self._originals = originals = {
            name: value for name in names if (value := _resolve(name)) is not None
        }
        by_identity = {id(value): name for name, value in originals.items()}
        self._places: list[tuple[dict[Any, Any], Any, str]] = []
        self._stand_ins = {name: _stand_in(name, value) for name, value in originals.items()}
        for module in list(sys.modules.values()):
            if isinstance(module, types.ModuleType):
                self._search(vars(module), by_identity, into_dicts=True)

    def _search(self, names: dict[Any, Any], wanted: dict[int, str], into_dicts: bool) -> None:
        for key, value in list(names.items()):
            if id(value) in wanted:
                self._places.append((names, key, wanted[id(value)]))
            elif into_dicts and type(value) is dict and len(value) < 10_000:
                self._search(value, wanted, into_dicts=False)

    def take_away(self, names: Iterable[str]) -> None:
        """Replace every alias of these built-ins in this process, and spoil what they stand for.

        Raises:
            ValueError: a name is not in `CATALOGUE`, so that nobody has looked for its aliases.
        """
        chosen = set(names)
        if unknown := chosen.difference(CATALOGUE):
            raise ValueError(f"isolation.forbidden.CATALOGUE lacks {', '.join(sorted(unknown))}.")
        for place, key, name in self._places:
            if name in chosen:
                place[key] = self._stand_ins[name]
        for name in chosen & set(self._originals):
            original = self._originals.pop(name)
            self._only_once |= {name.rpartition(".")[0], getattr(original, "__module__", name)}
            _spoil(name, original)
        if not any(isinstance(finder, _OnlyOnce) for finder in sys.meta_path):
            sys.meta_path.insert(0, _OnlyOnce(self._only_once))
        self._watch({name.removeprefix(_KERNEL) for name in chosen if name.startswith(_KERNEL)})

    def _watch(self, kernels: set[str]) -> None:
        """Refuse these kernels of the backend, by whatever way they are called in this thread."""
        if not kernels or "tensorflow" not in sys.modules or self._watched:
            return
        self._watched = True
        callbacks = importlib.import_module("tensorflow.python.framework.op_callbacks")

        def see(kind: str | bytes, *rest: object, **more: object) -> None:
            name = kind.decode() if isinstance(kind, bytes) else kind
            if name in kernels:
                self.used = f"{_KERNEL}{name}"
                _refuse(self.used)

        callbacks.add_op_callback(see)
        # What is executed by its name passes by the callbacks.
        interface: Any = importlib.import_module("tensorflow.python.pywrap_tfe")
        execute = interface.TFE_Py_Execute

        def watched(context: Any, device: Any, kind: str | bytes, *rest: Any) -> Any:
            see(kind)
            return execute(context, device, kind, *rest)

        interface.TFE_Py_Execute = watched


class _OnlyOnce(importlib.abc.MetaPathFinder):
    """Refuses to import these modules: each has been imported, and what was in it is taken."""

    def __init__(self, modules: set[str]):
        self._modules = modules

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        other = re.match(r"keras\.src\.backend\.(numpy|tensorflow|jax|torch|openvino)\b", name)
        if name in self._modules or (other and other[0] not in sys.modules):
            _refuse(name)


class _BackendGuard(types.ModuleType):
    """What `import tensorflow` gives in a hand-in: usable for nothing but its name."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if attribute == "keras":
            return importlib.import_module("keras")
        return _refuse(f"{self.__name__}.{attribute}")


def guarded_import(original: Any) -> Any:
    """Return an `__import__` for hand-ins that gives Keras, but no backend behind its back.

    Exercises are written with `keras` and `keras.ops`, so that they run on every backend.
    `tensorflow.keras` is an older name of Keras and gives Keras.
    """

    def guarded(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: tuple[str, ...] = (),
        level: int = 0,
    ) -> Any:
        parts = name.split(".")
        if level or parts[0] not in (*_BACKENDS, *_METRICS):
            return original(name, globals, locals, fromlist, level)
        if parts[:2] == ["tensorflow", "keras"]:
            module = importlib.import_module(".".join(parts[1:]))
            return module if fromlist else _BackendGuard(parts[0])
        return _BackendGuard(name if fromlist else parts[0])

    return guarded
