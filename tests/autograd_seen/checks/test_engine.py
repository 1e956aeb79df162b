"""A check is tested by what it rejects: each misconception by its own cause, each wrong form by its
name.
"""

import itertools
import math

import numpy
import pytest
import torch
from autograd_seen.checks import record
from autograd_seen.checks.answers import agree, numbers_in
from autograd_seen.checks.engine import as_tuples, check_function, check_value, tabulated
from autograd_seen.checks.leaves import leaf
from autograd_seen.checks.verdicts import Misfit, NotAttempted, NotYet
from IPython.core.interactiveshell import InteractiveShell

from tools.lessons import lessons

# What cannot be loaded, and a check without a table, is told by tests/pages/test_lessons.py.
LESSONS = [lesson for lesson in lessons() if not lesson.broken_parts()]
CHECKS = {lesson: lesson.load_checks() for lesson in LESSONS}
TABLES = {lesson: lesson.load_tables() for lesson in LESSONS}
ALL = [
    pytest.param(check, TABLES[lesson][name], id=f"{check.number}-{name}")
    for lesson in LESSONS
    for name, check in CHECKS[lesson].items()
    if name in TABLES[lesson]
]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
every_check = pytest.mark.parametrize("check, table", ALL)


def rows(kind):
    return [
        pytest.param(of.values[0], row, id=f"{of.id}-{name}")
        for of in ALL
        for name, row in getattr(of.values[1], kind).items()
    ]


def told(check, answer):
    """What a check says of an answer that it must reject."""
    with pytest.raises(NotYet) as caught:
        check(answer)
    return str(caught.value)


# --- each exercise has its table ------------------------------------------------------------------


@every_check
def test_a_table_has_three_misconceptions_of_its_own(check, table):
    causes = {told(check, answer).split("likely")[1] for answer, _ in table.wrong.values()}
    assert len(causes) >= 3


@each_lesson
def test_a_table_has_a_check(lesson):
    assert list(TABLES[lesson]) == list(CHECKS[lesson])


@each_lesson
def test_checks_are_numbered_in_the_order_of_the_exercises(lesson):
    numbers = [check.number for check in CHECKS[lesson].values()]
    assert numbers == [f"{int(lesson.number)}.{place}" for place in range(1, len(numbers) + 1)]
    assert all(check.name == name for name, check in CHECKS[lesson].items())


@pytest.mark.parametrize("check, answer", rows("right"))
def test_check_accepts(check, answer):
    assert repr(check(answer)).startswith(f"{check.number}: passed · ")


@pytest.mark.parametrize("check, row", rows("wrong"))
def test_check_rejects(check, row):
    answer, cause = row
    message = told(check, answer)
    assert cause in message.split("likely")[1], message
    assert [line.split()[0] for line in message.splitlines()[1:]] == ["got", "wanted", "likely"]
    assert max(map(len, message.splitlines())) <= 120


@every_check
def test_each_cause_is_drawn_out_by_a_row(check, table):
    messages = [told(check, answer) for answer, _ in table.wrong.values()]
    assert not [
        cause for cause in check.misconceptions if not any(cause in message for message in messages)
    ]


@every_check
def test_a_case_tells_any_two_causes_apart(check, table):
    oracles = [check.oracle, *check.misconceptions.values()]
    for one, other in itertools.combinations(oracles, 2):
        pairs = zip(tabulated(one, check.cases), tabulated(other, check.cases), strict=True)
        assert not all(agree(value, wrong, partly=True) for value, wrong in pairs)


@every_check
def test_a_prediction_stays_one(check, table):
    if check.hide_answer:
        answers = {name: answer for name, (answer, _) in table.wrong.items()}
        for name, answer in answers.items():
            lines = told(check, answer).splitlines()
            assert "yours to find" in lines[2], name


# --- wrong forms of a right value -----------------------------------------------------------------

