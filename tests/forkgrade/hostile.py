"""What students hand in by mistake, by accident or on purpose: each made by code from a real
assignment.

`HOSTILE` maps a name to a `Case`: how to make the submission, and what its row must say.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import v4

from tools.places import ROOT
from tools.strict_nbval.normal_form import write_text


@dataclass(frozen=True)
class Case:
    """One submission and what is expected of it.

    Attributes:
        make: a function that takes the solved notebook and the submission's folder, and writes into
            the folder.
        score: the points that its tests must get: "all", "none", "before" (those that ran before it
            went wrong), "kept" (those, and perhaps later ones too), or None where nothing can be
            graded.
        reason: a piece of the row's reason; "" if nothing is to be said.
        rare: whether only `--all-mutations` tries it.
    """

    make: Callable
    score: str | None
    reason: str = ""
    rare: bool = False


def solved(solution, release):
    """What a student hands in who has everything right: the release, with the solution's
    answers.
    """
    nb = copy.deepcopy(release)
    answers = {cell.metadata.nbgrader.grade_id: cell for cell in solution.cells if is_answer(cell)}
    for cell in nb.cells:
        if is_answer(cell):
            source = answers[cell.metadata.nbgrader.grade_id].source
            cell.source = "\n".join(
                line for line in source.split("\n") if "# BEGIN" not in line and "# END" not in line
            )
    return nb


def mark(cell, name):
    return cell.metadata.get("nbgrader", {}).get(name)


def is_answer(cell):
    return mark(cell, "solution")


def is_test(cell):
    return mark(cell, "grade") and not mark(cell, "solution")


def tests_of(nb):
    return [at for at, cell in enumerate(nb.cells) if is_test(cell)]


# --- how to spoil a notebook ----------------------------------------------------------------------


def file_of(assignment):
    """The name of an assignment's notebook."""
    return f"assignment_{assignment[:2]}.ipynb"


def save(nb, folder, name=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (name or file_of(folder.name))).write_text(write_text(nb), encoding="utf-8")


def as_it_is(nb, folder):
    save(nb, folder)


def running(source, at=2):
    """With a cell of the student's own put in before the test number `at`."""

    def make(nb, folder):
        nb.cells.insert(tests_of(nb)[at], v4.new_code_cell(source))
        save(nb, folder)

    return make


def wrong(*sources, at=1):
    """With no answer, and in the place of the first a cell that tries to pass all the same."""

    def make(nb, folder):
        for cell in nb.cells:
            if is_answer(cell) and cell.cell_type == "code":
                cell.source = "pass"
        nb.cells[at:at] = [v4.new_code_cell(source) for source in sources]
        save(nb, folder)

    return make


def spoilt(change):
    """With its cells changed by a function of the list of cells."""

    def make(nb, folder):
        nb.cells = change(nb.cells) or nb.cells
        save(nb, folder)

    return make


def raw(data, name="{}.ipynb"):
    """With these bytes in the place of a notebook."""

    def make(nb, folder):
        folder.mkdir(parents=True)
        (folder / name.format(folder.name)).write_bytes(data)

    return make


def edited(cells):
    for cell in cells:
        if is_test(cell):
            cell.source = "pass"
        if mark(cell, "grade_id") == "setup":
            cell.source = "check = None"


def stripped(cells):
    for cell in cells:
        cell.metadata.pop("nbgrader", None)


def promoted(cells):
    for cell in cells:
        if is_test(cell):
            cell.metadata.nbgrader.update(points=1000, grade=False, locked=False, solution=True)
        if is_answer(cell) and cell.cell_type == "code":
            cell.source = "pass"


def doubled(cells):
    """Each test twice, and the first answer once more as it was first tried."""
    first = next(at for at, cell in enumerate(cells) if is_answer(cell))
    draft = copy.deepcopy(cells[first])
    draft.source = "receives = None"
    cells.insert(first, draft)
    return [copy.deepcopy(cell) for cell in cells for _ in range(2 if is_test(cell) else 1)]


def crowded(cells):
    return [*cells, *(v4.new_code_cell(f"{n} + 1" if n % 10 == 0 else "") for n in range(1000))]


def named(name, source, **marks):
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return v4.new_code_cell(
        source, id=name, metadata={"nbgrader": plain | marks | {"grade_id": name}}
    )


