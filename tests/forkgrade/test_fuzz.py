"""Whatever is handed in, or sent by a notebook's process, ends in a row, and pays for nothing but a
right answer.
"""

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from types import SimpleNamespace

import pytest
from forkgrade.records import GRADED, NOT_GRADED, HandedIn, Submission
from forkgrade.safe_html import LINK, PICTURE, TAGS
from forkgrade.warm_client import CellResult, NotebookRun, WarmClient, outputs_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plainjudge.oracles import oracle, prediction, question
from plainjudge.values import NotPlain, decode, encode
from plainjudge.verdicts import verdict_on

from tests.forkgrade.conftest import NAME, small_config, solution
from tests.forkgrade.hostile import named, save
from tests.forkgrade.made_up import ANY, ENDED, PLAIN, RESULTS, STEADY, handed_in, packed, seen
from tests.forkgrade.test_safe_html import Inventory

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, about how it uses its data base
]


def steadily(pytestconfig, few, many):
    """So many examples; many with --all-mutations."""
    rare = pytestconfig.getoption("--all-mutations")
    return settings(STEADY, max_examples=many if rare else few)


def with_examples(values):
    """Tries these arguments before what is made up."""
    return lambda test: functools.reduce(lambda made, value: example(*value)(made), values, test)


# --- what a notebook's process may send -----------------------------------------------------------


def check(cases=((),)):
    """What is known of a check where its answer is called."""
    return SimpleNamespace(number="1.1", name="two", cases=cases, shown=str, sent=list)


WRONG = {"twice": 4.0, "the sign": -2.0}
#: One question for each form of an answer, and what is honestly seen of it: {name: (question,
#: [[value of each case] of each round])}.
QUESTIONS = {
    name: (question(one, "salt", b"secret"), honest)
    for name, one, honest in [
        ("a locked number", prediction(check(), 2.0, WRONG), [[2.0]]),
        ("locked numbers", prediction(check(), [1.0, 2.0], {"turned": [2.0, 1.0]}), [[[1.0, 2.0]]]),
        ("a locked word", prediction(check(), "leaf", {"not": "root"}), [["leaf"]]),
        ("a locked truth", prediction(check(), True, {"not": False}), [[True]]),
        (
            "locked parts",
            prediction(check(), {"a": 2.0, "b": True}, {"half": {"a": 1.0}}),
            [[{"dict": [["a", 2.0], ["b", True]]}]],
        ),
        (
            "a function",
            oracle(
                check(((2.0,), (3.0,))),
                lambda x: 2 * x,
                {"squared": lambda x: x * x, "one": 1.0},
                lambda source: [5.0, 7.0],
            ),
            [[4.0, 6.0], [10.0, 14.0]],
        ),
        (
            "a function to numbers",
            oracle(
                check(((2.0,),)),
                lambda x: [x, x + 1],
                {"alike": lambda x: [x, x]},
                lambda source: [5.0],
            ),
            [[[2.0, 3.0]], [[5.0, 6.0]]],
        ),
        (
            "a function to names",
            oracle(
                check(((2.0,),)),
                lambda x: {"a": x, "b": [x, 1.0]},
                {"half": lambda x: {"a": x / 2}},
                lambda source: [5.0],
            ),
            [
                [{"dict": [["a", 2.0], ["b", [2.0, 1.0]]]}],
                [{"dict": [["a", 5.0], ["b", [5.0, 1.0]]]}],
            ],
        ),
    ]
}


#: What once ended the judging in an error, or kept it busy for minutes.
ONCE = [
    10**400,
    {"dict": [["a", -(10**400)], ["b", True]]},
    {"array": ["int64", [], packed([math.nan]), True]},
    {"array": ["bool", [1], packed([math.inf]), True]},
    {"array": ["float32", [0], "", True]},
    [{"array": ["float32", [0], "", True]}],
    {"array": ["int64", [10**5, 0], "", True]},
    {"array": ["int64", [0, 10**9], "", False]},
]


