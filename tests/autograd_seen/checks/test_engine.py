"""A check is tested by what it rejects: each misconception by its own cause, each wrong form by its
name; as a student's copy rejects it, and as the grader does.
"""

import dataclasses
import functools
import itertools
import json

import numpy
import pytest
import torch
from autograd_seen.checks import record
from autograd_seen.checks.engine import as_tuples, check_function, check_value
from autograd_seen.checks.leaves import leaf
from autograd_seen.checks.probing import observe
from autograd_seen.checks.verdicts import Doubted, Misfit, NotAttempted, NotYet
from IPython.core.interactiveshell import InteractiveShell
from plainjudge.answers import agree, numbers_in
from plainjudge.keys import OpenKey, locked
from plainjudge.oracles import question, questions
from plainjudge.verdicts import verdict_on

from tests.rows import each
from tools.lessons import lessons

# What cannot be loaded, and a check without a table, is told by tests/pages/test_lessons.py.
LESSONS = [lesson for lesson in lessons() if not lesson.broken_parts()]
CHECKS = {
    lesson: {one.check.name: one.check for one in lesson.load_oracles()} for lesson in LESSONS
}
TABLES = {lesson: lesson.load_tables() for lesson in LESSONS}
ORACLES = {one.check.number: one for lesson in LESSONS for one in lesson.load_oracles()}
MODULES = {
    check.number: f"autograd_seen.checks.{lesson.name}"
    for lesson in LESSONS
    for check in CHECKS[lesson].values()
}
ALL = [
    pytest.param(check, TABLES[lesson][name], id=f"{check.number}-{name}")
    for lesson in LESSONS
    for name, check in CHECKS[lesson].items()
    if name in TABLES[lesson]
]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
every_check = pytest.mark.parametrize("check, table", ALL)


def told(check, answer, key=None):
    """What a check says of an answer that it must reject."""
    with pytest.raises(NotYet) as caught:
        check(answer, key)
    return str(caught.value)


@functools.cache
def told_of(number, name):
    """What the check of this number says of the row of this name: some train a model, once."""
    check, table = next(of.values for of in ALL if of.values[0].number == number)
    return told(check, table.wrong[name][0])


def is_prediction(check):
    return ORACLES[check.number].draw is None


# --- each exercise has its table ------------------------------------------------------------------


@every_check
def test_a_table_has_three_misconceptions_of_its_own(check, table):
    causes = {told_of(check.number, name).split("likely")[1] for name in table.wrong}
    assert len(causes) >= 3


@each_lesson
def test_a_table_has_a_check(lesson):
    assert list(TABLES[lesson]) == list(CHECKS[lesson])


@each_lesson
def test_checks_are_numbered_in_the_order_of_the_exercises(lesson):
    numbers = [check.number for check in CHECKS[lesson].values()]
    assert numbers == [f"{int(lesson.number)}.{place}" for place in range(1, len(numbers) + 1)]
    assert all(check.name == name for name, check in CHECKS[lesson].items())
    assert list(lesson.load_checks()) == list(CHECKS[lesson])


@every_check
def test_check_accepts(check, table):
    def ask(name):
        assert repr(check(table.right[name])).startswith(f"{check.number}: passed · ")

    each(table.right, ask)


@every_check
def test_check_rejects(check, table):
    def ask(name):
        message = told_of(check.number, name)
        assert table.wrong[name][1] in message.split("likely")[1], message
        heads = [line.split()[0] for line in message.splitlines()[1:]]
        assert heads == ["got", "wanted", "likely"]
        assert max(map(len, message.splitlines())) <= 150  # two lines of a narrow cell

    each(table.wrong, ask)


@every_check
def test_each_cause_is_drawn_out_by_a_row(check, table):
    messages = [told_of(check.number, name) for name in table.wrong]
    causes = ORACLES[check.number].wrong
    assert not [cause for cause in causes if not any(cause in message for message in messages)]


@every_check
def test_a_case_tells_any_two_causes_apart(check, table):
    key = ORACLES[check.number].values(check.cases)
    for one, other in itertools.combinations([key.wanted, *key.wrong.values()], 2):
        pairs = zip(one, other, strict=True)
        assert not all(agree(value, wrong, partly=True) for value, wrong in pairs)


@every_check
def test_a_prediction_stays_one(check, table):
    if is_prediction(check):
        for name in table.wrong:
            lines = told_of(check.number, name).splitlines()
            assert "yours to find" in lines[2], name