def slow(cells):
    third = [at for at, cell in enumerate(cells) if is_test(cell)][2]
    cells[third:third] = [v4.new_code_cell("import time\ntime.sleep(1.5)") for _ in range(10)]


def old_format(nb, folder):
    """As nbformat 3 stored it: work sheets, `input` for a source."""
    cells = []
    for cell in nb.cells:
        old = {"cell_type": cell.cell_type, "metadata": cell.metadata}
        old |= (
            {"input": cell.source, "language": "python", "outputs": [], "collapsed": False}
            if (cell.cell_type == "code")
            else {"source": cell.source}
        )
        cells.append(old)
    page = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    folder.mkdir(parents=True)
    (folder / file_of(folder.name)).write_text(json.dumps(page), encoding="utf-8")


def unknown_kernel(nb, folder):
    nb.metadata = {"kernelspec": {"name": "julia-9", "display_name": "Julia", "language": "julia"}}
    save(nb, folder)


def misnamed(nb, folder):
    save(nb, folder, "My homework (final).ipynb")


def with_link(nb, folder):
    save(nb, folder)
    (folder / "answers.ipynb").symlink_to("/etc/passwd")


def with_module(nb, folder):
    save(nb, folder)
    (folder / "torch.py").write_text("raise SystemExit('mine')")
    (folder / "autograd_seen").mkdir()
    (folder / "autograd_seen" / "__init__.py").write_text("")
    (folder / "autograd_seen" / "checks.py").write_text("")


def too_large(nb, folder):
    nb.cells.append(v4.new_markdown_cell("x" * 5 * 2**20))
    save(nb, folder)


def try_each(attempts):
    """Code that tries each of the attempts, given as source, and prints "name: what came of it" on
    a line.
    """
    return f"""for name, attempt in {attempts!r}.items():
    try:
        print(f"{{name}}: {{eval(attempt)!r}}")
    except BaseException as error:
        print(f"{{name}}: {{type(error).__name__}}")"""


def escapes(course):
    """{name: an expression that reaches for what is not the notebook's}, each of which must be
    refused.
    """
    book = str(course / "grading" / "gradebook.db")
    solution = "solutions/01_scalar_gradients/assignment_01.ipynb"
    oracles = "solutions/01_scalar_gradients/private/oracles.py"
    keys = "exercises/01_scalar_gradients/checks.json"
    other, ctypes = "__import__('os')", "__import__('ctypes')"
    return {
        "read the solution": f"open({str(course / solution)!r}).read()[:40]",
        "read it from beside": f"open('../../../../{solution}').read()[:40]",
        "read its oracles": f"open({str(course / oracles)!r}).read()[:40]",
        "read the keys of a student's copy": f"open({str(ROOT / keys)!r}).read()[:40]",
        "read the secret": f"open({str(course / 'grading' / 'secret')!r}).read()[:40]",
        "read the wrong answers beside it": "open('private/wrong_answers.py').read()[:40]",
        "read the grade book": f"open({book!r}, 'rb').read()[:40]",
        "read another's notebook": f"{other}.listdir({str(course / 'grading' / 'submitted')!r})",
        "read the accounts": "open('/etc/passwd').read()[:40]",
        "read a process": "open('/proc/1/environ').read()",
        "write the grade book": f"open({book!r}, 'r+b').write(b'x')",
        "write beside": "open('../beside.txt', 'w').write('x')",
        "write in the course": f"open({str(course / 'outside.txt')!r}, 'w').write('x')",
        "write elsewhere": "open('/tmp/outside.txt', 'w').write('x')",
        "lock the grade book": f"{other}.chmod({book!r}, 0)",
        "delete the grade book": f"{other}.unlink({book!r})",
        "connect": "__import__('socket').create_connection(('127.0.0.1', 9), 1)",
        "listen": "__import__('socket').socket()",
        "fork": f"{other}.fork()",
        "run a program": "__import__('subprocess').run(['true'])",
        "run one by the shell": "get_ipython().run_line_magic('sx', 'true') or 1 / 0",
        "kill its parent": f"{other}.kill({other}.getppid(), 0)",
        "kill them all": f"{other}.kill(-1, 0)",
        "trace its parent": f"1 / ({ctypes}.CDLL(None).ptrace(16, {other}.getppid(), 0, 0) + 1)",
        "write a large file": "open('large', 'wb').write(bytes(2**26))",
        "see a secret": f"{other}.environ['TEST_TOKEN']",
        "see a secret of another name": f"{other}.environ['COURSE_DATABASE']",
        "see how its parent began": f"open('/proc/%d/environ' % {other}.getppid()).read()",
        "have its parent signalled by a file": (
            f"__import__('fcntl').fcntl({other}.pipe()[0], 8, {other}.getppid())"
        ),
        "have it signalled by a socket": (
            "__import__('fcntl').ioctl(__import__('socket').socketpair()[0], 0x8901, b'1   ')"
        ),
        "watch the course": f"1 / ({ctypes}.CDLL(None).inotify_init() + 1)",
        "make a device": f"{other}.mknod('disk', 0o60600, 0x800)",
        "read the exchange of nbgrader": f"{other}.listdir('/usr/local/share')",
        "write where no call sees it": (f"__import__('mmap').mmap({other}.open('large', 2), 1)"),
    }