def leaves(value):
    """The numbers, words and truths of a plain value, in order."""
    if isinstance(value, dict):
        return [leaf for name in sorted(value) for leaf in [name, *leaves(value[name])]]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    if hasattr(value, "values"):
        truths = value.dtype == "bool"
        return [bool(one) if truths else one for one in value.values]
    return [value]


def is_right(sent, honest):
    """Whether a value that was sent is the honest one, or nearly."""
    got, wanted = leaves(decode(sent)), leaves(decode(honest))
    return len(got) == len(wanted) and all(map(is_near, got, wanted))


def is_near(got, wanted):
    """Whether a number is within the rounding of bfloat16 of another, or a word is the same."""
    if isinstance(wanted, str):
        return isinstance(got, str) and got.strip().casefold() == wanted
    if isinstance(wanted, bool):
        return got is wanted
    return isinstance(got, int | float) and math.isclose(got, wanted, rel_tol=2**-5)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_verdict_but_on_what_was_seen(name, pytestconfig):
    asked, honest = QUESTIONS[name]
    everything = [[{"value": value} for value in one] for one in honest]
    assert verdict_on(asked, everything).passed

    @with_examples([[[{"value": value} for _ in one] for one in honest]] for value in ONCE)
    @steadily(pytestconfig, 60, 500)
    @given(seen(honest))
    def holds(seen):
        verdict = verdict_on(asked, seen)
        right, of = verdict.parts
        assert 0 <= right <= of and of >= 1
        assert verdict.text.startswith("1.1: ") and len(verdict.text) < 5_000
        assert all(isinstance(note, str) and "\n" not in note for note in verdict.notes)
        if verdict.passed:
            for entries, values in zip(seen, honest, strict=True):
                for entry, value in zip(entries, values, strict=True):
                    assert is_right(entry["value"], value)

    holds()


def test_what_comes_over_the_line_is_plain_or_refused(pytestconfig):
    @with_examples([value] for value in ONCE)
    @steadily(pytestconfig, 100, 1_000)
    @given(PLAIN | ANY)
    def holds(sent):
        try:
            value = decode(sent)
        except NotPlain as error:
            assert 0 < len(str(error)) < 300
        else:
            assert str(decode(encode(value))) == str(value)

    holds()


# --- what is handed in ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sender(WarmClient):
    """Stands in for the way to a notebook's process: sends what is made up."""

    results: Sequence[tuple[list, object]]
    ended: str

    def run(self, cells, folder, limits):
        sent = [
            CellResult(outputs_of({"outputs": outputs}), seen if cell.kind == "probe" else None)
            for cell, (outputs, seen) in zip(cells, self.results, strict=False)
        ]
        return NotebookRun(sent, self.ended if len(sent) == len(cells) else self.ended or "ended")