# --- as the grader judges -------------------------------------------------------------------------

SECRETS = [b"one course", b"another"]


@functools.cache
def asked_over_the_line(number, secret):
    """What the grader asks, as a line of JSON."""
    return json.dumps(question(ORACLES[number], "salt", secret))


def judged(check, answer, secret):
    """The verdict of the grader: over a line of JSON, on the visible cases and on drawn ones."""
    asked = json.loads(asked_over_the_line(check.number, secret))
    cases = [one["cases"] for one in asked["rounds"]]
    probe = {"module": MODULES[check.number], "check": asked["check"], "rounds": cases}
    return verdict_on(asked, json.loads(json.dumps(observe(probe, {check.name: answer}))))


def secrets_asked(pytestconfig):
    return SECRETS if pytestconfig.getoption("--all-mutations") else SECRETS[:1]


@every_check
def test_the_grader_accepts(check, table, pytestconfig):
    def ask(name):
        for secret in secrets_asked(pytestconfig):
            verdict = judged(check, table.right[name], secret)
            assert verdict.passed, verdict.text

    each(table.right, ask)


@every_check
def test_the_grader_rejects(check, table, pytestconfig):
    def ask(name):
        answer, cause = table.wrong[name]
        for secret in secrets_asked(pytestconfig):
            verdict = judged(check, answer, secret)
            assert not verdict.passed and cause in verdict.text.split("likely")[1], verdict.text

    each(table.wrong, ask)


@each_lesson
def test_any_secret_tells_each_misconception_from_the_right_answer(lesson, pytestconfig):
    oracles = lesson.load_oracles()
    for number in range(1000 if pytestconfig.getoption("--all-mutations") else 20):
        asked = questions(oracles, lesson.slug, b"%d" % number)  # or it raises Undrawable
        assert len(asked) == len(oracles)


@every_check
def test_what_runs_beside_an_answer_holds_no_key(check, table):
    secret = json.dumps(question(ORACLES[check.number], "salt", b"one course"))
    assert '"key"' in secret and set(vars(check)) == {
        *("number", "name", "cases", "evaluate", "template", "hints")
    }


# --- wrong forms of a right value -----------------------------------------------------------------

#: Wrong forms of numbers: how a right value is turned into one, and what is told.
FORMS = {
    "None": (lambda v: None, "no `return`"),
    "str": (lambda v: str(v), "type str"),
    "shape": (lambda v: torch.stack([torch.as_tensor(v, dtype=torch.float32)] * 2), "shape (2"),
    "int_tensor": (lambda v: torch.as_tensor(v).detach().to(torch.int64), "torch.int64"),
    "complex": (lambda v: torch.as_tensor(v).to(torch.complex64), "of complex64"),
    "nan": (lambda v: torch.as_tensor(v) * float("nan"), "not a number"),
    "detached": (lambda v: torch.as_tensor(v, dtype=torch.float32).detach(), None),
}
#: Right forms of numbers.
ACCEPTED = {
    "float64": lambda v: torch.as_tensor(v, dtype=torch.float64),
    "float16": lambda v: torch.as_tensor(v, dtype=torch.float16),
    "numpy": lambda v: numpy.asarray(v.tolist() if torch.is_tensor(v) else v, dtype="float32"),
    "numpy_scalar": lambda v: (
        numpy.float32(v)
        if numpy.ndim(v) == 0
        else [numpy.asarray(part, "float64")[()] for part in v]
    ),
    "one_element": lambda v: torch.atleast_1d(torch.as_tensor(v, dtype=torch.float32)),
    "nearly": lambda v: torch.as_tensor(v, dtype=torch.float64) * (1 + 3e-5),
}


def is_numeric(check):
    return numbers_in(ORACLES[check.number].values(check.cases).wanted[0]) is not None


NUMERIC = [of for of in ALL if is_numeric(of.values[0])]


def turned(check, answer, turn):
    """An answer whose value has another form."""
    return turn(answer) if is_prediction(check) else lambda *case: turn(answer(*case))


@pytest.mark.parametrize("check, table", NUMERIC)
def test_a_wrong_form_is_named(check, table):
    def ask(form):
        turn, words = FORMS[form]
        words = table.forms.get(
            form, "not attempted yet" if form == "None" and is_prediction(check) else words
        )
        answer = turned(check, next(iter(table.right.values())), turn)
        is_whole = form == "int_tensor" and isinstance(ORACLES[check.number].right, int)
        if words is None or is_whole:
            check(answer)
        else:
            assert words in told(check, answer)

    each(FORMS, ask)


