"""Built-ins that an exercise asks the student to write: taken away in the student's process."""

import importlib
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
    "tensorflow.nn.softmax",
    "tensorflow.nn.log_softmax",
    "tensorflow.math.reduce_logsumexp",
    "tensorflow.raw_ops.Softmax",
    "tensorflow.raw_ops.LogSoftmax",
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
# What the kit gives to later units is the answer in the unit where students write it.
GIVEN_ATTENTION = (
    "course.kit.softmax.masked_softmax",
    "course.kit.parts.scaled_dot_product_attention",
    "course.kit.parts.padding_mask",
    "course.kit.parts.causal_mask",
    "course.kit.parts.MultiHeadAttention",
)

BY_UNIT: dict[str, tuple[str, ...]] = {
    "rnn": (*RECURRENT, *ATTENTION),
    "cnn": (*CONVOLUTION, *ATTENTION),
    "attention": (*SOFTMAX, *ATTENTION, *GIVEN_ATTENTION),
    "multi_head": (*ATTENTION, "course.kit.parts.MultiHeadAttention"),
    "positional": ("course.kit.parts.PositionalEncoding",),
    "transformer": (),
    "translation": (
        "course.kit.decoding.search.greedy_search",
        "course.kit.decoding.search.beam_search",
    ),
}

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
    parts = name.split(".")
    if parts[0] not in sys.modules:
        return None
    found: Any = sys.modules[parts[0]]
    for part in parts[1:]:
        found = getattr(found, part, None)
    return found


class Forbidden:
    """Where every alias of the forbidden built-ins is, found once, before any student's process."""

    def __init__(self, names: Iterable[str]):
        originals = {name: value for name in names if (value := _resolve(name)) is not None}
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
        """Replace every alias of these built-ins, in this process."""
        chosen = set(names)
        for place, key, name in self._places:
            if name in chosen:
                place[key] = self._stand_ins[name]


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