def three_ways():
    """An assignment with a test, a question, and what a person grades."""
    nb = solution()
    program = {"grade": True, "solution": True, "points": 4}
    nb.cells[3:3] = [
        named("check-three", "check.two(two)", grade=True, locked=True, points=6),
        named("program", "### BEGIN SOLUTION\npass\n### END SOLUTION", **program),
    ]
    return nb


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The bundle of that assignment."""
    from forkgrade import batches
    from forkgrade.course import Course
    from forkgrade.nbgrader_patches import keep_what_is_compiled

    keep_what_is_compiled()
    root = tmp_path_factory.mktemp("course")
    save(three_ways(), root / "solutions" / NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        course = Course(small_config(root), root)
        course.release(NAME)
        with batches.open_book(course) as book:
            made = batches.make_bundle(course, book, NAME)
    asked = QUESTIONS["a locked number"][0] | {"observe": "a.probe", "module": "a.checks"}
    return replace(made, questions=[{"assignment_01": {"check-three": asked}}])


POINTS = {"check-two": 2, "check-three": 6, "explain": 3, "program": 4}


class Page(Inventory):
    """What could do harm in a whole page, beside what the page has of its own."""

    own = frozenset("html head meta title style body main a div span".split())

    def harmful(self):
        for tag, attributes in self.tags:
            if tag not in TAGS | self.own:
                yield tag
            for name, value in attributes:
                if name.startswith("on") or name in ("srcdoc", "srcset", "action", "formaction"):
                    yield f"{name}={value}"
                allowed = {"href": LINK, "src": PICTURE}.get(name)
                if allowed and not allowed.fullmatch(value or ""):
                    yield f"{name}={value}"


def holds_for(graded, results):
    """What must hold for whatever was handed in, of whose cells this came."""
    record = graded.record
    assert graded.trouble == "" and record.status in (GRADED, NOT_GRADED)
    assert record.reasons or record.status == GRADED
    for reason in record.reasons:
        assert 0 < len(reason) < 1_000 and "\n" not in reason
    json.dumps(asdict(record)).encode()
    for scored in graded.scored.values():
        points = {name: one.auto for name, one in scored.points.items()}
        assert points.keys() == POINTS.keys()
        assert all(one is None or 0 <= one <= POINTS[name] for name, one in points.items())
        if points["check-three"]:
            assert any(is_two(seen) for _, seen in results)
        elif points["check-three"] is None:
            raise AssertionError("what is asked is judged")
    for content in graded.files.values():
        json.loads(content.decode())
    assert (record.status == GRADED) == bool(graded.pages)
    for page in graded.pages.values():
        assert list(Page(page.decode()).harmful()) == []


def is_two(seen):
    """Whether the honest value was seen."""
    match seen:
        case [[{"value": sent}]]:
            try:
                return is_right(sent, 2.0)
            except NotPlain:
                pass
    return False


def honest():
    """That assignment as an honest student hands it in."""
    nb = three_ways()
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
            cell.source = "answer = 2"
    return nb


def graded_of(content, bundle, client):
    """What comes of a notebook that was handed in."""
    from forkgrade.grade import grade

    files = {"assignment_01.ipynb": content}
    return grade(HandedIn(Submission("zoe", NAME, "a digest"), files), bundle, client)


#: Outputs of a cell that once cost their submission its row, or a row its form.
BAD_OUTPUTS = [
    {},
    {"output_type": "stream", "name": "stdout"},
    {"output_type": "stream", "name": "stdout", "text": []},
    {"output_type": "error", "ename": [], "evalue": "", "traceback": []},
    {"output_type": "error", "ename": "x", "evalue": "y"},
    {"output_type": "error", "ename": "MemoryError", "evalue": "a\n" * 900, "traceback": []},
    {"output_type": "execute_result", "data": {}, "metadata": {}},
    {"output_type": "execute_result", "data": {"text/plain": "1e9"}, "metadata": {}},
]


def test_whatever_is_handed_in_ends_in_a_row(bundle, tmp_path, pytestconfig):
    whole = json.dumps(honest()).encode()

    @with_examples([whole, [([one], None)] * 8, ""] for one in BAD_OUTPUTS)
    @steadily(pytestconfig, 40, 400)
    @given(handed_in(honest()), st.lists(RESULTS, min_size=4, max_size=8), ENDED)
    def holds(content, results, ended):
        client = Sender(str(tmp_path / "socket"), results, ended)
        holds_for(graded_of(content, bundle, client), results)
        assert not list(tmp_path.iterdir())

    right = [([], [[{"value": 2.0}]])] * 8
    graded = graded_of(whole, bundle, Sender(str(tmp_path / "socket"), right, ""))
    points = graded.scored["assignment_01"].points
    assert {name: one.auto for name, one in points.items()} == POINTS | {
        "explain": None,
        "program": None,
    }
    holds()


def test_whatever_is_handed_in_is_run_and_ends_in_a_row(bundle, warm, pytestconfig):
    @steadily(pytestconfig, 10, 150)
    @given(handed_in(honest()))
    def holds(content):
        holds_for(graded_of(content, bundle, warm), [])

    holds()
