"""The table of attacks: one row each, and what they come to."""

from collections.abc import Mapping

from benchmarks.peers.adaptations import CHANGES, DOES_NOT_APPLY, SUBSTITUTED
from benchmarks.peers.outcome import KINDS, Controls, Record, findings, has_mark
from tests.attacks.catalogue import Attack

TITLES = {"ours": "this grader", "nbgrader": "nbgrader", "otter": "otter-grader"}
_NOT = "does not apply"
_TEXT = """\
Every hostile hand-in of `tests/attacks/hand_ins`, handed in to three graders, each followed by an
honest neighbour. A cell says what the attack got, or `ok`.

**What was graded.** Here: the unit `attention` with its whole hidden suite, every wall up, as our
tests do it. There: one small assignment of two of its exercises, five points each, with a public
and a hidden check of values, written as each documentation teaches. One exercise is compared with
`assert np.allclose`, the other with `np.testing.assert_allclose`, so an attack on one way of
comparing gets half. What the hand-ins do in other exercises of the unit is not asked for there.

**How the peers are run.** nbgrader: `generate_assignment`, then `autograde` for both hand-ins in
one go. otter-grader: `otter assign`, then `otter run` for one after the other: its local mode, not
in a container. Both with their defaults, as the user who owns course, results and environment.

**What is fair to say for them.** Neither claims to withstand this in these modes. nbgrader's guide
says that it does not grade securely by itself, and shows how to put the kernel into a container
([FAQ](https://nbgrader.readthedocs.io/en/stable/user_guide/faq.html),
[how](https://nbgrader.readthedocs.io/en/stable/user_guide/advanced.html)). otter's guide recommends
its modes with a container, `otter grade` and Gradescope, and keeps the one measured for where there
is no Docker ([modes][otter]). A container keeps a hand-in from the host and from other hand-ins, so
most of what is reached and left below would stay in it, and so would much of what is read and
changed. It does not keep a hand-in from the tests in the same process: gained points and hidden
tests that are read stay as they are. And both do things well: nbgrader puts the instructor's test
cells back before it grades, ends a cell after thirty seconds and goes on with the next hand-in;
otter grades each hand-in in a fresh directory that it removes.

[otter]: https://otter-grader.readthedocs.io/en/latest/workflow/executing_submissions/index.html

**The cage.** Peers are run only inside one of the benchmark's own: a user without rights,
namespaces of its own for processes, mounts, network and ipc, the system read-only, a disk of 1 GB,
6 GB of memory for each process, 600 threads, an end from outside. It is asked for holes before
anything is run in it. Where the cage stopped an attack, and not the grader, the cell says so.
Without bubblewrap the peers are not run.
"""
_WHAT = """\
**What counts.** *Gained points*: more than a wrong answer gets. *Read*: words that were planted in
hidden tests, solution, another's hand-in, results, gradebook or environment are in what the hand-in
said. *Changed*: planted files, results, another's grade, the course's package, or an environment's
start-up files. *Reached*: listeners, or the grader's own processes by signals and tracing. *Left*:
processes, files outside its own folder, shared memory. *Held up*: no end within {limit} seconds,
the honest neighbour without its points, or memory, threads, processes or disk taken until the cage,
and not the grader, said no. What honest work leaves about is no success, nor is a hand-in that gets
no mark; that is counted by itself.
"""


def report(
    attacks: list[Attack],
    records: Mapping[tuple[str, str], Record],
    controls: Mapping[str, Controls],
    versions: Mapping[str, str],
    command: str,
    limit: float,
) -> str:
    """Return the table as Markdown.

    Args:
        attacks: the rows.
        records: what was seen, by grader and attack; what is missing was not run.
        controls: honest work, by grader.
        versions: what was measured, by grader, in words.
        command: what makes this.
        limit: seconds for each command of a peer.
    """
    graders = [name for name in TITLES if name in controls]
    cells = {
        (grader, attack.name): cell(attack, grader, records.get((grader, attack.name)), controls)
        for grader in graders
        for attack in attacks
    }
    named = "; ".join(f"{TITLES[grader]}: {versions[grader]}" for grader in graders)
    lines = ["# Attacks", "", f"Made by `{command}`.", f"{named}.", "", _TEXT]
    lines += [_WHAT.format(limit=f"{limit:g}"), "## In short", ""]
    lines += summary(attacks, graders, records, controls)
    lines += ["", "## One by one", "", _row("attack", "intent", *(TITLES[g] for g in graders))]
    lines += [_rule(2 + len(graders))]
    for attack in attacks:
        name = f"`{attack.name}`" + ("\\*" if attack.name in {*CHANGES, *SUBSTITUTED} else "")
        intent = attack.intent.partition("\n")[0]
        lines += [_row(name, intent, *(cells[grader, attack.name] for grader in graders))]
    lines += [
        "",
        "\\* Adapted for the peers; all of it is in `benchmarks/peers/adaptations.py`.",
        "",
    ]
    lines += [f"- **{_NOT}**: {reason}: {names}." for reason, names in reasons(attacks).items()]
    return "\n".join(lines) + "\n"


def cell(
    attack: Attack, grader: str, record: Record | None, controls: Mapping[str, Controls]
) -> str:
    """Return what an attack got from a grader, in words."""
    if grader != "ours" and attack.name in DOES_NOT_APPLY:
        return _NOT
    if record is None:
        return "not run"
    found = findings(record, attack, controls[grader])
    if found:
        return "; ".join(f"**{_SHORT[kind]}**: {text}" for kind, text in found.items())
    return "ok" if has_mark(record) else "ok, but no mark for it"


_SHORT = {
    "points": "points",
    "read": "read",
    "changed": "changed",
    "reached": "reached",
    "left": "left",
    "held": "held up",
}


def summary(
    attacks: list[Attack],
    graders: list[str],
    records: Mapping[tuple[str, str], Record],
    controls: Mapping[str, Controls],
) -> list[str]:
    """Return a table of how many attacks had success of each kind, for each grader."""
    lines = [_row("", *(TITLES[grader] for grader in graders)), _rule(1 + len(graders))]
    run = {
        grader: {
            a.name: findings(records[grader, a.name], a, controls[grader])
            for a in attacks
            if (grader, a.name) in records
        }
        for grader in graders
    }
    lines += [_row("attacks run", *(str(len(run[grader])) for grader in graders))]
    lines += [
        _row("**with any success**", *(str(sum(map(bool, run[g].values()))) for g in graders))
    ]
    for kind, title in KINDS.items():
        counts = [sum(kind in found for found in run[grader].values()) for grader in graders]
        lines += [_row(title, *map(str, counts))]
    marks = [sum(not has_mark(records[grader, name]) for name in run[grader]) for grader in graders]
    return [*lines, _row("no mark for the hand-in itself", *map(str, marks))]


def reasons(attacks: list[Attack]) -> dict[str, str]:
    """Return why attacks don't apply to the peers: each reason, and which they are."""
    found: dict[str, list[str]] = {}
    for attack in attacks:
        if reason := DOES_NOT_APPLY.get(attack.name):
            found.setdefault(reason, []).append(f"`{attack.name}`")
    return {reason: ", ".join(names) for reason, names in found.items()}


def _row(*cells: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in cells) + " |"


def _rule(count: int) -> str:
    return "|" + "---|" * count
