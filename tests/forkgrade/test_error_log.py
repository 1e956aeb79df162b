"""What nbgrader logs is heard, and the line that says what went wrong is found."""

from forkgrade.error_log import ErrorLog, open_log


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


def test_the_cause_is_the_last_line_of_the_first_traceback():
    errors = ErrorLog()
    assert errors.cause("Traceback: …\nValueError: a slip\n") == "ValueError: a slip"
    errors.messages = ["went wrong", "Traceback: …\nKeyError: 1\n", "Traceback: …\nKeyError: 2\n"]
    assert errors.cause("NbGraderException: see the log") == "KeyError: 1"
