"""A verdict is shown in its own words: one line, or the lines of a report."""

from autograd_seen.checks.verdicts import PLATE, Misfit, NotAttempted, NotYet, Passed


def test_a_right_answer_is_one_line():
    assert repr(Passed("1.3")) == "1.3: passed"


def test_a_right_answer_tells_how_far_one_is_and_is_green_where_it_can_be():
    passed = Passed("1.3", "3 of 7 · 7 of 16 points\nmy/<file> was broken")
    assert repr(passed) == "1.3: passed · 3 of 7 · 7 of 16 points\nmy/<file> was broken"
    shown = passed._repr_html_()
    assert "✓ 1.3 passed</span> 3 of 7 · 7 of 16 points<br>my/&lt;file&gt; was broken" in shown
    assert "background" in PLATE and PLATE in shown


def test_what_is_green_can_be_read_on_any_page():
    """Its ground is its own: white on it, and it on a light or a dark page, as WCAG asks."""
    colours = dict(part.split(":") for part in PLATE.split(";"))
    ground, ink = luminance(colours["background"]), luminance(colours["color"])
    assert contrast(ground, ink) >= 4.5
    for page in ("#fff", "#111"):
        assert contrast(ground, luminance(page)) >= 3


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_a_verdict_that_is_not_right_ends_in_how_far_one_is():
    wrong, none = NotYet("1.3: f(2) is not right yet\n  got     6"), NotAttempted("1.4: not yet")
    for verdict in (wrong, none):
        verdict.so_far = "3 of 7 · 7 of 16 points"
    assert wrong._render_traceback_()[1:] == ["  got     6", "  so far  3 of 7 · 7 of 16 points"]
    assert none._render_traceback_() == ["1.4: not yet · 3 of 7 · 7 of 16 points"]
    assert str(none) == "1.4: not yet"


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
