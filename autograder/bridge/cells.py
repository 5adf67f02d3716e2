"""Cells of a hand-in that lost what nbgrader knows them by, put right from the gradebook.

nbgrader finds a cell by its `grade_id` alone. A cell that is deleted, doubled, split or pasted into
another notebook costs its points there, or the whole hand-in, though the work is all there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.base.text import Text, text
from autograder.bridge.metadata import facts_of, language_of
from course.kit.ipython import read_cell
from course.kit.problems import UnreadableHandIn
from course.kit.statements import bound_names, is_stub

_SCHEMA = 3  # of nbgrader's metadata
_KEY = "nbgrader"
_NOTES = {
    "en": "This cell was missing from the hand-in; it was put back.",
    "zh": "提交中缺少这个单元格；已补回。",
}


@dataclass(frozen=True)
class SourceCell:
    """A cell of the released notebook that nbgrader knows by a name.

    Attributes:
        name: its `grade_id`.
        kind: `code` or `markdown`.
        source: its text.
        locked: whether students may not change it.
        grade, solution, task: what it is for.
        points: what it is worth; 0 where nothing.
        checksum: nbgrader's, of the text.
    """

    name: str
    kind: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float
    checksum: str | None

    @property
    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the cell, without the checksum."""
        facts: dict[str, Any] = {
            "schema_version": _SCHEMA,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
        }
        return facts | ({"points": self.points} if self.grade or self.task else {})