@pytest.mark.parametrize(
    "check, table", [of for of in NUMERIC if "detached" not in of.values[1].forms]
)
def test_a_right_form_is_accepted(check, table):
    plain = next(iter(table.right.values()))

    def ask(form):
        turn = ACCEPTED[form]
        check(turned(check, plain, lambda v: turn(v.detach() if torch.is_tensor(v) else v)))

    # Nobody types a guess in half precision, and a locked key knows one tolerance.
    each(ACCEPTED.keys() - {"float16"} if is_prediction(check) else ACCEPTED, ask)


DICTS = [of for of in ALL if isinstance(next(iter(of.values[1].right.values())), dict)]


@pytest.mark.parametrize("check, table", DICTS)
def test_a_wrong_form_of_a_dict_is_named(check, table):
    right = next(iter(table.right.values()))
    first = next(iter(right))
    assert f"{first}: type NoneType" in told(check, {**right, first: None})
    other = 7 if isinstance(right[first], str | bool) else "seven"
    assert f"{first}: type {type(other).__name__}" in told(check, {**right, first: other})
    assert f"look at {first}" in told(
        check, {name: value for name, value in right.items() if name != first}
    )
    assert "look at more" in told(check, {**right, "more": right[first]})
    assert "type list" in told(check, list(right.values()))
    left = f": still `...` at {first}" if len(right) > 1 else ""
    assert told(check, {**right, first: ...}) == f"{check.number}: not attempted yet{left}"


FUNCTIONS = [of for of in ALL if not is_prediction(of.values[0])]


@pytest.mark.parametrize("check, table", FUNCTIONS)
def test_a_typed_in_answer_is_rejected(check, table):
    assert len(check.cases) > 1
    held = []

    def typed_in(*case):
        held.append(next(iter(table.right.values()))(*case))
        return held[0]

    told(check, typed_in)


@pytest.mark.parametrize("check, table", FUNCTIONS)
def test_an_answer_that_raises_is_reported_with_the_line(check, table):
    def raises(*case):
        raise ValueError("no such luck")

    message = told(check, raises)
    assert (
        "ValueError: no such luck" in message
        and 'stops at `raise ValueError("no such luck")`' in message
    )
    assert "a function was wanted" in told(check, 4.2)


# --- untouched ------------------------------------------------------------------------------------


def empty(*case):
    """What is left of a function when its solution is taken out."""


def with_dots(*case):
    local = ...
    return local


def goes_on_with_dots(*case):
    return 2.0 * ...


def unpacks_dots(*case):
    first, second = ...
    return first, second


def stub_of_nbgrader(*case):
    raise NotImplementedError()


UNTOUCHED = [empty, with_dots, goes_on_with_dots, unpacks_dots, stub_of_nbgrader, ..., [...]]


@every_check
def test_an_untouched_answer_is_not_attempted(check, table):
    def ask(answer):
        with pytest.raises(NotAttempted) as caught:
            check(answer)
        assert str(caught.value) == f"{check.number}: not attempted yet"

    each([...] if is_prediction(check) else UNTOUCHED, ask)


@every_check
def test_none_is_not_attempted(check, table):
    with pytest.raises(NotAttempted, match="not attempted yet"):
        check(None)


HALF = check_function("9.9", "half", cases=[3.0, 5.0])
HALF_KEY = OpenKey([1.5, 2.5], {"doubled": [6.0, 10.0]})


def test_a_body_that_forgets_its_return_was_attempted():
    def half(x):
        half = x / 2  # noqa: F841

    assert "no `return`" in told(HALF, half, HALF_KEY)
    assert "one answer for every input" in told(HALF, lambda x: 1.5, HALF_KEY)


def test_a_written_loop_that_leaves_the_dots_is_told_what_is_missing():
    def half(x):
        found = ...
        for _ in range(3):
            y = x / 2  # noqa: F841
        return found

    assert "none of them sets `found`" in told(HALF, half, HALF_KEY)


def test_an_error_that_only_looks_like_a_stub_is_reported():
    def half(x):
        raise NotImplementedError("no backward here")

    assert "NotImplementedError: no backward here" in told(HALF, half, HALF_KEY)


