"""What of a hand-in can't be used, and why, in English and Chinese."""

from dataclasses import dataclass

from course.kit.language import Bilingual, say

# How a name comes to its value, in a sentence that says where.
_VERBS: dict[str, Bilingual] = {
    "assigned": ("assigned", "赋值"),
    "changed": ("changed", "修改"),
    "defined": ("defined", "定义"),
    "imported": ("imported", "导入"),
}


class UnreadableHandIn(ValueError):
    """A file can't be read as a hand-in; the message says why."""

    def __init__(self, en: str, zh: str):
        super().__init__(en)
        self.zh = zh

    def message(self) -> str:
        """Return the message in the language in use; `str` is always English."""
        return say(str(self), self.zh)


@dataclass(frozen=True)
class Problem:
    """Something in a hand-in that could not be used: where it stands, and what is wrong."""

    where: Bilingual
    what: Bilingual

    def __str__(self) -> str:
        return f"{self.where[0]}: {self.what[0]}"

    @property
    def zh(self) -> str:
        """The problem in Chinese."""
        return f"{self.where[1]}：{self.what[1]}"

    def message(self) -> str:
        """Return the problem in the language in use; `str` is always English."""
        return say(str(self), self.zh)


@dataclass(frozen=True)
class Absence:
    """Why a name has no value, or an older one, though the hand-in gives it one.

    Attributes:
        name: the name.
        verb: what happens to the name there: "assigned", "changed", "defined" or "imported".
        where: the place in the hand-in.
        why: what became of that place, "the grader does not run: it calls `load`" say.
    """

    name: str
    verb: str
    where: Bilingual
    why: Bilingual

    def sentence(self) -> Bilingual:
        """Return the sentence for the message of a check that misses the name."""
        english, chinese = _VERBS[self.verb]
        return (
            f"`{self.name}` is {english} in {self.where[0]}, which {self.why[0]}.",
            f"`{self.name}` 在{self.where[1]}{chinese}，但{self.why[1]}。",
        )

    def problem(self) -> Problem:
        """Return the same as a problem of the hand-in."""
        english, chinese = _VERBS[self.verb]
        return Problem(
            self.where,
            (
                f"`{self.name}` is {english} here, which {self.why[0]}.",
                f"`{self.name}` 在这里{chinese}，但{self.why[1]}。",
            ),
        )


def not_run(reason: Bilingual) -> Bilingual:
    """Return the `why` of an absence: the place is not run, for this reason."""
    return f"the grader does not run: {reason[0]}", f"评分时不运行：{reason[1]}"


def place_in_chinese(place: str) -> str:
    """Return the Chinese name of a place, "code cell 3" say."""
    number = place.removeprefix("code cell ")
    return "你的模块" if number == place else f"第 {number} 个代码单元格"


def line_of(place: str, line: int) -> Bilingual:
    """Return where a line stands: "code cell 3, line 1"."""
    return f"{place}, line {line}", f"{place_in_chinese(place)}第 {line} 行"


def one_line(text: str, limit: int) -> str:
    """Return a text on one line, cut, with a mark for each character that a terminal obeys."""
    text = text.strip()[:limit].rstrip()
    return "".join(c if c.isprintable() else "�" for c in text)
