"""Who is in the course: what each platform knows of a student, and the student's name in the
course.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forkgrade.tables import BadTable, Table, read_table

#: What is known of a student: (kind, value). The kinds are student (the name in the course), id
#: (the platform's own number), sid (the school's), login, email, name, and file (a file's name).
Key = tuple[str, str]

#: {what a column is called: its kind}: in Canvas' grade book, in Moodle's grading worksheet and
#: list of participants, in Gradescope's roster, and in one of the instructor's own.
COLUMNS = {
    "id": "id",
    "identifier": "id",
    "sis user id": "sid",
    "id number": "sid",
    "sid": "sid",
    "student id": "sid",
    "sis login id": "login",
    "login": "login",
    "username": "login",
    "email": "email",
    "email address": "email",
    "name": "name",
    "full name": "name",
    "file": "file",
    "student": "student",
}
FIRST, LAST = ("first name", "firstname"), ("last name", "lastname", "surname")
#: A student who has no name in the course is called by the first of these that is known.
CALLED_BY = ("student", "login", "email", "sid", "id", "name")


@dataclass(frozen=True)
class Student:
    """One student of a roster.

    Attributes:
        name: the student's name in the course, which is that of a folder.
        keys: what is known of the student, in normal form.
        row: which row of the roster it stands in, from 0.
    """

    name: str
    keys: frozenset[Key]
    row: int


class Roster:
    """The students of a course, to be found by what is known of them."""

    def __init__(self, students: Iterable[Student]):
        self.students = list(students)
        self.by_key: dict[Key, set[Student]] = defaultdict(set)
        for student in self.students:
            for key in student.keys:
                self.by_key[key].add(student)

    def find(self, levels: Iterable[Sequence[Key]]) -> tuple[Student | None, str]:
        """(the student who is meant, "") or (None, why nobody is).

        The first level of which any key is known decides; all keys of it that are known must
        mean the same student.
        """
        for level in levels:
            known = {key: found for key in level if (found := self.by_key.get(normal(key)))}
            if not known:
                continue
            meant = set.intersection(*known.values())
            if len(meant) == 1:
                return meant.pop(), ""
            names = sorted({student.name for found in known.values() for student in found})
            words = " and ".join(sorted({value for _, value in known}))
            return None, f"{words} can mean {' or '.join(names)} of the roster"
        return None, "is nobody's of the roster"


def read_roster(path: Path) -> Roster:
    """The students of a CSV file. Raises BadTable."""
    return roster_of(read_table(path), str(path))


def roster_of(table: Table, path: str) -> Roster:
    """The students of a table that was read from a path. Raises BadTable."""
    header = [name.casefold() for name in table.header]
    kinds = kinds_of(header)
    if not {"id", "sid", "login", "email", "name", "file"} & set(kinds):
        raise BadTable(
            f"{path} has the columns {', '.join(table.header)}: expected a roster of Canvas, "
            "Moodle or Gradescope, or the columns student and id, email, name or file"
        )
    students, names = [], set()
    for number, row in enumerate(table.rows):
        if is_canvas(header) and not row[header.index("id")].strip():
            continue  # the points possible, and which columns are posted by hand
        known = known_of(row, kinds, header)
        name = next((known[kind] for kind in CALLED_BY if known.get(kind)), "")
        if not name:
            continue
        if name.casefold() in names:
            raise BadTable(f"{path} calls two students {name}: give each a name of its own")
        names.add(name.casefold())
        keys = frozenset(keys_of(known | {"student": name}, own="student" in kinds))
        students.append(Student(name, keys, number))
    return Roster(students)


def is_canvas(header: Sequence[str]) -> bool:
    """Whether a table is Canvas' grade book; the header is in small letters."""
    names = tuple(header[:3])
    named = names[:2] == ("student", "id") or names == ("lastname", "firstname", "id")
    return named and "section" in header


def kinds_of(header: Sequence[str]) -> list[str]:
    """The kind of each column, or ""; the header is in small letters."""
    kinds = [COLUMNS.get(name, "") for name in header]
    if is_canvas(header):
        end = header.index("section")
        kinds = [
            "name" if kind == "student" else kind if place < end else ""
            for place, kind in enumerate(kinds)
        ]
    if any(name in FIRST for name in header) and any(name in LAST for name in header):
        kinds = [
            "name" if name in FIRST + LAST else kind
            for name, kind in zip(header, kinds, strict=True)
        ]
    return kinds


def known_of(row: Sequence[str], kinds: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    """{kind: what a row says of it}; first and last name are one name."""
    known: dict[str, str] = {}
    for kind, column, cell in zip(kinds, header, row, strict=True):
        if not kind or not cell.strip():
            continue
        value = " ".join(cell.split())
        if column in LAST and known.get("name"):
            known["name"] = f"{known['name']} {value}"
        elif column in FIRST and known.get("name"):
            known["name"] = f"{value} {known['name']}"
        elif column == "identifier":  # "Participant 123", in any language
            known[kind] = re.sub(r".*?(\d+)$", r"\1", value)
        else:
            known.setdefault(kind, value)
    return known


def keys_of(known: dict[str, str], own: bool) -> Iterable[Key]:
    """The keys of a student, in normal form. In a roster of the instructor's `own` an id may be
    anybody's: the platform's or the school's.
    """
    for kind, value in known.items():
        if kind == "name":
            yield from (("name", one) for one in rotations(value))
        else:
            yield normal((kind, value))
        if kind == "id" and own:
            yield normal(("sid", value))


def normal(key: Key) -> Key:
    """A key in the form in which keys are compared: without capitals, names without spaces too.

    >>> normal(("name", "O'Neil, Zoë"))
    ('name', 'oneilzoë')
    """
    kind, value = key
    value = unicodedata.normalize("NFKC", value).strip().casefold()
    return kind, re.sub(r"[\W_]", "", value) if kind == "name" else value


def rotations(name: str) -> list[str]:
    """The normal forms of a name, whichever of its words comes first: platforms write the last
    name before or behind.

    >>> rotations("Ada King Lovelace")
    ['adakinglovelace', 'kinglovelaceada', 'lovelaceadaking']
    """
    words = name.replace("_", " ").split()[:20]
    turned = [" ".join(words[start:] + words[:start]) for start in range(len(words))]
    return [normal(("name", one))[1] for one in turned]
