"""Asks much of many rows in one test."""

import pytest


def each(rows, ask):
    """Asks for each row of a table, and tells of all that are not as they should be, by name.

    A test for each of some thousand rows would cost more than the rows do.
    """
    errors = []
    for name in rows:
        try:
            ask(name)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"in the row {name!r}")
            errors.append(error)
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} of {len(rows)} rows", errors)
