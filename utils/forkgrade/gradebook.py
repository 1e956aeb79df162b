"""nbgrader's grade book: all that grading reads from it and writes into it, for many submissions at
once.

Rows are those that nbgrader makes: its API, its form grader and its exports read them.
"""

import itertools
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute

from forkgrade import book_cells
from forkgrade.book_cells import Remembered
from forkgrade.course import Course
from forkgrade.feedback import Shown
from forkgrade.points import comment_on, digests_of, score
from forkgrade.records import TIMESTAMP, Given, Graded, Scored, Standing, Submission

#: The kinds of cell, as the grade book calls them, that have a grade, and those with a comment.
WITH_GRADE, WITH_COMMENT = {"GradeCell", "TaskCell"}, {"SolutionCell", "TaskCell"}


def open_book(course: Course) -> Gradebook:
    """The grade book of a course, for a `with`."""
    return book_cells.open_book(course.db_url, course.course_id)


# --- writing --------------------------------------------------------------------------------------


def enter(book: Gradebook, assignment: str, batch: Sequence[Graded]) -> None:
    """Enters the points of graded submissions of one assignment, all of them or, where that fails,
    none.
    """
    with book.engine.begin() as connection:
        entry = locked(connection, assignment)
        students = [graded.record.student for graded in batch]
        add_students(connection, students)
        columns = SubmittedAssignment.student_id, SubmittedAssignment.assignment_id
        submitted = complete(connection, columns, [(student, entry) for student in students])
        enter_times(connection, {submitted[one.record.student, entry]: one for one in batch})

        names = select(Notebook.id, Notebook.name).where(Notebook.assignment_id == entry)
        notebooks = dict(connection.execute(names).all())
        columns = SubmittedNotebook.assignment_id, SubmittedNotebook.notebook_id
        pairs = itertools.product(submitted.values(), notebooks)
        found = complete(connection, columns, list(pairs))
        scored = {
            found[submitted[one.record.student, entry], notebook]: one.scored.get(name)
            for one in batch
            for notebook, name in notebooks.items()
        }
        enter_points(connection, scored, {one: notebook for (_, notebook), one in found.items()})


def locked(connection: Connection, assignment: str) -> str:
    """The id of an assignment, which no other grader enters anything for until this transaction
    ends.
    """
    # To write is the lock that every data base has.
    mine = Assignment.name == assignment
    connection.execute(update(Assignment).where(mine).values(name=assignment))
    return connection.execute(select(Assignment.id).where(mine)).scalar_one()


def add_students(connection: Connection, students: Sequence[str]) -> None:
    """Adds the students that the grade book does not know."""
    found = connection.execute(select(Student.id).where(Student.id.in_(students))).scalars().all()
    if new := sorted(set(students) - set(found)):
        adding = insert(Student)
        if connection.dialect.name == "postgresql":
            # The grader of another course may add the same students now. SQLite has one writer.
            adding = postgresql.insert(Student).on_conflict_do_nothing()
        connection.execute(adding, [{"id": student} for student in new])


def complete(
    connection: Connection,
    columns: tuple[InstrumentedAttribute, InstrumentedAttribute],
    wanted: Sequence[tuple[str, str]],
) -> dict[tuple[str, str], str]:
    """{what stands in two columns of a table: the id of the row}, for each such pair; rows that are
    not there are added.
    """
    first, second = columns
    kind = first.class_
    there = select(first, second, kind.id).where(first.in_({one for one, _ in wanted}))
    found = {(one, other): row for one, other, row in connection.execute(there)}
    new = {pair: uuid.uuid4().hex for pair in wanted if pair not in found}
    if new:
        rows = [{"id": new[pair], first.key: pair[0], second.key: pair[1]} for pair in new]
        connection.execute(insert(kind), rows)
    return {pair: (found | new)[pair] for pair in wanted}


def enter_times(connection: Connection, submitted: dict[str, Graded]) -> None:
    """Enters when submissions were handed in, where they say so."""
    texts = {row: one.files.get(TIMESTAMP, b"").decode().strip() for row, one in submitted.items()}
    change(
        connection,
        SubmittedAssignment,
        [{"row": row, "timestamp": parse_utc(text)} for row, text in texts.items() if text],
    )


