"""A verdict is shown in its own words: one line, or the lines of a report."""

from autograd_seen.checks.verdicts import Misfit, NotAttempted, NotYet, Passed


def test_a_right_answer_is_one_line():
    assert repr(Passed("1.3")) == "1.3: passed"


def test_a_notebook_shows_the_lines_of_a_report_alone():
    assert NotYet("1.3: f(2) is not right yet\n  got     6")._render_traceback_() == [
        "1.3: f(2) is not right yet",
        "  got     6",
    ]


def test_what_is_not_attempted_is_not_right_yet_and_fails_a_test():
    assert issubclass(NotAttempted, NotYet) and issubclass(NotYet, AssertionError)


def test_a_misfit_says_what_was_got_what_was_wanted_and_why():
    misfit = Misfit("None", "a number", "no `return`")
    assert (misfit.got, misfit.wanted, misfit.likely) == misfit.args
