"""Who handed in nothing, and what was passed over: nobody and nothing is lost in silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.results.result import student_keys
from autograder.running.roster import match, people_of, read_table
from autograder.running.submissions import PassedOver, Submission


@dataclass
class Account:
    """What became of everybody and everything beside the results.

    Attributes:
        passed_over: what is no hand-in.
        on_roster: how many people the roster has; None without a roster.
        nothing: who of them handed in nothing.
        strangers: hand-ins of nobody on the roster, with the reason.
    """

    passed_over: list[PassedOver] = field(default_factory=list)
    on_roster: int | None = None
    nothing: list[str] = field(default_factory=list)
    strangers: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> list[PassedOver]:
        """What was passed over and looks like a hand-in."""
        return [item for item in self.passed_over if item.looks_like_one]


def account_for(
    submissions: Sequence[Submission], passed_over: Sequence[PassedOver], roster: Path | None
) -> Account:
    """Return what was passed over, and who of a roster handed in nothing.

    Raises:
        UserError: the roster can't be read.
    """
    account = Account(list(passed_over))
    if roster is not None:
        found = compare_roster(
            {item.name: student_keys(item.student_facts) for item in submissions}, roster
        )
        account.on_roster = len(found.names) + len(found.nothing)
        account.nothing = found.nothing
        account.strangers = found.strangers
    return account


@dataclass(frozen=True)
class RosterComparison:
    """How hand-ins stand to a roster.

    Attributes:
        names: what the roster calls the students, by the hand-ins' names.
        nothing: who of the roster has no hand-in.
        strangers: hand-ins of nobody on the roster, with the reason.
    """

    names: dict[str, str]
    nothing: list[str]
    strangers: dict[str, str]


def compare_roster(keys: Mapping[str, Sequence[str]], roster: Path) -> RosterComparison:
    """Compare hand-ins with a roster.

    Args:
        keys: what tells each hand-in's student, by the hand-in's name.
        roster: the CSV.

    Raises:
        UserError: the roster can't be read.
    """
    people = people_of(read_table(roster))
    matched = match(keys, [person.keys for person in people])
    there = set(matched.rows.values())
    nothing = [person.name for index, person in enumerate(people) if index not in there]
    names = {name: people[row].name for name, row in matched.rows.items()}
    return RosterComparison(names, nothing, matched.unmatched)