def change(connection: Connection, kind: type, rows: Sequence[dict], key: str = "id") -> None:
    """Changes rows of a table: each is {"row": its key, column: value}."""
    if rows:
        columns = {name: bindparam(f"new_{name}") for name in rows[0].keys() - {"row"}}
        values = [
            {name if name == "row" else f"new_{name}": one[name] for name in one} for one in rows
        ]
        mine = kind.__table__.c[key] == bindparam("row")
        connection.execute(update(kind.__table__).where(mine).values(columns), values)


def enter_points(
    connection: Connection, scored: dict[str, Scored | None], notebook_of: dict[str, str]
) -> None:
    """Enters {submitted notebook: what it scored}, None where it was not handed in: 0 points, as in
    nbgrader. `notebook_of` says of each which notebook it is.
    """
    cells = defaultdict(list)
    known = select(BaseCell.__table__).where(BaseCell.notebook_id.in_(set(notebook_of.values())))
    for cell in connection.execute(known):
        cells[cell.notebook_id].append(cell)
    cells_of = {one: cells[notebook_of[one]] for one in scored}
    change_grades(connection, scored, rows_for(connection, Grade, WITH_GRADE, cells_of))
    comments = [
        {"row": row, "auto_comment": comment_on(result.unanswered.get(name, False))}
        for one, name, row in rows_for(connection, Comment, WITH_COMMENT, cells_of)
        if (result := scored[one])
    ]
    change(connection, Comment, comments)
    remember(connection, {one: result for one, result in scored.items() if result})


def rows_for(
    connection: Connection, kind: type, kinds: set[str], cells_of: dict[str, list[Row]]
) -> list[tuple[str, str, str]]:
    """(submitted notebook, name of a cell, id of its grade or comment) of each cell of some kinds;
    rows that are not there are added.
    """
    some = [(one, cell) for one, cells in cells_of.items() for cell in cells if cell.type in kinds]
    columns = kind.notebook_id, kind.cell_id
    found = complete(connection, columns, [(one, cell.id) for one, cell in some])
    return [(one, cell.name, found[one, cell.id]) for one, cell in some]


def change_grades(
    connection: Connection, scored: dict[str, Scored | None], rows: Sequence[tuple[str, str, str]]
) -> None:
    """Puts points into the grades, given as (submitted notebook, cell, id of the grade)."""
    mine = Grade.notebook_id.in_(scored)
    # A person who grades at the same time waits, and is not overwritten.
    standing = select(Grade.__table__).where(mine).with_for_update()
    held = {one.id: one for one in connection.execute(standing)}
    seen = remembered(connection, scored)
    changed, dropped = [], []
    for notebook, cell, row in rows:
        now = Standing(held[row].auto_score, held[row].manual_score, held[row].extra_credit)
        flag = held[row].needs_manual_grade
        before, flags = seen.get(notebook, ({}, {}))
        now.needs_manual_grade = flags.get(cell, flag)
        result = scored[notebook]
        if result is None:
            now.auto_score, now.needs_manual_grade = 0.0, False
        elif cell in result.points:
            score(now, result.points[cell], before.get(cell))
        changed.append(
            {
                "row": row,
                "auto_score": now.auto_score,
                "needs_manual_grade": now.needs_manual_grade,
            }
        )
        if (now.manual_score, now.extra_credit) != (held[row].manual_score, held[row].extra_credit):
            dropped.append({"row": row, "manual_score": None, "extra_credit": None})
    change(connection, Grade, changed)
    change(connection, Grade, dropped)


def remembered(connection: Connection, notebooks: Iterable[str]) -> dict[str, tuple[dict, dict]]:
    """{submitted notebook: (digests of what it was scored for last, flags that were withdrawn)}."""
    found = select(Remembered.__table__).where(Remembered.notebook_id.in_(notebooks))
    return {
        one.notebook_id: (json.loads(one.digests), json.loads(one.withdrawn or "{}"))
        for one in connection.execute(found)
    }


def remember(connection: Connection, scored: dict[str, Scored]) -> None:
    """Keeps what submitted notebooks were scored for, and takes the penalties for being late away,
    which are given anew.
    """
    known = remembered(connection, scored)
    new = [{"notebook_id": one, "digests": "{}"} for one in scored if one not in known]
    if new:
        connection.execute(insert(Remembered), new)
    rows = [
        {"row": one, "digests": digests_of(result), "withdrawn": None}
        for one, result in scored.items()
    ]
    change(connection, Remembered, rows, key="notebook_id")
    mine = SubmittedNotebook.id.in_(scored)
    connection.execute(update(SubmittedNotebook).where(mine).values(late_submission_penalty=None))


