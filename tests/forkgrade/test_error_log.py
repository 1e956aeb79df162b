"""What nbgrader logs is heard, and the line that says what went wrong is found."""

from forkgrade.error_log import ErrorLog, first_line, open_log, own_failure


def test_errors_are_heard_and_nothing_less():
    with open_log() as (log, errors):
        log.warning("removing an old file")
        log.error("%s failed", "a cell")
    assert errors.messages == ["a cell failed"]


def test_errors_go_to_the_end_of_a_file_too(tmp_path):
    path = tmp_path / "log.txt"
    for text in "first", "caf\udce9":
        with open_log(path) as (log, _):
            log.warning("not this")
            log.error("%s", text)
    assert path.read_text(encoding="utf-8") == "first\ncaf\\udce9\n"


def test_where_nothing_goes_wrong_there_is_no_file(tmp_path):
    with open_log(tmp_path / "log.txt") as (log, _):
        log.warning("removing an old file")
    assert not list(tmp_path.iterdir())


def test_the_cause_is_in_the_first_traceback():
    errors = ErrorLog()
    assert errors.cause("Traceback: …\nValueError: a slip\n") == "ValueError: a slip"
    errors.messages = ["went wrong", "Traceback: …\nKeyError: 1\n", "Traceback: …\nKeyError: 2\n"]
    assert errors.cause("NbGraderException: see the log") == "KeyError: 1"


def test_of_a_long_message_the_first_line_is_the_cause():
    text = 'Traceback:\n  File "a", line 1, in f\n    f()\n    ^^^\n  File "b", line 2\n    g()\n'
    assert ErrorLog().cause(text + "DatabaseError: locked\n\n[SQL: …]\n7\n") == (
        "DatabaseError: locked"
    )


def test_an_error_is_told_by_its_first_line_or_its_class():
    assert first_line(OSError("\nno such table.\n[SQL: …]")) == "no such table"
    assert first_line(KeyError()) == "KeyError"


def test_a_failure_of_the_graders_own_says_what_to_do_in_a_short_sentence():
    text = own_failure("KeyError: 7" + "x" * 1000)
    assert text.startswith("the grader failed on it (KeyError: 7x") and len(text) < 400
    assert "grade again" in text and "log.txt" in text