#: Wrong forms of numbers: how a right value is turned into one, and what is told.
FORMS = {
    "None": (lambda v: None, "no `return`"),
    "str": (lambda v: str(v), "type str"),
    "shape": (lambda v: torch.stack([torch.as_tensor(v, dtype=torch.float32)] * 2), "shape (2"),
    "int_tensor": (lambda v: torch.as_tensor(v).detach().to(torch.int64), "torch.int64"),
    "complex": (lambda v: torch.as_tensor(v).to(torch.complex64), "torch.complex64"),
    "nan": (lambda v: torch.as_tensor(v) * float("nan"), "not a number"),
    "detached": (lambda v: torch.as_tensor(v, dtype=torch.float32).detach(), None),
}
#: Right forms of numbers.
ACCEPTED = {
    "float64": lambda v: torch.as_tensor(v, dtype=torch.float64),
    "float16": lambda v: torch.as_tensor(v, dtype=torch.float16),
    "bfloat16": lambda v: torch.as_tensor(v, dtype=torch.bfloat16),
    "numpy": lambda v: numpy.asarray(v.tolist() if torch.is_tensor(v) else v, dtype="float32"),
    "numpy_scalar": lambda v: (
        numpy.float32(v) if numpy.ndim(v) == 0 else [numpy.float64(part) for part in v]
    ),
    "one_element": lambda v: torch.as_tensor(v, dtype=torch.float32).reshape(-1),
    "nearly": lambda v: torch.as_tensor(v, dtype=torch.float64) * (1 + 3e-5),
}


def is_numeric(check):
    return numbers_in(tabulated(check.oracle, check.cases)[0]) is not None


NUMERIC = [of for of in ALL if is_numeric(of.values[0])]


def turned(check, answer, turn):
    """An answer whose value has another form."""
    return turn(answer) if check.hide_answer else lambda *case: turn(answer(*case))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("check, table", NUMERIC)
def test_a_wrong_form_is_named(check, table, form):
    turn, words = FORMS[form]
    words = table.forms.get(
        form, "not attempted yet" if form == "None" and check.hide_answer else words
    )
    answer = turned(check, next(iter(table.right.values())), turn)
    if words is None or (form == "int_tensor" and isinstance(check.oracle, int)):
        check(answer)
    else:
        assert words in told(check, answer)


@pytest.mark.parametrize("form", ACCEPTED)
@pytest.mark.parametrize(
    "check, table", [of for of in NUMERIC if "detached" not in of.values[1].forms]
)
def test_a_right_form_is_accepted(check, table, form):
    plain = next(iter(table.right.values()))
    check(turned(check, plain, lambda v: ACCEPTED[form](v.detach() if torch.is_tensor(v) else v)))


DICTS = [of for of in ALL if isinstance(next(iter(of.values[1].right.values())), dict)]


@pytest.mark.parametrize("check, table", DICTS)
def test_a_wrong_form_of_a_dict_is_named(check, table):
    right = next(iter(table.right.values()))
    first = next(iter(right))
    assert f"{first}: type NoneType" in told(check, {**right, first: None})
    assert f"{first}: type int" in told(check, {**right, first: 7})
    assert f"look at {first}" in told(
        check, {name: value for name, value in right.items() if name != first}
    )
    assert "look at more" in told(check, {**right, "more": right[first]})
    assert "type list" in told(check, list(right.values()))
    assert told(check, {**right, first: ...}) == f"{check.number}: not attempted yet"


FUNCTIONS = [of for of in ALL if not of.values[0].hide_answer]


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


@pytest.mark.parametrize(
    "answer", [empty, with_dots, goes_on_with_dots, unpacks_dots, stub_of_nbgrader, ..., [...]]
)
@every_check
def test_an_untouched_answer_is_not_attempted(check, table, answer):
    with pytest.raises(NotAttempted) as caught:
        check(... if check.hide_answer else answer)
    assert str(caught.value) == f"{check.number}: not attempted yet"