def withdraw_scores(book: Gradebook, submission: Submission) -> None:
    """Marks what an earlier run graded as open: an old score must not stand for a new submission.
    What a person gave counts again once the same answer can be graded.
    """
    try:
        entry = book.find_submission(submission.assignment, submission.student)
    except MissingEntry:
        return
    for notebook in entry.notebooks:
        seen = book.db.get(Remembered, notebook.id)
        if seen and not seen.withdrawn:
            flags = {grade.name: grade.needs_manual_grade for grade in notebook.grades}
            seen.withdrawn = json.dumps(flags)
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
    book.db.commit()


# --- penalties for being late ---------------------------------------------------------------------


def gives_penalties(course: Course) -> bool:
    """Whether the config takes points off what is late; nbgrader by itself takes none."""
    preprocessor = AssignLatePenalties(config=course.config)
    preprocessor.init_plugin()
    plugin = preprocessor.plugin_inst
    return type(plugin) is not LateSubmissionPlugin or plugin.penalty_method != "none"


def enter_penalties(course: Course, graded: Graded) -> None:
    """Enters the penalty for each notebook of a submission, by the plugin of the config."""
    for notebook in graded.scored:
        about = {
            "notebook": notebook,
            "assignment": graded.record.assignment,
            "student": graded.record.student,
            "db_url": course.db_url,
        }
        nothing = NotebookNode(cells=[])
        AssignLatePenalties(config=course.config).preprocess(nothing, {"nbgrader": about})


# --- reading --------------------------------------------------------------------------------------


def known_students(book: Gradebook, students: Sequence[str]) -> set[str]:
    """Which of these students the grade book knows."""
    return set(book.db.execute(select(Student.id).where(Student.id.in_(students))).scalars())


def given(
    book: Gradebook, assignment: str, students: Sequence[str]
) -> dict[str, dict[str, dict[str, Given]]]:
    """{student: {notebook: {cell: what persons gave}}} of some students, where they gave
    anything.
    """
    grades = select(Grade.manual_score, Grade.extra_credit, Remembered.digests).outerjoin(
        Remembered, Remembered.notebook_id == Grade.notebook_id
    )
    by_hand = or_(Grade.manual_score.is_not(None), Grade.extra_credit.is_not(None))
    comments = select(Comment.manual_comment).where(Comment.manual_comment.is_not(None))
    facts = defaultdict(dict)
    for *key, cell, manual, extra, digests in of_students(
        book, grades.where(by_hand), Grade, assignment, students
    ):
        digest = json.loads(digests or "{}").get(cell)
        facts[*key, cell] |= {"manual_score": manual, "extra_credit": extra, "digest": digest}
    for *key, text in of_students(book, comments, Comment, assignment, students):
        facts[tuple(key)]["comment"] = text
    return nested((key, Given(**values)) for key, values in facts.items())


def shown(book: Gradebook, assignment: str, students: Sequence[str]) -> dict[str, dict[str, Shown]]:
    """{student: {notebook: what its page says}} of some students."""
    scores, comments = (
        nested((key, value) for *key, value in of_students(book, what, kind, assignment, students))
        for what, kind in ((select(Grade.score), Grade), (select(Comment.comment), Comment))
    )
    late = (
        select(
            SubmittedAssignment.student_id,
            Notebook.name,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == assignment, SubmittedAssignment.student_id.in_(students))
    )
    found = defaultdict(dict)
    for student, notebook, penalty in book.db.execute(late):
        found[student][notebook] = Shown(
            scores.get(student, {}).get(notebook, {}),
            comments.get(student, {}).get(notebook, {}),
            penalty or 0,
        )
    return found


def of_students(
    book: Gradebook, what: object, kind: type, assignment: str, students: Sequence[str]
) -> Iterator[Sequence]:
    """(student, notebook, cell, *columns) of grades or comments; `what` selects the columns."""
    rows = (
        what.add_columns(SubmittedAssignment.student_id, Notebook.name, BaseCell.name)
        .join(BaseCell, BaseCell.id == kind.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == assignment, SubmittedAssignment.student_id.in_(students))
    )
    for *values, student, notebook, cell in book.db.execute(rows):
        yield student, notebook, cell, *values


def nested(items: Iterable[tuple[Sequence[str], object]]) -> dict[str, dict[str, dict]]:
    """{a: {b: {c: value}}} from ((a, b, c), value)."""
    made = defaultdict(lambda: defaultdict(dict))
    for (student, notebook, cell), value in items:
        made[student][notebook][cell] = value
    return made