# --- how far one is -------------------------------------------------------------------------------

RECEIVES, TWO_STEPS, *_ = CHECKS[LESSONS[0]].values()


@pytest.fixture
def session(monkeypatch):
    """A kernel in which nothing is passed yet."""
    monkeypatch.setattr(record, "_session", record.Session())


def test_each_verdict_tells_how_far_one_is(session):
    right = {"w": True, "x": False, "b": True}
    assert RECEIVES(right).so_far == RECEIVES(right).so_far == "1 of 7 · 2 of 16 points"
    assert TWO_STEPS(15).so_far == "2 of 7 · 4 of 16 points"
    for answer in (13.75, ...):
        TWO_STEPS(15)
        with pytest.raises(NotYet) as caught:
            TWO_STEPS(answer)
        assert "1 of 7 · 2 of 16 points" in caught.value._render_traceback_()[-1]
    assert RECEIVES(right).so_far == "1 of 7 · 2 of 16 points"


def test_right_parts_of_a_prediction_are_told_with_their_worth(session):
    with pytest.raises(NotYet) as caught:
        RECEIVES({"w": True, "x": True, "b": True})
    assert caught.value._render_traceback_()[-2:] == [
        "  so far  0 of 7 · 0 of 16 points",
        "          2 of 3 right here, for 1.33 of 2 points when graded",
    ]


def test_right_parts_of_a_prediction_that_is_still_open_are_told_as_they_will_count(session):
    with pytest.raises(NotAttempted) as caught:
        RECEIVES({"w": True, "x": False, "b": ...})
    opening, parts = caught.value._render_traceback_()
    assert opening.startswith("1.1: not attempted yet: still `...` at b · 0 of 7")
    assert parts == "2 of 3 right here, for 1.33 of 2 points when graded"


def test_a_prediction_that_is_all_open_is_told_in_one_line(session):
    with pytest.raises(NotAttempted) as caught:
        RECEIVES({"w": ..., "x": ..., "b": ...})
    assert caught.value._render_traceback_() == ["1.1: not attempted yet · 0 of 7 · 0 of 16 points"]


def test_a_misfit_of_a_prediction_leaves_its_right_parts_their_points(session):
    def in_capitals(answer):
        if answer["b"].islower():
            raise Misfit("a small letter", "", "write it large")
        return answer

    check = dataclasses.replace(RECEIVES, evaluate=in_capitals)
    with pytest.raises(NotYet) as caught:
        check({"w": "ONE", "b": "two"}, locked("salt", {"w": "ONE", "b": "TWELVE"}, {}))
    assert "likely  write it large" in str(caught.value)
    assert "1 of 2 right here" in caught.value.so_far


def test_a_solution_opens_once_its_check_has_passed(session):
    closed = "1.2: the solution can be opened once check.two_steps(two_steps) has passed"
    assert repr(TWO_STEPS.solution()) == closed
    TWO_STEPS(15)
    assert "two_steps = 15" in TWO_STEPS.solution()
    told(TWO_STEPS, 13.75)
    assert repr(TWO_STEPS.solution()) == closed


# --- the engine -----------------------------------------------------------------------------------


def test_a_notebook_shows_a_failing_check_in_its_own_words_only(capsys):
    def check(answer):
        HALF(answer, HALF_KEY)

    shell = InteractiveShell()
    shell.push({"check": check, "double": lambda x: 2 * x, "empty": empty})
    result = shell.run_cell("check(empty)")
    assert isinstance(result.error_in_exec, NotAttempted)
    assert capsys.readouterr().out.strip() == "9.9: not attempted yet"
    shell.run_cell("check(double)")
    assert capsys.readouterr().out.strip().splitlines() == [
        "9.9: half(3) is not right yet",
        "  got     6",
        "  wanted  1.5",
        "  likely  doubled",
    ]


def test_a_doubted_value_is_refused_where_it_is_right():
    doubt = Misfit("one call", "two calls", "a call too few")
    check = check_function("9.9", "f", [2.0], evaluate=lambda f, x: Doubted(f(x), doubt))
    key = OpenKey([4.0], {"half": [1.0]})
    assert told(check, lambda x: x * x, key).endswith("likely  a call too few")
    assert told(check, lambda x: x / 2, key).endswith("likely  half")