#: Cells that do what nobody would by accident.
STUBBORN = """
import time
while True:
    try:
        time.sleep(0.01)
    except BaseException:
        pass
"""
# Asleep, it leaves the processor to the tests beside it.
IDLE = """
import time
while True:
    time.sleep(0.01)
"""
SPINNING = """
import threading
def spin():
    while True:
        pass
threading.Thread(target=spin).start()
"""
PATCHED_SIGNAL = """
import signal
signal.setitimer = signal.signal = signal.alarm = lambda *a: None
"""
FORGED = """
import os, json
for fd in range(3, 40):
    try:
        os.write(fd, json.dumps({"outputs": [], "seen": []}).encode() + b"\\n")
    except OSError:
        pass
"""


UNLINKED = """
import os
for _ in range(200):
    with open("one", "wb") as file:
        os.unlink("one")
        file.write(bytes(2**20))
"""
DEEP = """
import os
os.mkdir("closed", 0)
for _ in range(3_000):
    os.mkdir("d")
    os.chdir("d")
"""
THREADS = """
import threading, time
threading.stack_size(2**16)
for _ in range(100):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)
"""
# It stops itself once this cell has been answered.
STOPPED = """
import os, signal, threading, time
def stop():
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGSTOP)
threading.Thread(target=stop).start()
"""


def displaying(cells):
    """Each of many cells shows nearly as much as one may, before the tests."""
    show = "from IPython.display import HTML\nHTML('x' * 1_900_000)"
    return [cells[0], *(v4.new_code_cell(show) for _ in range(30)), *cells[1:]]


def stopped(cells):
    """It stops its own process."""
    third = [at for at, cell in enumerate(cells) if is_test(cell)][2]
    sources = STOPPED, "import time\ntime.sleep(0.3)", "1"
    cells[third:third] = [v4.new_code_cell(source) for source in sources]


