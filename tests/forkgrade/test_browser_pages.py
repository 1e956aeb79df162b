"""Feedback pages and the form grader in a real browser: nothing that a student wrote or displayed
runs there, and nothing is fetched from another host.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from nbformat import v4

from tests import chromium

chromium.skip_without()

from tests.autograd_seen.show import test_browser as player_tests
from tests.forkgrade.conftest import NAME, solution, submission
from tests.forkgrade.hostile import save
from tests.forkgrade.payloads import DISPLAYED, HTML, WRITTEN

browser = player_tests.browser
ROOT = player_tests.ROOT
SECONDS = 30
#: Of HTML's payloads, how many at least must do something in this browser where nobody cleans them:
#: some are for other browsers, or work on a click only.
WORKING = 35

CONFIG = """
c = get_config()
from forkgrade import AUTOGRADE, FEEDBACK, SANITIZE
c.Autograde.sanitize_preprocessors, c.Autograde.autograde_preprocessors = SANITIZE, AUTOGRADE
c.GenerateFeedback.preprocessors = FEEDBACK
c.GenerateFeedback.exporter_class = "forkgrade.feedback.FeedbackPage"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.db_url = {address!r}
c.CourseDirectory.course_id = "numbers"
c.Limits.preload, c.Limits.preload_with = [], {{}}
"""
SQLITE = "sqlite:///gradebook.db?timeout=60"

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, about how it uses its data base


def code(output):
    """A cell that shows an output, or something like it."""
    if output.get("data"):
        return f"display({output['data']!r}, raw=True, metadata={output['metadata']!r})"
    if output["output_type"] == "error" and output["traceback"] != "x":
        return f"raise type({output['ename']!r}, (Exception,), {{}})({output['evalue']!r})"
    return f"print({output.get('text', '')!r})"


def hostile():
    """The small assignment, solved, with each payload in a cell of its own."""
    nb = submission("answer = 2")
    nb.cells[3].source = "Because $1 + 1 = 2$. " + "\n\n".join(HTML.values())
    nb.cells += [v4.new_markdown_cell(text) for text in WRITTEN.values()]
    nb.cells += [v4.new_raw_cell(text) for text in HTML.values()]
    nb.cells += [v4.new_code_cell(code(output)) for output in DISPLAYED.values()]
    return nb


def graded(root, address):
    """A folder, made that of a course in which that notebook was graded; the address is that of its
    grade book.
    """
    root.mkdir(exist_ok=True)
    (root / "nbgrader_config.py").write_text(CONFIG.format(address=address))
    save(solution(), root / "solutions" / NAME)
    folder = root / "grading" / "submitted" / "zoe" / NAME
    save(hostile(), folder)
    (folder / "evil.html").write_text("<script>window.hit=1</script>")
    done = subprocess.run(
        [sys.executable, "-m", "forkgrade", "--jobs", "1"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(ROOT / "utils")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The folder of that course, with a grade book in SQLite."""
    return graded(tmp_path_factory.mktemp("course"), SQLITE)


