"""The loop inside a student's process: do what the grader asks, send back what comes of it.

It knows no check and no answer. Whatever the student's code does to it can change only what this
process sends, and the grader takes that for data.
"""

import builtins
import contextlib
import dataclasses
import importlib
import io
import itertools
import math
import os
import random
import sys
import time
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random import seed_generator
from keras.src.saving import object_registration

from autograder.base.paths import secret_paths
from autograder.isolation import autodiff, errors, forbidden, sandbox, wire
from autograder.isolation.attempts import Attempts
from autograder.isolation.calls import (
    as_tensors,
    call_compiled,
    functional_model,
    symbolic_arguments,
)
from autograder.isolation.compiled_programs import CompiledPrograms
from autograder.isolation.detours import detours
from autograder.isolation.errors import Absent, NotAWeight, OtherShape
from autograder.isolation.uses import reached, uses
from autograder.isolation.wire import Channel, Handle, Opaque, Spec
from course.kit import handin
from course.kit.edits.repairs import Repair, Repairs
from course.kit.statements import bound_names, changed_names

_MAX_OUTPUT = 64 * 1024
_MAX_TEXT = 2000
_MODULE = "submission"
_SHARED_SEED = 1  # shared objects are made alike whichever check asks first


class _Output(io.TextIOBase):
    """Keep the beginning of what is printed, count the rest."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.size < _MAX_OUTPUT:
            self.kept.append(text[: _MAX_OUTPUT - self.size])
        self.size += len(text)
        return len(text)


class Agent:
    """What the grader can ask of a student's process; one method a request."""

    def __init__(self, taken: forbidden.Forbidden):
        self._taken = taken
        self.attempts = Attempts(secret_paths(), sandbox.readable_paths())
        self._objects: dict[int, Any] = {}
        self._module = types.ModuleType(_MODULE)
        self._slots: dict[str, tuple[types.ModuleType, dict, dict]] = {}
        self._output = _Output()
        self._programs = CompiledPrograms()
        self._seed = 0
        self._shared: dict[tuple, Any] = {}
        self._shared_in_check: set[tuple] = set()
        self._hand_in = handin.HandIn([], [])
        self._repairs: Repairs | None = None
        self._waiting: Iterator[Repair] = iter(())

    # -- requests -------------------------------------------------------------------------

    def uses(self, data: bytes, suffix: str, exercises: list[str]) -> Any:
        """Read a hand-in and run none of it; return which exercises each exercise uses."""
        used = uses(handin.read_handin(data, suffix, exercises))
        return {name: sorted(reached(used, [name]) & {*exercises}) for name in exercises}

    def detours(self, data: bytes, suffix: str, exercises: list[str]) -> Any:
        """Read a hand-in and run none of it; return what it names that leads around the fence."""
        work = handin.read_handin(data, suffix, exercises)
        return [[item.name, item.place, item.line] for item in detours(work)]

    def repairs(
        self,
        data: bytes,
        suffix: str,
        exercises: list[str],
        exercise: str,
        models: list[str],
        first_lines: list[list],
    ) -> Any:
        """Read a hand-in and run none of it; return the statements that an exercise needs.

        Edits of them that may make the exercise right are what `more_repairs` returns.

        Args:
            data: the file's bytes.
            suffix: `.ipynb` or `.py`.
            exercises: the names of the unit's exercises.
            exercise: the exercise.
            models: right code of the exercise.
            first_lines: places and lines that are edited first.
        """
        work = handin.read_handin(data, suffix, exercises)
        needed = reached(uses(work), [exercise]) | {exercise}
        work.statements = [
            item
            for item in work.statements
            if (bound_names(item.node) | changed_names(item.node)) & needed
        ]
        helpers = needed - {*exercises} | {exercise}
        lines = [(place, line) for place, line in first_lines]
        self._hand_in = work
        self._repairs = Repairs(work, exercise, helpers, models, lines)
        self._waiting = self._repairs.singles()
        return self._repairs.sources()

    def repairs_of_methods(self) -> None:
        """Let `more_repairs` return the hand-in with right methods in the place of its own."""
        assert self._repairs is not None
        self._waiting = self._repairs.methods()

    def repairs_near(self, place: str, first: int, last: int) -> None:
        """Let `more_repairs` return the single edits, those of some lines first."""
        assert self._repairs is not None
        self._repairs.prefer(place, first, last)
        self._waiting = self._repairs.singles()

    def repairs_on_top_of(self, first: int) -> None:
        """Let `more_repairs` return edits on top of one, by its number."""
        assert self._repairs is not None
        self._waiting = self._repairs.pairs(first)

    def more_repairs(self, most: int) -> Any:
        """Return the next edits, none where there are no more."""
        sources = self._hand_in.sources
        return [
            {**dataclasses.asdict(item), "shown": _line(sources[item.place], item.line)}
            for item in itertools.islice(self._waiting, most)
        ]

    def load(
        self,
        data: bytes,
        suffix: str,
        exercises: list[str],
        forbid: list[str],
        slot: str = "",
        right: tuple[Sequence[str], str] = ((), ""),
    ) -> Any:
        """Read and run a hand-in; say which exercises it defines, which not, what was wrong in it.

        The known mistakes of a unit live in one process, each in a slot of its own.

        Args:
            data: the file's bytes.
            suffix: `.ipynb` or `.py`.
            exercises: the names of the unit's exercises.
            forbid: built-ins that the hand-in may not use.
            slot: a name for the hand-in, where the process is to hold several.
            right: names of exercises, and code that defines them: they stand in the place of the
                hand-in's own.
        """
        try:
            work = handin.read_handin(data, suffix, exercises)
        except handin.UnreadableHandIn as error:
            return {"rejected": [str(error), error.zh]}
        self._taken.take_away(forbid)
        self._module = types.ModuleType(_MODULE)
        namespace = vars(self._module)
        safe = dict(vars(builtins))
        safe["__import__"] = forbidden.guarded_import(builtins.__import__)
        namespace.update(__name__=_MODULE, __builtins__=safe)
        sys.modules[_MODULE] = self._module
        sys.stdout = sys.stderr = self._output
        self._hand_in = work
        registered = object_registration.GLOBAL_CUSTOM_OBJECTS
        before = dict(registered)
        replaced = _defined_by(right[1], right[0], safe)
        for_saving = {k: v for k, v in registered.items() if before.get(k) is not v}
        self.attempts.begin()
        work.execute(namespace, replaced)
        registered.update(for_saving)  # a class of the hand-in's may have the same name there
        names = object_registration.GLOBAL_CUSTOM_NAMES
        self._slots[slot] = (self._module, dict(registered), dict(names))
        # Another name for what was put in place is nobody's work.
        given = {id(value) for value in replaced.values()}
        defined = [
            name
            for name in exercises
            if callable(namespace.get(name))
            and (name in replaced or id(namespace[name]) not in given)
        ]
        absences = [work.absence(name) for name in exercises if name not in defined]
        return {
            "defined": defined,
            "absent": {a.name: [*map(_clean, a.sentence())] for a in absences if a is not None},
            "problems": [[_clean(str(p)), _clean(p.zh)] for p in work.problems],
        }

    def error(self, error: BaseException) -> dict:
        """Describe what the student's code raised, and why a name that it misses isn't there."""
        described = errors.described(error)
        explanation = self._hand_in.explanation(described["message"])
        if explanation is not None:
            described["explanation"] = [*map(_clean, explanation)]
        return described

    def begin(self, seed: int, policy: str, slot: str = "") -> None:
        """Start a check afresh: no objects of the last one, seeds and dtype policy set."""
        self._objects.clear()
        self._shared_in_check.clear()
        self._programs.let_go_of_many()
        if len(self._slots) > 1:
            self._module, registered, names = self._slots[slot]
            sys.modules[_MODULE] = self._module
            # What a class was registered under for saving belongs to its slot.
            object_registration.GLOBAL_CUSTOM_OBJECTS.clear()
            object_registration.GLOBAL_CUSTOM_OBJECTS.update(registered)
            object_registration.GLOBAL_CUSTOM_NAMES.clear()
            object_registration.GLOBAL_CUSTOM_NAMES.update(names)
        if keras.config.dtype_policy().name != policy:
            keras.config.set_dtype_policy(policy)
        self._seed = seed
        _set_seed(seed)

    def answer(self, operation: str, fields: dict) -> Any:
        """Do what a request asks; after an error the check's shared objects are shared no more."""
        self._taken.used = ""
        try:
            value = getattr(self, operation)(**fields)
        except BaseException:
            self._stop_sharing()
            raise
        if self._taken.used:  # the student's code has caught what it raised
            raise forbidden.ForbiddenError(self._taken.used)
        return value

    def share(self, name: str, args: list, kwargs: dict, built_on: list, built_with: dict) -> Any:
        """Return an object that several checks use, made and built for the first that asks.

        The object is the same whichever check asks first; each check sets all of its weights. It
        is shared no more once it was traced, trained or saved, or once anything raised.

        Args:
            name: the class.
            args, kwargs: what it is made with.
            built_on, built_with: what it is called on once, so that it has its weights.
        """
        policy = keras.config.dtype_policy().name
        key = (id(self._module), policy, wire.encode([name, args, kwargs, built_on, built_with]))
        if key not in self._shared:
            _set_seed(_SHARED_SEED)
            try:
                made = self._target({"name": name})(*args, **kwargs)
                made(*as_tensors(built_on), **as_tensors(built_with))
            finally:
                _set_seed(self._seed)
            self._shared[key] = made
        self._shared_in_check.add(key)
        return self._wire(self._shared[key])

    def _stop_sharing(self) -> None:
        """Share no object again that the check has used: the object may have changed."""
        for key in self._shared_in_check:
            self._shared.pop(key, None)
        self._shared_in_check.clear()

    def call(self, target: Any, args: list, kwargs: dict, mode: str, specs: Any = None) -> Any:
        """Call a function, a class, an object or a method of one, eagerly or compiled."""
        function = self._target(target)
        args, kwargs = as_tensors(self._known(args)), as_tensors(self._known(kwargs))
        if mode != "eager" or kwargs.get("training"):
            self._stop_sharing()
        if mode == "eager":
            return self._wire(function(*args, **kwargs))
        if mode in ("graph", "xla"):
            return self._wire(call_compiled(function, args, kwargs, mode == "xla", specs))
        if mode == "symbolic":
            return self._wire(function(*symbolic_arguments(args, specs), **kwargs))
        return self._wire(functional_model(function, args, kwargs, specs)(args))

    def gradients(
        self, target: Any, args: list, kwargs: dict, cotangents: list, wrt: list | None = None
    ) -> Any:
        """Gradients of sum(output * cotangent), to the array arguments and to the weights.

        The weights are those at the paths in `wrt`, or all that can be trained.
        """
        if keras.backend.backend() == "jax":  # it traces the function
            self._stop_sharing()
        function = self._target(target)
        if wrt is None:
            weights = list(getattr(function, "trainable_variables", []))
        else:
            weights = [_attribute(function, path) for path in wrt]
        inputs = as_tensors(self._known(args))
        kwargs = as_tensors(self._known(kwargs))
        return self._wire(autodiff.gradients(function, inputs, kwargs, weights, cotangents))

    def weights(self, handle: Handle) -> Any:
        """Shape, dtype and trainability of every weight of an object, with its value."""
        found = errors.part_of(self._objects[handle.id], "variables")
        return [
            {
                "trainable": bool(variable.trainable),
                "value": self._wire(variable),
            }
            for variable in found
            if "seed_generator" not in str(getattr(variable, "path", ""))
        ]

    def value(self, handle: Handle, path: str) -> Any:
        """The attribute at a dotted path of an object."""
        return self._wire(_attribute(self._objects[handle.id], path))

    def assign(self, handle: Handle, values: dict) -> None:
        """Put values into the weights at dotted paths; a layer takes a list of its weights."""
        for path, value in values.items():
            found = _attribute(self._objects[handle.id], path)
            if isinstance(value, list):
                found.set_weights(value)
                continue
            if not (hasattr(found, "assign") and hasattr(found, "shape")):
                raise NotAWeight(path, type(found).__name__)
            shape = tuple(found.shape)
            if not _splits(shape, value.shape):
                raise OtherShape(path, shape, value.shape)
            found.assign(value.reshape(shape))

    def clone(self, handle: Handle) -> Any:
        """A new object from an object's own `get_config`."""
        layer = self._objects[handle.id]
        return self._wire(type(layer).from_config(layer.get_config()))

    def reload(self, handle: Handle, args: list, kwargs: dict, specs: Any) -> Any:
        """Outputs of a saved and loaded model of this layer."""
        self._stop_sharing()
        args, kwargs = as_tensors(self._known(args)), as_tensors(self._known(kwargs))
        model = functional_model(self._objects[handle.id], args, kwargs, specs)
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"{os.getpid()}.keras")
        try:
            model.save(path)
            loaded = keras.models.load_model(path)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)
        return self._wire(loaded(args))

    def output(self) -> Any:
        """What the student's code printed: the beginning, and how much it was in all."""
        return {"text": "".join(self._output.kept)[:4096], "size": self._output.size}

    # -- values ---------------------------------------------------------------------------

    def _target(self, target: Any) -> Any:
        if "name" in target:
            found = vars(self._module).get(target["name"])
            if found is None:
                raise Absent("", target["name"])
        elif "kit" in target:
            module, _, name = target["kit"].rpartition(".")
            found = getattr(importlib.import_module(f"course.kit.{module}"), name)
        else:
            found = self._objects[target["handle"].id]
        return errors.part_of(found, target["method"]) if target.get("method") else found

    def _known(self, value: Any) -> Any:
        """Objects in place of their handles."""
        if isinstance(value, Handle):
            return self._objects[value.id]
        if isinstance(value, list):
            return [self._known(item) for item in value]
        if isinstance(value, dict):
            return {key: self._known(item) for key, item in value.items()}
        return value

    def _wire(self, value: Any, depth: int = 0) -> Any:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**63 else Opaque("int")
        if isinstance(value, str):
            return value[:_MAX_TEXT]
        if isinstance(value, np.ndarray | np.generic):
            return np.array(value)
        if isinstance(value, keras.KerasTensor):
            return Spec(tuple(value.shape), keras.backend.standardize_dtype(value.dtype))
        if isinstance(value, list | tuple) and depth < 8:
            return [self._wire(item, depth + 1) for item in value]
        if isinstance(value, dict) and depth < 8:
            return {str(key): self._wire(item, depth + 1) for key, item in value.items()}
        if isinstance(value, keras.Variable) or keras.ops.is_tensor(value):
            return np.array(keras.ops.convert_to_numpy(value))
        number = len(self._objects)
        self._objects[number] = value
        return Handle(number, type(value).__name__[:100])