@every_check
def test_none_is_not_attempted(check, table):
    with pytest.raises(NotAttempted, match="not attempted yet"):
        check(None)


HALF = check_function(
    "9.9", "half", lambda x: x / 2, {"doubled": lambda x: 2 * x}, cases=[3.0, 5.0]
)


def test_a_body_that_forgets_its_return_was_attempted():
    def half(x):
        half = x / 2  # noqa: F841

    assert "no `return`" in told(HALF, half)
    assert "one answer for every input" in told(HALF, lambda x: 1.5)


def test_an_error_that_only_looks_like_a_stub_is_reported():
    def half(x):
        raise NotImplementedError("no backward here")

    assert "NotImplementedError: no backward here" in told(HALF, half)


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


def test_a_hidden_test_tells_how_far_one_is_and_changes_nothing(session):
    slope = CHECKS[LESSONS[0]]["nudged_slope"]
    right = TABLES[LESSONS[0]]["nudged_slope"].right["as taught"]
    assert slope(right, cases=[(math.sin, 0.5, 0.1)]).so_far == "0 of 7 · 0 of 16 points"
    assert slope(right).so_far == "1 of 7 · 2 of 16 points"
    with pytest.raises(NotYet):
        slope(lambda f, x, h: 0.0, cases=[(math.sin, 0.5, 0.1)])
    assert record.kept().passed == {"1.3"}


def test_a_solution_opens_once_its_check_has_passed(session):
    closed = "1.2: the solution can be opened once check.two_steps(two_steps) has passed"
    assert repr(TWO_STEPS.solution()) == closed
    TWO_STEPS(15)
    assert "two_steps = 15" in TWO_STEPS.solution()
    told(TWO_STEPS, 13.75)
    assert repr(TWO_STEPS.solution()) == closed


# --- the engine -----------------------------------------------------------------------------------


def test_a_notebook_shows_a_failing_check_in_its_own_words_only(capsys):
    shell = InteractiveShell()
    shell.push({"check": HALF, "double": lambda x: 2 * x, "empty": empty})
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


def test_a_misconception_must_explain_every_value():
    check = check_function("9.9", "f", lambda x: x, {"twice": lambda x: 2 * x}, cases=[2.0, 3.0])
    assert "twice" in told(check, lambda x: 2 * x)
    assert "twice" not in told(check, lambda x: 4.0 if x == 2.0 else 3.0)


def test_other_cases_may_be_asked_for():
    def typed_in(x):
        return {3.0: 1.5, 5.0: 2.5}.get(x, 0.0)

    HALF(typed_in)
    with pytest.raises(NotYet, match="half"):
        HALF(typed_in, cases=[4.6])


