"""The hostile hand-ins: what each is called, what it may get, and what becomes of it."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "hand_ins"
_IMPORT = "from tests.attacks.attacker import tell\n"

# Points that any answer gets which doesn't depend on the input: adding a number changes nothing.
CONSTANT = 2.0


@dataclass(frozen=True)
class Attack:
    """A hostile hand-in.

    Attributes:
        name: the file's.
        slow: whether it costs the time limits that it tries.
        points: what an honest stub with the same answers has.
        may: the tries that are allowed to get something, since it is nobody else's.
        told: kinds of attempts that the result has to name.
    """

    name: str
    slow: bool = False
    points: float = 0.0
    may: tuple[str, ...] = ()
    told: frozenset[str] = field(default_factory=frozenset)

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.name}.py"

    @cached_property
    def intent(self) -> str:
        """What it is about, and what would count as success."""
        return ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8"))) or ""

    def source(self, places: dict[str, str]) -> bytes:
        """Return what is handed in: one file that stands alone and knows the way."""
        text = self.path.read_text(encoding="utf-8")
        attacker = FOLDER.with_name("attacker.py").read_text(encoding="utf-8")
        text = text.replace(_IMPORT, attacker)
        for mark, place in places.items():
            text = text.replace(f"@{mark}@", place)
        return text.encode()


_SLOW = {
    *("cpu_bomb", "huge_answers", "many_handles", "memory_bomb", "memory_in_corners"),
    *("signal_handlers", "slow_answers", "slow_frame", "slow_loading", "hostile_values"),
    *("search_gc", "back_door_gc", "leave_by_exit", "equal_to_everything", "terabyte_shapes"),
    *("hostile_format_and_reduce", "forged_frames", "crowded_frame", "silent_channel"),
}
_POINTS = dict.fromkeys(
    ("ast_transformer", "import_hook", "ndarray_subclass", "replace_numpy"), CONSTANT
)
_MAY = {
    "conftest_and_plugins": ("0-",),  # its own directory
    "remember_inputs": ("own",),
    # Its own clock and its own children's ends; told only where that clock comes late.
    "signal_handlers": ("a timer", "a subreaper"),
    "search_environment": ("python", "c", "kernel"),  # its own environment; the canary isn't in it
}
_TOLD = {
    "attack_parents": {"signals"},
    "background_processes": {"processes"},
    "leave_by_signal": {"signals"},
    "network_local_sockets": {"network"},
    "network_loopback": {"network"},
    "process_bomb": {"processes"},
    "search_disk": {"files"},
    "search_gc": {"objects"},
    "search_proc": {"files"},
    "sitecustomize_and_pth": {"files"},
    "trace_and_profile": {"trace"},
    "write_interpreter": {"files"},
}


def attacks() -> list[Attack]:
    """Return all of them, by name."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
    return [
        Attack(
            name,
            name in _SLOW,
            _POINTS.get(name, 0.0),
            _MAY.get(name, ()),
            frozenset(_TOLD.get(name, ())),
        )
        for name in names
    ]


def named(*names: str) -> list[Attack]:
    """Return some of them."""
    return [attack for attack in attacks() if attack.name in names]