def test_asking_ends_at_the_first_case_without_a_value():
    asked = []

    def half(x):
        asked.append(x)
        return None if x == 3.0 else x / 2

    assert HALF.observed(half, [(5.0,), (3.0,), (7.0,)])[0] == {"value": 2.5}
    assert asked == [5.0, 3.0]


def test_a_check_may_name_what_no_value_shows():
    def evaluate(f, x):
        x = leaf(x)
        if f(x).requires_grad:
            raise Misfit("a tracked tensor", "an untracked one", "detach() is missing")
        return 2.0

    check, key = check_function("9.9", "f", [2.5], evaluate), OpenKey([2.0], {})
    check(lambda x: x.detach(), key)
    assert told(check, lambda x: x, key) == (
        "9.9: f(2.5) is not right yet\n"
        "  got     a tracked tensor\n"
        "  wanted  an untracked one\n"
        "  likely  detach() is missing"
    )


def test_a_warning_of_pytorch_tells_why_none_came_back():
    def middle(x):
        y = leaf(x) ** 2
        y.backward()
        return y.grad

    assert "read the .grad of the leaf" in told(HALF, middle, HALF_KEY)
    check = check_function("9.9", "half", [3.0], hints={"not a leaf": "ask y to keep it"})
    assert told(check, middle, OpenKey([1.5], {})).endswith("likely  ask y to keep it")


def test_a_power_written_as_elsewhere_is_named():
    for answer in (lambda x: x ^ 2, lambda x: leaf(x) ^ 2):
        assert told(HALF, answer, HALF_KEY).endswith(
            "likely  Python writes powers with **: x**2, not x^2"
        )


def test_a_name_that_is_not_there_is_named():
    def misspelt(x):
        doubled = 2 * x  # noqa: F841
        return doubeld / 4  # noqa: F821

    assert told(HALF, misspelt, HALF_KEY).endswith("there is no doubeld: did you mean doubled?")
    assert told(HALF, lambda x: of_an_earlier_cell(x), HALF_KEY).endswith(  # noqa: F821
        "there is no of_an_earlier_cell: mistyped, or the cell that makes it has not run"
    )


def test_a_cause_that_is_not_known_is_called_unknown():
    def raises(x):
        raise ValueError("no such luck")

    assert told(HALF, raises, HALF_KEY).endswith("likely  unknown: open the hint")
    assert told(HALF, lambda x: x + 0.7, HALF_KEY).endswith("likely  unknown: open the hint")


PATCHED = ["isclose", "allclose", "equal", "tensor", "as_tensor", "finfo"]


@pytest.mark.parametrize("patched", PATCHED)
def test_a_patched_torch_changes_no_judgement(monkeypatch, patched, pytestconfig):
    monkeypatch.setattr(torch, patched, lambda *a, **k: True)
    monkeypatch.setattr(torch.testing, "assert_close", lambda *a, **k: None)
    for method in ("tolist", "item", "detach", "__eq__"):
        monkeypatch.setattr(torch.Tensor, method, lambda *a: True)
    everything = pytestconfig.getoption("--all-mutations")
    # By default each check meets one of the patches.
    for of in ALL if everything else ALL[PATCHED.index(patched) :: len(PATCHED)]:
        check, table = of.values
        for answer, _ in itertools.islice(table.wrong.values(), None if everything else 2):
            with pytest.raises(NotYet):
                check(answer)


def test_cases_are_tuples():
    assert as_tuples([1.5, [2.0], (3.0, 4.0)]) == ((1.5,), ([2.0],), (3.0, 4.0))


def test_a_check_is_shown_without_what_it_asks():
    assert repr(HALF) == "Check(number='9.9', name='half')"


def test_a_prediction_is_as_it_is():
    check, key = check_value("9.9", "roles"), locked("salt", {"x": True, "y": False}, {})
    assert repr(check({"x": numpy.True_, "y": torch.tensor(False)}, key)) == "9.9: passed"
    assert "yours to find" in told(check, {"x": True, "y": True}, key)


def test_a_template_names_a_case():
    check = check_function("9.9", "f", [(2.5, 3)], template="f, {1} times, from {0}")
    assert check.shown((2.5, 3)) == "f, 3 times, from 2.5"
    check = check_function("9.9", "f", [([1.0], 3)], template=lambda x, n: f"f of {len(x)}")
    assert check.shown(([1.0], 3)) == "f of 1"
    assert HALF.shown((3.0,)) == "half(3)" and check_value("9.9", "guess").shown(()) == "guess"