def _defined_by(source: str, names: Iterable[str], builtins_: dict[str, Any]) -> dict[str, Any]:
    """Run code in a namespace of its own; return what it gives these names."""
    namespace = {"__name__": _MODULE, "__builtins__": builtins_}
    exec(compile(source, _MODULE, "exec"), namespace)
    return {name: namespace[name] for name in names}


def _set_seed(seed: int) -> None:
    """Seed what Keras's initializers and dropout draw from.

    `keras.utils.set_random_seed` would seed TensorFlow too, which throws its compiled kernels
    away: a third of a millisecond's work becomes four, and Keras draws nothing from that seed.
    """
    random.seed(seed)
    np.random.seed(seed)
    global_state.set_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR, None)
    if keras.backend.backend() == "torch":  # whose dropout draws from PyTorch's own generator
        import torch

        torch.manual_seed(seed)


def _attribute(owner: Any, path: str) -> Any:
    """Follow a dotted path; a weight in a layer's place stands for that layer's kernel.

    Raises:
        Absent: something on the path isn't there.
    """
    for part in path.split(".") if path else []:
        if part == "kernel" and isinstance(owner, keras.Variable):
            continue
        owner = errors.part_of(owner, part)
    return owner


def _splits(fine: tuple, coarse: tuple) -> bool:
    """Whether a shape is another with axes split: Keras keeps heads and their width apart."""
    if not coarse:
        return not fine
    return any(
        math.prod(fine[:run]) == coarse[0] and _splits(fine[run:], coarse[1:])
        for run in range(1, len(fine) + 1)
    )


def _line(source: str, number: int) -> str:
    """Return a line of a source, "" where it has no such line."""
    lines = source.splitlines()
    return lines[number - 1].strip()[:_MAX_TEXT] if 0 < number <= len(lines) else ""


def _clean(text: str) -> str:
    """Cut a text; leave out stack frames, graph decorations and this machine's paths."""
    return errors.clean(text)


def serve(channel: Channel, layers: list[str], taken: forbidden.Forbidden) -> None:
    """Answer requests until the grader hangs up."""
    agent = Agent(taken)
    channel.send({"layers": layers})
    while True:
        try:
            request = channel.receive()
        except wire.Disconnected:
            return
        operation = request.pop("op")
        started = time.process_time()
        try:
            begin = request.pop("begin", None)
            if begin is not None:
                agent.begin(**begin)
            answer = {"value": agent.answer(operation, request)}
        except BaseException as error:  # the student's code may raise anything, SystemExit too
            answer = {"error": agent.error(error)}
        answer["cpu"] = time.process_time() - started
        answer["tried"] = agent.attempts.take()
        try:
            channel.send(answer)
        except wire.WireError as error:
            channel.send({"error": {"kind": "raised", "type": "ValueError", "message": str(error)}})
