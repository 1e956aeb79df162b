"""No two rows of errors are mistaken for one another."""

import re

import pytest
from autograd_seen.error_rows import ROWS
from autograd_seen.explained import rows_for


@pytest.mark.parametrize(("kind", "message", "sections"), ROWS)
def test_a_message_leads_to_its_own_row_alone(kind, message, sections):
    (row,) = rows_for(re.sub("…", "[7, 8]", f"{kind}: {message}"))
    assert (row.kind, row.message) == (kind, message)
    assert [(one.lesson, one.heading) for one in row.sections] == list(sections)
    # Neither its beginning nor its end is enough.
    assert not rows_for(message[:12]) and not rows_for(message[4:])