def test_a_check_may_name_what_no_value_shows():
    def evaluate(f, x):
        x = leaf(x)
        if f(x).requires_grad:
            raise Misfit("a tracked tensor", "an untracked one", "detach() is missing")
        return 2.0

    check = check_function("9.9", "f", lambda x: 2.0, {}, cases=[2.5], evaluate=evaluate)
    check(lambda x: x.detach())
    assert told(check, lambda x: x) == (
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

    assert "read the .grad of the leaf" in told(HALF, middle)
    check = check_function(
        "9.9", "half", lambda x: x / 2, {}, cases=[3.0], hints={"not a leaf": "ask y to keep it"}
    )
    assert told(check, middle).endswith("likely  ask y to keep it")


def test_a_power_written_as_elsewhere_is_named():
    for answer in (lambda x: x ^ 2, lambda x: leaf(x) ^ 2):
        assert told(HALF, answer).endswith("likely  Python writes powers with **: x**2, not x^2")


def test_a_name_that_is_not_there_is_named():
    def misspelt(x):
        doubled = 2 * x  # noqa: F841
        return doubeld / 4  # noqa: F821

    assert told(HALF, misspelt).endswith("there is no doubeld: did you mean doubled?")
    assert told(HALF, lambda x: of_an_earlier_cell(x)).endswith(  # noqa: F821
        "there is no of_an_earlier_cell: mistyped, or the cell that makes it has not run"
    )


def test_a_cause_that_is_not_known_is_called_unknown():
    def raises(x):
        raise ValueError("no such luck")

    assert told(HALF, raises).endswith("likely  unknown: open the hint")
    assert told(HALF, lambda x: x + 0.7).endswith("likely  unknown: open the hint")


@pytest.mark.parametrize(
    "patched", ["isclose", "allclose", "equal", "tensor", "as_tensor", "finfo"]
)
def test_a_patched_torch_changes_no_judgement(monkeypatch, patched):
    monkeypatch.setattr(torch, patched, lambda *a, **k: True)
    monkeypatch.setattr(torch.testing, "assert_close", lambda *a, **k: None)
    for method in ("tolist", "item", "detach", "__eq__"):
        monkeypatch.setattr(torch.Tensor, method, lambda *a: True)
    for of in ALL:
        check, table = of.values
        for answer, _ in table.wrong.values():
            with pytest.raises(NotYet):
                check(answer)


def test_a_misconception_may_be_one_value_for_all_cases():
    check = check_function("9.9", "f", lambda x: x, {"nothing moved": 0.0}, cases=[2.0, 3.0])
    assert "nothing moved" in told(check, lambda x: 0.0)
    assert "nothing moved" not in told(check, lambda x: 0.0 if x == 2.0 else 1.0)


def test_an_oracle_is_tabulated_case_by_case():
    cases = as_tuples([(1, 2), (3, 4)])
    assert tabulated(lambda a, b: a + b, cases) == [3, 7]
    assert tabulated(5, cases) == [5, 5]
    assert as_tuples([1.5, [2.0], (3.0, 4.0)]) == ((1.5,), ([2.0],), (3.0, 4.0))


def test_a_misconception_that_cannot_be_computed_spoils_no_right_answer():
    check = check_function("9.9", "f", lambda x: x, {"1/0": lambda x: 1 / 0}, cases=[2.0])
    check(lambda x: x)


def test_a_prediction_of_a_dict_is_told_by_the_keys_that_betray_it():
    check = check_value("9.9", "roles", {"x": "leaf", "y": "root"}, {"swapped": {"x": "root"}})
    check({"x": "Leaf ", "y": "root"})
    assert "swapped" in told(check, {"x": "root", "y": "leaf"})
    assert "open the hint" in told(check, {"x": "leaf", "y": "intermediate"})


def test_the_part_of_a_prediction_that_is_right_is_told():
    check = check_value("9.9", "roles", {"x": True, "y": False, "z": True}, {})
    right = {"x": numpy.True_, "y": torch.tensor(False), "z": True}
    assert repr(check(right)) == "9.9: passed"
    for answer, parts in [
        (right | {"y": True}, (2, 3)),
        (right | {"y": ..., "z": "yes"}, (1, 3)),
        ({"x": True}, (1, 3)),
        (dict.fromkeys("xyz", ...), (0, 3)),
        ("x", (0, 1)),
    ]:
        with pytest.raises(NotYet) as caught:
            check(answer)
        assert caught.value.parts == parts
    with pytest.raises(NotYet) as caught:
        HALF(lambda x: 1.5)
    assert caught.value.parts == (0, 1)


def test_a_check_is_shown_without_its_answer():
    assert repr(HALF) == "Check(number='9.9', name='half', hide_answer=False)"
    hidden = check_value("9.9", "slope", 6.25, {"that is the value": 8.5})
    assert repr(hidden) == "Check(number='9.9', name='slope', hide_answer=True)"


def test_a_template_names_a_case():
    check = check_function(
        "9.9", "f", lambda x, n: x, {}, cases=[(2.5, 3)], template="f, {1} times, from {0}"
    )
    assert told(check, lambda x, n: 0.0).startswith("9.9: f, 3 times, from 2.5 is not right yet")
