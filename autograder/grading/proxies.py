"""What a hidden check sees of a hand-in: proxies of the exercises and of the objects they make."""

from typing import Any

import numpy as np

from autograder.grading.examination import Examination
from autograder.isolation.wire import Handle


class Student:
    """The hand-in's exercises as attributes, called like the real functions and classes.

    A call sends its arguments to the student's process and brings arrays back. An object that is
    no plain data stays in that process; the check gets a `Remote` in its place.

    Args:
        examination: the hand-in.
        seed: the seed of the check.
    """

    def __init__(self, examination: Examination, seed: int):
        self._examination, self.seed = examination, seed

    def __getattr__(self, name: str) -> "Remote":
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self._examination, {"name": name})

    def kit(self, name: str) -> "Remote":
        """Return a name of `course.kit` in the student's process: `models.scripted.RunningSum`."""
        return Remote(self._examination, {"kit": name})

    def shared(
        self,
        name: str,
        *args: Any,
        built_on: list,
        built_with: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return an object that checks share: it is made once, and called once to be built.

        A check that gives all weights their values, and then only calls the object, can use it:
        making a model takes ten times as long as calling it.

        Args:
            name: the exercise, a class.
            *args: what the object is made with.
            built_on: the arguments of the first call.
            built_with: the keyword arguments of the first call.
            **kwargs: what the object is made with, by name.
        """
        value = self._examination.request(
            "share",
            name=name,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            built_on=_sent(built_on),
            built_with={key: _sent(arg) for key, arg in (built_with or {}).items()},
        )
        return Remote(self._examination, {"name": name})._wrap(value)

    def new_example(self, inputs: dict[str, Any]) -> None:
        """Begin another example of a property, with these inputs."""
        self._examination.restart_transcript(self.seed, self._examination.transcript.policy)
        self._examination.example = inputs

    def claims_search(self) -> bool:
        """Return whether to search for the smallest failing input: once an exercise is enough."""
        return self._examination.claim_search()

    def drop_example(self) -> None:
        """Say that the failure has nothing to do with the inputs of the example."""
        self._examination.example = None

    def use_policy(self, policy: str) -> None:
        """Use another dtype policy from now on, for instance `mixed_float16`."""
        self._examination.restart_transcript(self.seed, policy)


class Remote:
    """A function, class or object that lives in the student's process."""

    def __init__(self, examination: Examination, target: dict[str, Any]):
        self._examination, self._target = examination, target

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return Remote(self._examination, {"handle": value})
        return value

    def _call(self, mode: str, args: tuple, kwargs: dict[str, Any], specs: Any = None) -> Any:
        value = self._examination.request(
            "call",
            target=self._target,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            mode=mode,
            specs=specs,
        )
        return self._wrap(value)

    @property
    def _handle(self) -> Handle:
        return self._target["handle"]

    @property
    def is_object(self) -> bool:
        """Whether this is an object made by the student's code, not a name in the hand-in."""
        return "handle" in self._target

    @property
    def type_name(self) -> str:
        """The name of the object's class."""
        return self._handle.type_name if self.is_object else ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("eager", args, kwargs)

    def method(self, name: str) -> "Remote":
        """Return a method of this object."""
        return Remote(self._examination, {**self._target, "method": name})

    def graph(self, *args: Any, specs: Any = None, **kwargs: Any) -> Any:
        """Call inside a compiled function; `specs` are its arrays' shapes, None for unknown."""
        return self._call("graph", args, kwargs, specs)

    def xla(self, *args: Any, **kwargs: Any) -> Any:
        """Call inside a function compiled by XLA."""
        return self._call("xla", args, kwargs)

    def symbolic(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Call on symbolic tensors of these shapes; gives `Spec`s."""
        return self._call("symbolic", args, kwargs, specs)

    def functional(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Call through a functional model with inputs of these shapes."""
        return self._call("functional", args, kwargs, specs)

    def gradients(
        self, *args: Any, cotangents: list, wrt: list[str] | None = None, **kwargs: Any
    ) -> dict[str, list]:
        """Gradients of sum(output * cotangent) to all arrays in the arguments and to the weights.

        The weights are those at the paths in `wrt`, or all that can be trained.
        """
        return self._examination.request(
            "gradients",
            target=self._target,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            cotangents=cotangents,
            wrt=wrt,
        )

    def weights(self) -> Any:
        """Every weight: `trainable` and `value`."""
        return self._examination.request("weights", handle=self._handle)

    def value(self, path: str) -> Any:
        """The attribute at a dotted path."""
        return self._wrap(self._examination.request("value", handle=self._handle, path=path))

    def assign(self, values: dict[str, Any] | None = None, **named: Any) -> None:
        """Put arrays into the weights at dotted paths; in a keyword `__` stands for a dot."""
        plain = {path: _sent(value) for path, value in (values or {}).items()}
        plain |= {path.replace("__", "."): _sent(value) for path, value in named.items()}
        self._examination.request("assign", handle=self._handle, values=plain)

    def clone(self) -> "Remote":
        """A new object from this one's configuration."""
        return self._wrap(self._examination.request("clone", handle=self._handle))

    def reload(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Outputs of this layer after its model was saved and loaded."""
        return self._examination.request(
            "reload",
            handle=self._handle,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            specs=specs,
        )


def _sent(value: Any) -> Any:
    if isinstance(value, Remote):
        return value._handle
    if isinstance(value, tuple | list):
        return [_sent(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.copy()  # what was asked is kept, and a check may go on with its array
    return value
