"""What is asked is what an assignment's oracles say, and its course's secret."""

import json
import stat

import pytest
from forkgrade.judge import VARIANTS, Judge, digest_of, secret_of
from nbformat import v4, write

from tests.forkgrade.hostile import named

ORACLES = """
from types import SimpleNamespace
from plainjudge.oracles import oracle, prediction

class Check(SimpleNamespace):
    def shown(self, case):
        return f"{self.name}{case}"
    def sent(self, case):
        return list(case)

check = SimpleNamespace(__name__="a.module.of.checks")
guess = Check(number="1.1", name="guess", cases=((),))
double = Check(number="1.2", name="double", cases=((2.0,),))
ORACLES = [
    prediction(guess, 6.0, {"nine": 9.0}),
    oracle(double, lambda x: 2 * x, {"half": lambda x: x / 2}, lambda r: [r.uniform(3, 9)]),
]
"""
JUDGE = Judge(probe="a.probe")
CALLS = "check.guess(guess)", "check.double(double)\n"


def a_test(number, source):
    return named(f"check-{number}", source, grade=True, locked=True, points=2)


@pytest.fixture
def assignment(tmp_path):
    """A function that lays out an assignment with these sources of tests, and its oracles."""

    def assignment(*sources, oracles=ORACLES):
        folder = tmp_path / "solutions" / "01_numbers"
        (folder / "private").mkdir(parents=True, exist_ok=True)
        cells = [a_test(number, source) for number, source in enumerate(sources, 1)]
        write(v4.new_notebook(cells=cells), folder / "numbers.ipynb")
        if oracles is not None:
            (folder / "private" / "oracles.py").write_text(oracles, encoding="utf-8")
        return folder

    return assignment


def asked(folder, secret=b"a secret", judge=JUDGE):
    return judge.questions(folder, secret)


def test_each_test_cell_that_is_only_a_call_has_its_question(assignment):
    found = asked(assignment(*CALLS, "assert double(3) == 6", "check.other(other)"))
    assert list(found) == ["numbers"] and list(found["numbers"]) == ["check-1", "check-2"]
    question = found["numbers"]["check-2"]
    assert question["observe"] == "a.probe" and question["module"] == "a.module.of.checks"
    assert [len(one["cases"]) for one in question["rounds"]] == [1, 1]
    assert json.loads(json.dumps(question)) == question


def test_a_secret_asks_the_same_again_and_another_one_something_else(assignment):
    folder = assignment(*CALLS)
    assert asked(folder) == asked(folder) != asked(folder, b"another")
    assert digest_of(asked(folder)) == digest_of(asked(folder))
    assert digest_of(asked(folder)) != digest_of(asked(folder, b"another"))


def test_the_questions_are_drawn_in_several_variants(assignment):
    folder = assignment(*CALLS)
    variants = JUDGE.variants(folder, b"a secret")
    assert len(variants) == VARIANTS == len({str(one) for one in variants})
    assert JUDGE.variants(folder, b"a secret") == variants != JUDGE.variants(folder, b"another")
    assert Judge().variants(folder, b"a secret") == []


def test_without_oracles_or_a_function_that_asks_nothing_is_judged(assignment):
    folder = assignment(*CALLS)
    assert asked(folder, judge=Judge()) == {}
    (folder / "private" / "oracles.py").unlink()
    assert asked(folder) == {}


@pytest.mark.parametrize(
    ("sources", "oracles", "why"),
    [
        (CALLS[:1], ORACLES, r"no test cell is `check\.double\(double\)`, as .*oracles\.py wants"),
        (("check.guess(double)", CALLS[1]), ORACLES, r"no test cell is `check\.guess\(guess\)`"),
        (CALLS, "1 / 0", r"oracles\.py cannot be loaded: ZeroDivisionError"),
        (CALLS, ORACLES.replace("x / 2", "2 * x"), r"oracles\.py: 1\.2, 200 times: in no case"),
    ],
)
def test_oracles_that_cannot_be_used_stop_the_grading(assignment, sources, oracles, why):
    with pytest.raises(ValueError, match=why):
        asked(assignment(*sources, oracles=oracles))


# --- the secret -----------------------------------------------------------------------------------


def test_a_course_has_one_secret_that_only_its_owner_reads(tmp_path):
    folder = tmp_path / "grading"
    first = secret_of(folder)
    assert len(first) == 64 and secret_of(folder) == first
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret"]
    assert secret_of(tmp_path / "another") != first