def hostile(course):
    """{name: Case} for a course in the folder `course`, whose solutions and grade book some of them
    go for.
    """
    return {
        # nothing wrong with it
        "=2+5": Case(as_it_is, "all"),
        "Zoë O'Neil, 2nd": Case(as_it_is, "all", rare=True),
        "[a-z]*": Case(as_it_is, None, "rename the folder"),
        os.fsdecode(b"caf\xe9"): Case(as_it_is, None, "rename the folder"),
        "old-format": Case(old_format, "all"),
        "unknown-kernel": Case(unknown_kernel, "all"),
        "thousand-cells": Case(spoilt(crowded), "all"),
        # it does not end, or ends too soon
        "loop": Case(running("while True:\n    pass"), "all", "ran longer than"),
        "stubborn-loop": Case(running(STUBBORN), "before", "could not be interrupted"),
        "slow": Case(spoilt(slow), "before", "in total", rare=True),
        "exit": Case(running("import os\nos._exit(3)"), "before", "exit code 3"),
        "exit-0": Case(running("import os\nos._exit(0)"), "before", "exit code 0", rare=True),
        "killed": Case(running("import os\nos.kill(os.getpid(), 9)"), "before", "SIGKILL"),
        "crash": Case(
            running("import ctypes\nctypes.string_at(0)"), "before", "SIGSEGV", rare=True
        ),
        "sys-exit": Case(running("import sys\nsys.exit(0)"), "all", rare=True),
        # A blank cell, a word to the void, a file of one's own: what nobody should be refused.
        "honest": Case(
            running(
                "import os, tempfile\nprint('x', file=open(os.devnull, 'w'))\n"
                "open('own', 'w').write('x')\ntempfile.TemporaryDirectory().cleanup()"
            ),
            "all",
        ),
        # it takes too much
        "memory": Case(
            # What is left for the cells after it depends on the last part that fits. The limit is
            # one of addresses: a bytearray would also touch every page, and on a busy machine be
            # interrupted before it gets there.
            running("hoard = []\nwhile True:\n    hoard.append(bytes(2**26))"),
            "kept",
            "MemoryError",
        ),
        "tensor": Case(running("torch.ones(10**12)"), "all", rare=True),
        "output": Case(running("for _ in range(50):\n    print('x' * 2**20)"), "all", "was cut"),
        "display": Case(
            running("from IPython.display import HTML\nHTML('x' * 5 * 10**7)"),
            "all",
            "was cut",
            rare=True,
        ),
        "disk": Case(
            running("for n in range(40):\n    open(f'{n}', 'wb').write(bytes(2**20))"),
            "before",
            "of files",
            rare=True,
        ),
        "unlinked": Case(running(UNLINKED), "before", "removed ones too"),
        "deep-folders": Case(running(DEEP), "before", "files and folders"),
        "threads": Case(running(THREADS), "before", "threads at once"),
        "many-displays": Case(spoilt(displaying), "all", "was cut", rare=True),
        "stopped": Case(spoilt(stopped), "kept", "could not be interrupted", rare=True),
        "recursion": Case(running("def f(x):\n    return f(x)\nf(1)"), "all", rare=True),
        "thread": Case(
            running(SPINNING),
            "all",
            rare=True,
        ),
        # its cells are not as they were handed out
        "tests-deleted": Case(
            spoilt(lambda cells: [cell for cell in cells if not is_test(cell)]),
            "all",
            "missing and put back",
        ),
        "all-deleted": Case(
            spoilt(lambda cells: [v4.new_code_cell("1")]), "none", "missing and put back", rare=True
        ),
        "edited": Case(spoilt(edited), "all", "changed and put back"),
        "doubled": Case(spoilt(doubled), "all", "more than once"),
        "reversed": Case(spoilt(lambda cells: cells[::-1]), "all", "out of order"),
        "marks-stripped": Case(spoilt(stripped), "all", "marks lost", rare=True),
        "marks-changed": Case(spoilt(promoted), "none", rare=True),
        # it is not a notebook, or not where one is expected
        "half": Case(raw(b'{"cells": [{"cell_type": "code", "sou'), None, "is not a notebook"),
        "empty": Case(raw(b""), None, "is empty"),
        "picture": Case(raw(b"\x89PNG\r\n\x1a\n\xff\xfe"), None, "is not a notebook"),
        "list": Case(raw(b"[]"), None, "not a notebook"),
        "deep": Case(raw(b"[" * 100_000), None, "is not a notebook"),
        "odd-cells": Case(
            raw(b'{"nbformat": 4, "cells": [1, {"cell_type": "code"}, {"source": []}]}'),
            "none",
            "left out",
            rare=True,
        ),
        "too-large": Case(too_large, None, "MiB"),
        "missing": Case(raw(b"later", "note.txt"), None, "is missing"),
        "misnamed": Case(misnamed, "all", "handed in as My homework (final).ipynb"),
        "link": Case(with_link, "all", "is a link", rare=True),
        # it tries to pass without an answer
        "patched-signal": Case(
            wrong(
                PATCHED_SIGNAL,
                IDLE,
            ),
            "none",
            "and was interrupted",
        ),
        "forged": Case(
            wrong(FORGED),
            "none",
            "channel",
            rare=True,
        ),
        "shadowed": Case(with_module, "all", rare=True),
        # it leaves its place
        "escapes": Case(running(try_each(escapes(course))), "all"),
        "forks": Case(running("import os\nwhile True:\n    os.fork()"), "all"),
    }