class Watched:
    """A page of a browser, and every host from which something was asked for it."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**options)
        self.context.route("**/*", self.answer)
        self.page = self.context.new_page()
        self.asked = []

    def answer(self, route):
        url = route.request.url
        if url.startswith(("file:", "http://127.0.0.1")):
            return route.continue_()
        self.asked.append(url)
        return route.abort()

    def did(self):
        """Whether something ran, and what was asked for elsewhere."""
        return any(frame.evaluate("window.hit") for frame in self.page.frames), self.asked

    def touch(self):
        """Does what a reader does: opens, points at and focuses whatever there is."""
        self.page.evaluate(
            """() => {
                const part = document.querySelector("#notebook-container") || document.body;
                for (const one of part.querySelectorAll("*")) {
                    if (one.matches(".comment, .score, .extra-credit, button")) continue;
                    for (const name of ["pointerenter", "mouseover", "focus", "toggle", "input"])
                        one.dispatchEvent(new Event(name, { bubbles: true }));
                    if (one.tagName === "DETAILS") one.open = true;
                }
            }"""
        )
        self.page.wait_for_timeout(500)


@pytest.fixture
def watched(browser):
    """A function that opens a page which is watched."""
    opened = []

    def watch(**options):
        opened.append(Watched(browser, **options))
        return opened[-1]

    yield watch
    for one in opened:
        one.context.close()


def test_the_payloads_work_where_nobody_cleans_them(watched):
    one, working = watched(), []
    for name, text in HTML.items():
        one.asked.clear()
        one.page = one.context.new_page()
        one.page.set_content(f"<body>{text}</body>", wait_until="commit")
        one.page.wait_for_timeout(50)
        try:
            ran, asked = one.did()
        except chromium.playwright.Error:  # the page is gone: it was led elsewhere
            ran, asked = True, []
        working += [name] if ran or asked else []
        one.page.close()
    assert len(working) >= WORKING, working


@pytest.mark.parametrize("with_policy", [True, False], ids=["as_it_is", "without_its_policy"])
def test_a_feedback_page_runs_and_fetches_nothing(course, watched, with_policy):
    one = watched(bypass_csp=not with_policy)
    one.page.goto((course / "feedback" / "zoe" / NAME / "assignment_01.html").as_uri())
    one.touch()
    assert one.did() == (False, [])
    targets = one.page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)")
    assert {target.partition(":")[0] for target in targets} <= {"file", "http", "https", "mailto"}
    text = one.page.inner_text("body")
    assert "Because $1 + 1 = 2$." in text and "Score: 2.0 / 2.0" in text
    assert [path.name for path in (course / "feedback" / "zoe" / NAME).iterdir()] == [
        "assignment_01.html"
    ]


@contextmanager
def served(course, home, extension):
    """The address of a Jupyter server with a form grader, and its token."""
    token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {f"JUPYTER_{what}_DIR": str(home / what) for what in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    options = {
        "ServerApp.jpserver_extensions": f"{extension}=True",
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "IdentityProvider.token": token,
    }
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            command + [f"--{name}={value}" for name, value in options.items()],
            cwd=course,
            env=os.environ | places | {"PYTHONPATH": str(ROOT / "utils"), "HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status?token={token}", server, home / "log")
        yield address, token
    finally:
        server.terminate()
        server.wait(SECONDS)


def wait_for(address, server, log):
    """Returns once a server answers."""
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(10 * SECONDS):
        assert server.poll() is None, log.read_text()
        try:
            return without_proxy.open(address, timeout=5).read()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer in {SECONDS} s: {log.read_text()}")


def entry(address):
    """The submission's notebook in a grade book: its id, and {cell: points given by hand}."""
    from nbgrader.api import Gradebook

    with Gradebook(address) as book:
        found = book.find_submission_notebook("assignment_01", NAME, "zoe")
        return found.id, {grade.name: grade.manual_score for grade in found.grades}


@pytest.mark.parametrize(
    "extension", ["forkgrade.form_grader", "nbgrader.server_extensions.formgrader"]
)
def test_the_form_grader_runs_nothing_of_a_student_s(course, watched, tmp_path, extension):
    address = f"sqlite:///{course}/gradebook.db"
    a_person_gives_points(course, address, watched, tmp_path, extension)


def test_the_form_grader_works_on_postgresql_too(database, watched, tmp_path):
    course = graded(tmp_path / "course", database)
    a_person_gives_points(course, database, watched, tmp_path, "forkgrade.form_grader")


def a_person_gives_points(course, book, watched, home, extension):
    """Opens the submission in a form grader, gives points for the written answer, and holds what
    ran, was fetched and was stored against what may.
    """
    ours = extension.startswith("forkgrade")
    submission_id, before = entry(book)
    with served(course, home, extension) as (address, token):
        one = watched(extra_http_headers={"Authorization": f"token {token}"})
        one.page.goto(f"{address}/formgrader/submissions/{submission_id}/")
        one.page.wait_for_selector("#explain")
        one.touch()
        ran, asked = one.did()
        assert not ran
        # nbgrader's own page asks a host of others for MathJax.
        assert [url for url in asked if ours or "mathjax" not in url] == []
        assert "Because $1 + 1 = 2$." in one.page.inner_text("body")
        given = 2 if before["explain"] != 2 else 1
        with one.page.expect_response(lambda answer: answer.request.method == "PUT"):
            one.page.fill("input#explain", str(given))
            one.page.press("input#explain", "Tab")
        page = f"{address}/formgrader/submissions/{submission_id}/evil.html"
        assert one.page.request.get(page).status == 404
    assert entry(book)[1]["explain"] == given