class RestoreCells(NbGraderPreprocessor):
    """Puts a hand-in's cells right before nbgrader's other steps look at them.

    Attributes:
        changes: what was changed, by student and notebook.
    """

    def __init__(self, **settings: Any):
        super().__init__(**settings)
        self.changes: dict[tuple[str, str], list[Text]] = {}

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Put the cells right, and log each change."""
        facts = resources[_KEY]
        sources = source_cells(facts["db_url"], facts["assignment"], facts["notebook"])
        if changes := restore_cells(nb, sources):
            self.changes[facts["student"], facts["notebook"]] = changes
        for change in changes:
            self.log.warning("%s of %s: %s", facts["notebook"], facts["student"], change["en"])
        return nb, resources


def source_cells(url: str, assignment: str, notebook: str) -> list[SourceCell]:
    """Return the cells of a released notebook that nbgrader knows, in their order.

    Raises:
        MissingEntry: the gradebook has no such notebook.
    """
    with Gradebook(url) as gradebook:
        known = gradebook.find_notebook(notebook, assignment)
        points = {cell.name: cell.max_score for cell in (*known.grade_cells, *known.task_cells)}
        grades, solutions, tasks = (
            {cell.name for cell in cells}
            for cells in (known.grade_cells, known.solution_cells, known.task_cells)
        )
        return [
            SourceCell(
                name=cell.name,
                kind=cell.cell_type,
                source=cell.source or "",
                locked=bool(cell.locked),
                grade=cell.name in grades,
                solution=cell.name in solutions,
                task=cell.name in tasks,
                points=points.get(cell.name) or 0,
                checksum=cell.checksum,
            )
            for cell in known.source_cells
        ]


def restore_cells(nb: NotebookNode, sources: Iterable[SourceCell]) -> list[Text]:
    """Give the cells of a hand-in back what nbgrader knows them by; return what was changed.

    A name that the gradebook doesn't know is taken away. Of two cells of one name the one keeps it
    that is the released one, or defines the exercise, or stands last. A cell without a name that
    defines an exercise gets the exercise's. A cell that gives points and isn't there comes back.

    Args:
        nb: the hand-in; its cells are changed in place.
        sources: the released notebook's cells, in their order.
    """
    known = {source.name: source for source in sources}
    changes = [*_take_unknown_names(nb, known), *_take_doubled_names(nb, known)]
    changes += _name_definitions(nb, known)
    for cell in nb.cells:
        name = _name_of(cell)
        if name is not None and _is_damaged(cell, known[name]):
            cell.metadata[_KEY] = _metadata(known[name])
            changes.append(
                text(
                    f"the metadata of the cell {name} was put right",
                    f"单元格 {name} 的元数据已修复",
                )
            )
    return [*changes, *_put_missing_back(nb, known)]


def _take_unknown_names(nb: NotebookNode, known: Mapping[str, SourceCell]) -> Iterator[Text]:
    for number, cell in enumerate(nb.cells, start=1):
        if not isinstance(cell.get("metadata"), dict):
            cell["metadata"] = NotebookNode()
        name = _name_of(cell)
        if name is not None and name in known:
            source = known[name]
            # The locked cell of an exercise's checks, and the student wrote the exercise into it.
            overwritten = source.locked and cell.source != source.source
            if not (overwritten and _defines(cell, {one for one in known if one != name})):
                continue
            change = text(
                f"the cell {number} is named {name} and defines an exercise; it is taken as the "
                "student's own",
                f"第 {number} 个单元格名为 {name} 却定义了练习；按学生自己的单元格处理",
            )
        else:
            change = text(
                f"the cell {number} has a name that the gradebook doesn't know; it is taken as the "
                "student's own",
                f"第 {number} 个单元格的名字不在成绩册中；按学生自己的单元格处理",
            )
        if cell.metadata.pop(_KEY, None):
            yield change


def _take_doubled_names(nb: NotebookNode, known: Mapping[str, SourceCell]) -> Iterator[Text]:
    for name, source in known.items():
        cells = [cell for cell in nb.cells if _name_of(cell) == name]
        if len(cells) < 2:
            continue
        if source.locked:
            fitting = [cell for cell in cells if cell.source == source.source]
        else:
            fitting = [cell for cell in cells if _defines(cell, {name})]
        counting = (fitting or cells)[-1]
        for cell in cells:
            if cell is not counting:
                del cell.metadata[_KEY]
        yield text(
            f"{len(cells)} cells are named {name}; the one that counts keeps the name",
            f"有 {len(cells)} 个单元格名为 {name}；只有计分的那个保留名字",
        )


def _name_definitions(nb: NotebookNode, known: Mapping[str, SourceCell]) -> Iterator[Text]:
    there = {_name_of(cell) for cell in nb.cells}
    for name, source in known.items():
        if name in there or not source.solution or source.grade or source.kind != "code":
            continue
        cells = [c for c in nb.cells if _name_of(c) is None and _defines(c, {name})]
        if cells:
            cells[-1].metadata[_KEY] = _metadata(source)
            yield text(
                f"the cell that defines {name} got its name back",
                f"定义 {name} 的单元格已恢复名字",
            )


def _put_missing_back(nb: NotebookNode, known: Mapping[str, SourceCell]) -> Iterator[Text]:
    note = _NOTES[language_of(nb)]
    before: list[str] = []
    for name, source in known.items():
        there = {_name_of(cell): index for index, cell in enumerate(nb.cells)}
        if name not in there and (source.grade or source.task):
            place = next((there[one] + 1 for one in reversed(before) if one in there), None)
            if place is None:  # the cells before it are gone, too
                after = list(known)[len(before) + 1 :]
                place = next((there[one] for one in after if one in there), len(nb.cells))
            nb.cells.insert(place, _made_again(source, note, with_id=nb.nbformat_minor >= 5))
            yield text(f"the cell {name} was missing; it is back", f"缺少单元格 {name}；已补回")
        before.append(name)


def _made_again(source: SourceCell, note: str, with_id: bool) -> NotebookNode:
    cell: dict[str, Any] = {"id": f"restored-{source.name}"[:64]} if with_id else {}
    cell |= {"cell_type": source.kind, "metadata": NotebookNode()}
    if source.kind == "code":
        cell |= {"source": f"# {note}\n{source.source}", "outputs": [], "execution_count": None}
    else:
        cell["source"] = f"{note}\n\n{source.source}"
    node = NotebookNode(cell)
    node.metadata[_KEY] = _metadata(source)
    return node


def _metadata(source: SourceCell) -> NotebookNode:
    checksum = {} if source.checksum is None else {"checksum": source.checksum}
    return NotebookNode({**source.metadata, "cell_type": source.kind, **checksum})


def _is_damaged(cell: NotebookNode, source: SourceCell) -> bool:
    facts = cell.metadata[_KEY]
    return any(key not in facts or facts[key] != value for key, value in source.metadata.items())


def _name_of(cell: NotebookNode) -> str | None:
    name = facts_of(cell, _KEY).get("grade_id")
    return name if isinstance(name, str) else None


def _defines(cell: NotebookNode, names: set[str]) -> bool:
    """Whether a code cell writes one of the names itself: a stub of it does not count."""
    if cell.get("cell_type") != "code":
        return False
    try:
        nodes = read_cell(str(cell.get("source", "")), "cell").nodes
    except UnreadableHandIn:
        return False
    return any(bound_names(node) & names and not is_stub(node) for node in nodes)
