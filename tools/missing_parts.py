"""What a lesson lacks, each part in a sentence: `python -m tools.missing_parts`."""

import sys
from collections.abc import Iterator

from tools import lesson_table
from tools.lessons import Lesson, lessons, strays


def missing_parts(lesson: Lesson) -> list[str]:
    """A sentence for each part that a lesson lacks, with what to do about it."""
    missing = [*missing_files(lesson), *missing_in_readme(lesson)]
    broken = lesson.broken_parts()
    return [*missing, *(broken or unpaired(lesson))]


def missing_files(lesson: Lesson) -> Iterator[str]:
    """A sentence for each file that a lesson lacks."""
    parts = [
        ("notebook: write", lesson.notebook),
        ("solution: write", lesson.solution),
        ("exercise: `make exercises` makes", lesson.exercise),
        ("keys: `make exercises` makes", lesson.keys),
        ("checks: write", lesson.checks),
        ("oracles: write", lesson.oracles),
        ("wrong answers: write", lesson.wrong_answers),
    ]
    for what, path in parts:
        if not path.exists():
            yield f"{lesson.slug} has no {what} {lesson.place(path)}"


def missing_in_readme(lesson: Lesson) -> Iterator[str]:
    """A sentence if README.md does not lead to a lesson, or does not say what it shows."""
    sights = lesson_table.sights(lesson_table.part(lesson.root).inside())
    if lesson.slug not in sights:
        yield f"{lesson.slug} has no row in README.md: `make refresh` writes it"
    elif sights[lesson.slug] in ("", lesson_table.EMPTY):
        yield (
            f"{lesson.slug} has a row in README.md that does not say what a reader will see: "
            f"write it there, `make refresh` keeps it"
        )


def unpaired(lesson: Lesson) -> Iterator[str]:
    """A sentence for each check without a table or an oracle, and for each of these without a
    check.

    None where one of the files is missing, which is told already.
    """
    files = lesson.checks, lesson.oracles, lesson.wrong_answers
    if not all(path.exists() for path in files):
        return
    checks, tables = lesson.load_checks(), lesson.load_tables()
    asked = [oracle.check.name for oracle in lesson.load_oracles()]
    if not checks:
        yield f"{lesson.place(lesson.checks)} holds no check"
    if not tables:
        yield f"{lesson.place(lesson.wrong_answers)} holds no table"
    no_table = "table, so nothing shows what it rejects: add it to TABLES in"
    no_oracle = "oracle, so nothing says what is right: add it to ORACLES in"
    no_check = "check: add it to"
    pairs = [
        ("check", checks, tables, no_table, lesson.wrong_answers),
        ("check", checks, asked, no_oracle, lesson.oracles),
        ("oracle", asked, checks, no_check, lesson.checks),
        ("table", tables, checks, no_check, lesson.checks),
    ]
    for what, names, partners, lack, path in pairs:
        for name in names:
            if name not in partners:
                yield f"the {what} {name} has no {lack} {lesson.place(path)}"


def main() -> int:
    """Prints what the lessons of this course lack; returns 1 if that is anything."""
    found = [sentence for lesson in lessons() for sentence in missing_parts(lesson)]
    found += strays()
    print("\n".join(found) if found else "no part of a lesson is missing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
