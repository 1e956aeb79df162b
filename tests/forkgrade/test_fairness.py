"""Honest work keeps its points, however messy the notebook is, and nothing is noted of it."""

import copy
import sys

import pytest
from forkgrade.judge import Judge
from forkgrade.limits import Limits
from forkgrade.notes import notes
from forkgrade.warm_client import WarmProcess
from nbformat import v4

from tests.forkgrade.hostile import is_answer, is_test
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks"),
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, about how it uses its data base
]
SOLUTIONS = {path.name[:2]: path for path in sorted((ROOT / "solutions").iterdir())}


@pytest.fixture(scope="module")
def graded():
    """A function from the number of an assignment, and a notebook of it, to the share of all points
    that its tests earn, exercise by exercise.
    """
    from forkgrade.execute import Execute
    from nbgrader.utils import determine_grade

    limits = Limits(
        preload=["torch", "torch._dynamo"],
        preload_with={},
        course_packages=["plainjudge", "autograd_seen"],
    )
    judge = Judge(probe="autograd_seen.checks.probing.observe")
    asked = {
        number: judge.questions(path, b"a secret")[f"assignment_{number}"]
        for number, path in SOLUTIONS.items()
    }
    process = WarmProcess(limits)
    process.wait()

    def graded(number, nb, folder):
        cells = [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
        Execute(client=process.client, limits=limits).run_cells(
            nb, cells, str(folder), asked[number]
        )
        return {cell.id: determine_grade(cell) for cell in cells if is_test(cell)}

    yield graded
    process.close()


def solution(number):
    """The solved notebook of an assignment. Pictures are left out: a test does not see them."""
    path = SOLUTIONS[number] / f"assignment_{number}.ipynb"
    nb = copy.deepcopy(read(path))
    for cell in nb.cells:
        cell.source = cell.source.replace("\ndraw_graph(z)", "").replace("\ndraw_graph(L)", "")
    return nb


def answers(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code" and is_answer(cell)]


def before(source):
    """A mess: lines on top of the first answer and of the last."""

    def mess(nb):
        for cell in answers(nb)[0], answers(nb)[-1]:
            cell.source = f"{source}\n{cell.source}"

    return mess


def cell_after_each(source):
    """A mess: a cell of one's own below each answer, before its test."""

    def mess(nb):
        for cell in answers(nb):
            nb.cells.insert(nb.cells.index(cell) + 1, v4.new_code_cell(source))

    return mess


def instead(**sources):
    """A mess: another answer to some exercises."""

    def mess(nb):
        for cell in answers(nb):
            cell.source = sources.get(cell.id.replace("-", "_"), cell.source)

    return mess


OWN_NAMES = """
import time
s = time.time()
b = m = p = q = t = u = v = w = x = y = z = k = h = d = 7
first = second = names = name = edges = leaves = program = root = loss = optimizer = None
programs, model, tape, L, exact, dose, beetles, killed = {}, "mine", [], 0, 0, 0, 0, 0
"""
SETTINGS = """
import random, warnings, torch, numpy
torch.set_default_dtype(torch.float64)
torch.manual_seed(7); random.seed(7); numpy.random.seed(7)
torch.set_printoptions(precision=2)
warnings.filterwarnings("ignore")
numpy.seterr(all="raise")
torch.autograd.set_detect_anomaly(True)
torch.set_num_threads(1)
_ = torch.set_grad_enabled(False)
"""
NOISY = """
import logging, sys, warnings, torch
logging.basicConfig(level=logging.INFO)
def slope(f, x):
    logging.info("slope of %s", f)
    print("at", x, file=sys.stderr)
    warnings.warn("look out")
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    return x.grad
"""
LOADED = """
from torch.utils.data import DataLoader, TensorDataset
def fit(loss, x, t, lr, steps):
    w, b = torch.zeros(2).requires_grad_().unbind()
    w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
    for _ in range(steps):
        for part, want in DataLoader(TensorDataset(x, t), batch_size=len(x), num_workers=2):
            loss(w * part + b, want).backward()
            with torch.no_grad():
                w -= lr * w.grad
                b -= lr * b.grad
            w.grad = b.grad = None
    return w.item(), b.item()
"""
MESSES = {
    **{f"own names, {number}": (number, cell_after_each(OWN_NAMES)) for number in SOLUTIONS},
    "settings": ("01", cell_after_each(SETTINGS)),
    "settings of layers": ("05", cell_after_each(SETTINGS)),
    "stderr": ("01", instead(answer_1_5=NOISY)),
    "loader with workers": ("06", instead(answer_6_4=LOADED)),
    "numpy.bool_ and Decimal": (
        "01",
        instead(
            answer_1_1="import numpy\nreceives = dict(zip('wxb', numpy.array([1, 0, 1]) > 0))",
            answer_1_2="from decimal import Decimal\ntwo_steps = 3 * 2 * Decimal('2.5')",
        ),
    ),
    "Decimal": ("04", instead(answer_4_1="import decimal\nthree_calls = decimal.Decimal(68)")),
    "magics": ("01", before("%matplotlib inline\n!pip install rich\n%pip install rich\n%pwd")),
    "timed": ("02", before("%%time")),
    "help": ("02", before("torch.sin?\nlen??")),
    "stars": ("04", before("from math import *\nfrom torch.nn.functional import *")),
    "names of builtins": ("02", before("list, dict, id, input = [1], {}, 3, 'so'")),
    "errors": ("01", cell_after_each("1 / 0")),
    "questions": ("02", cell_after_each("input('go on?')")),
    "an exit": ("04", cell_after_each("exit()")),
    "awaits": ("01", before("import asyncio\nawait asyncio.sleep(0)")),
    "threads": (
        "01",
        before("from concurrent.futures import ThreadPoolExecutor as P\n*_, = P(2).map(abs, [1])"),
    ),
    "a file": ("02", before("with open('notes.txt', 'w') as file: file.write('so')")),
}


@pytest.mark.parametrize("name", MESSES)
def test_a_messy_notebook_keeps_its_points(graded, tmp_path, name):
    number, mess = MESSES[name]
    nb = solution(number)
    mess(nb)
    earned = graded(number, nb, tmp_path)
    assert earned and {key: points for key, (points, most) in earned.items() if points < most} == {}
    assert notes(nb) == []


def test_each_program_that_is_right_has_its_points(graded, tmp_path):
    nb = solution("04")
    one_wrong = "raises = {'a': True, 'b': False, 'c': False, 'd': True, 'e': False, 'f': False}"
    instead(answer_4_2=one_wrong)(nb)
    lost = {key: pair for key, pair in graded("04", nb, tmp_path).items() if pair[0] < pair[1]}
    assert lost == {"check-4-2": (2.5, 3)}
