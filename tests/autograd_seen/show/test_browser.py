"""Pictures and the player in a real browser: in JupyterLab, on an exported page without a network,
and where no script runs.
"""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import autograd_seen
import nbformat
import pytest
import torch
from autograd_seen import draw_graph, side_by_side, step_through

from tests.chromium import PROGRAM, playwright, skip_without
from tools.strict_nbval.running import execute

skip_without()
expect = playwright.expect

ROOT = Path(autograd_seen.__file__).parents[2]
# What a browser asks its maker, and what needs a graphics card.
OPTIONS = """--disable-background-networking --disable-component-update --disable-sync
    --disable-gpu --no-first-run --no-default-browser-check""".split()
SECONDS = 60
CELLS = [
    "import torch\nfrom autograd_seen import draw_graph, step_through",
    "x = torch.tensor(4.0, requires_grad=True)\ny = x**2\nz = torch.sin(y)\nstep_through(z)",
    "step_through(z)",
    "w = torch.tensor(1.5, requires_grad=True)\nh = w * 2\nL = h * h + h * w\nstep_through(L)",
    "draw_graph(z)",
]
ALT = "Graph of z: 2 operations; x leaf 4; y = x² intermediate 16 PowBackward0 saves self; z = "
STORY = [
    ("start", "x = 4"),
    ("step 1 of 2 · forward", "y = x² = 16"),
    ("step 2 of 2 · forward", "z = sin(y) = −0.2879"),
    ("backward starts", "∂z/∂z = 1"),
    ("step 1 of 3 · backward", "1 × (−0.9577) = −0.9577 to y"),
    ("step 2 of 3 · backward", "−0.9577 × 8 = −7.6613 to x"),
    ("step 3 of 3 · backward", ".grad would become: None + (−7.6613) → −7.6613"),
]


# --- what the tests stand on ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    expect.set_options(timeout=1000 * SECONDS)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=[*OPTIONS, *as_root])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return written(tmp_path_factory.mktemp("course"), CELLS)


def written(folder, sources):
    """A folder with a notebook that was never run, one that was run elsewhere, and that one as an
    HTML page.
    """
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    fresh = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(fresh, folder / "fresh.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT / "utils"))
        cloned = execute(fresh, folder)
    # JupyterLab trusts what it has saved itself: fresh.ipynb after its run would be this very one.
    cloned.metadata["title"] = "cloned"
    nbformat.write(cloned, folder / "cloned.ipynb")
    export("cloned.ipynb", folder, "exported")
    return folder


def export(notebook, folder, name, theme="light"):
    """Writes a notebook as an HTML page, without what nbconvert's own template would fetch."""
    empty = [
        f"--HTMLExporter.{what}_url="
        for what in ("require_js", "mathjax", "widget_renderer", "mermaid_js")
    ]
    options = ["--to", "html", "--theme", theme, "--output-dir", str(folder), "--output", name]
    command = [sys.executable, "-m", "nbconvert", *options, *empty, str(notebook)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def jupyterlab(course, tmp_path_factory):
    """The address of a JupyterLab that knows nothing of the user's own, as a function of a
    notebook's name.
    """
    home, token = tmp_path_factory.mktemp("home"), secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {
        f"JUPYTER_{what}_DIR": str(home / what.lower()) for what in ("CONFIG", "DATA", "RUNTIME")
    }
    places |= {"HOME": str(home), "USERPROFILE": str(home), "IPYTHONDIR": str(home / "ipython")}
    quiet = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    options = [
        *(
            "--no-browser",
            "--ServerApp.allow_root=True",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
        ),
        *(
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={course}",
            f"--IdentityProvider.token={token}",
        ),
        *(
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
        ),
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=os.environ | places | {"PYTHONPATH": str(ROOT / "utils")},
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
        # Each in a workspace of its own: in one that was used before, JupyterLab opens what was
        # open there too.
        lab = f"http://127.0.0.1:{port}/lab/workspaces"
        yield lambda name: f"{lab}/{name.removesuffix('.ipynb')}/tree/{name}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(address, server, log):
    for _ in range(10 * SECONDS):
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise TimeoutError(log.read_text())


@contextmanager
def opened(browser, address, **options):
    """A page at an address. On leaving, what it asked of other machines and what it complained of
    must be nothing.
    """
    with closing(
        browser.new_context(viewport={"width": 1300, "height": 900}, **options)
    ) as context:
        page, found = context.new_page(), []
        page.set_default_timeout(1000 * SECONDS)
        home = address.split("/lab/")[0] if "/lab/" in address else address
        page.on(
            "request",
            lambda request: (
                request.url.startswith((home, "data:", "blob:")) or found.append(request.url)
            ),
        )
        page.on("console", lambda message: is_complaint(message) and found.append(message.text))
        page.on(
            "pageerror",
            lambda error: is_of_jupyterlab(error) or found.append(f"{error}\n{error.stack}"),
        )
        page.goto(address)
        yield page
        assert not found


def is_of_jupyterlab(error):
    # On a busy machine its own code now and then removes a part of the page that it has already
    # removed.
    thrown_at = next(
        (line for line in (error.stack or "").splitlines() if line.strip().startswith("at ")), ""
    )
    return "/static/lab/" in thrown_at


def is_complaint(message):
    # JupyterLab says this of a channel to the kernel that its own widget manager has closed.
    return message.type == "error" and not message.text.startswith("Comm not found for comm id")


def command(page, name, **arguments):
    """Runs one of JupyterLab's commands."""
    # Its promise is not awaited: it may wait for the kernel, and this call knows no timeout.
    page.evaluate(
        "([name, options]) => void window.jupyterapp.commands.execute(name, options)",
        [name, arguments],
    )


def idle(page):
    """Waits until the notebook's kernel has nothing to do; the indicator says so before there is a
    kernel.
    """
    status = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
    page.wait_for_function(f"() => {status} === 'idle'")


@pytest.fixture(scope="module")
def lab(browser, jupyterlab):
    """A page with JupyterLab in which the notebook was run."""
    with opened(browser, jupyterlab("fresh.ipynb")) as page:
        idle(page)
        command(page, "notebook:run-all-cells")
        expect(page.locator(".autograd-player .controls")).to_have_count(3)
        yield page


@pytest.fixture
def exported(browser, course):
    with opened(browser, (course / "exported.html").as_uri(), offline=True) as page:
        yield page


@pytest.fixture(params=["lab", "exported"])
def page(request):
    """The same players in JupyterLab, and on an exported page without a network and without a
    kernel.
    """
    return request.getfixturevalue(request.param)


@pytest.fixture
def player(page):
    """The first player of the page, at the start of its play."""
    player = page.locator(".autograd-player").first
    button(player, "To the start").click()
    return player


def button(player, name):
    return player.get_by_role("button", name=name)


def read(player):
    """Where the player is, and its line of maths. Not inner_text, which is empty while JupyterLab
    skips the cell.
    """
    return player.locator(".where").text_content(), player.locator(
        ".said .math"
    ).first.text_content()


def shown_numbers(player):
    """What can be read of the picture and the table: values, gradients at edges and nodes, rows."""
    texts = player.locator(".autograd-graph text, .player td:not(.of)").all()
    return [text.text_content() for text in texts if text.is_visible()]


# --- the tests ------------------------------------------------------------------------------------


def test_it_plays_to_the_end_by_mouse(player):
    assert read(player) == STORY[0]
    button(player, "Play").click()
    assert read(player) == STORY[1], "the first step comes at once"
    button(player, "Pause").wait_for()
    expect(player.locator(".where")).to_have_text(STORY[-1][0])
    assert read(player) == STORY[-1]
    button(player, "Play").wait_for()


def test_it_steps_by_mouse(player):
    for wanted in STORY[1:]:
        button(player, "Step forward").click()
        assert read(player) == wanted
    button(player, "Step forward").click()
    assert read(player) == STORY[-1]
    for wanted in STORY[-2::-1]:
        button(player, "Step back").click()
        assert read(player) == wanted


def test_a_pause_lasts(player, page):
    button(player, "Play").click()
    button(player, "Pause").click()
    page.wait_for_timeout(3000)
    assert read(player) == STORY[1]


def test_the_slider_leads_anywhere(player):
    player.get_by_role("slider").fill("5")
    assert read(player) == STORY[5]
    told = player.get_by_role("slider").get_attribute("aria-valuetext")
    assert told == f"{STORY[5][0]} through y = x²; {STORY[5][1]}"


def test_it_plays_to_the_end_by_keyboard(player, page):
    player.locator(".autograd-graph").click()
    page.keyboard.press("Space")
    assert read(player) == STORY[1]
    expect(player.locator(".where")).to_have_text(STORY[-1][0])
    assert read(player) == STORY[-1]


def test_it_steps_by_keyboard(player, page):
    player.locator(".autograd-graph").click()
    for wanted in STORY[1:]:
        page.keyboard.press("ArrowRight")
        assert read(player) == wanted
    page.keyboard.press("ArrowLeft")
    assert read(player) == STORY[-2]
    page.keyboard.press("Home")
    assert read(player) == STORY[0]
    page.keyboard.press("End")
    assert read(player) == STORY[-1]


def test_every_control_is_reached_by_tab(player, page):
    player.locator(".player").focus()
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.shadowRoot.activeElement.ariaLabel"))
    assert [name.split(" (")[0] for name in names] == [
        "To the start",
        "Step back",
        "Play",
        "Step forward",
        "Step",
        "Speed",
    ]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    assert read(player) == STORY[1]


def test_nothing_shows_before_its_turn(player):
    graph = [
        "x = 4",
        "leaf",
        "x²",
        "PowBackward0",
        "y = ?",
        "intermediate",
        "sin",
        "SinBackward0",
        "z = ?",
        "root",
    ]
    assert shown_numbers(player) == graph
    player.get_by_role("slider").fill("4")
    flowed = {
        "× −0.9577",
        "◂ −0.9577",
        "◂ 1",
        "1",
        "−0.9577",
        "−0.9577 → y",
        "",
        "y = 16",
        "z = −0.2879",
    }
    assert set(shown_numbers(player)) - set(graph) == flowed
    player.get_by_role("slider").fill("6")
    assert {"◂ −7.6613", "None → −7.6613"} <= set(shown_numbers(player))


def test_a_matrix_is_one_question_mark_until_it_is_computed(browser, bare):
    W = torch.tensor([[1.0, 2.0], [1.0, 2.0]], requires_grad=True)
    y = W * 2
    z = y.sum()
    with opened(browser, bare(shown=step_through(z).html)) as page:
        texts = page.locator("[data-node] text")
        shown = [text.strip("\u00a0") for text in texts.all_text_contents()]
        assert [text for text in shown if "?" in text] == ["?", "z = ?"] and "[2, 4]]" not in shown
        page.get_by_role("slider").fill("1")
        shown = [text.strip("\u00a0") for text in texts.all_text_contents()]
        assert shown.index("[[2, 4],") + 1 == shown.index("[2, 4]]") and "?" not in shown


def test_the_numbers_are_pytorchs(player):
    x = torch.tensor(4.0, requires_grad=True)
    torch.sin(x**2).backward()
    player.get_by_role("slider").fill("6")
    _, line = read(player)
    assert line.split("→ ")[1] == f"{x.grad.item():.4f}".replace("-", "−")
    assert player.locator("tr.now").inner_text().split() == [
        "3",
        "x",
        "(leaf)",
        "−7.6613",
        "None",
        "→",
        "−7.6613",
    ]


def test_what_acts_is_outlined(player):
    player.get_by_role("slider").fill("5")
    lit = player.locator("[data-node].lit")
    assert lit.locator(".strong").all_text_contents() == ["x²"]
    plain = player.locator("[data-node]:not(.lit) > rect").first
    width = "element => parseFloat(getComputedStyle(element).strokeWidth)"
    assert lit.locator("rect").evaluate(width) > plain.evaluate(width)


def test_players_of_one_page_play_apart(player, page):
    twin, other = page.locator(".autograd-player").nth(1), page.locator(".autograd-player").nth(2)
    for one in (twin, other):
        button(one, "To the start").click()
    button(twin, "Step forward").click()
    assert [read(one)[0] for one in (player, twin, other)] == [
        "start",
        "step 1 of 2 · forward",
        "start",
    ]
    other.get_by_role("slider").fill("9")
    assert "a part from each use: 1.5 + 3 + 3 = 7.5" in other.locator(".said").inner_text()
    assert [read(one)[0] for one in (player, twin)] == ["start", "step 1 of 2 · forward"]


def test_without_motion_nothing_moves_by_itself(player, page):
    moves = """element => [element, ...element.querySelectorAll("*")].map(e => getComputedStyle(e))
        .some(s => s.animationName !== "none" || s.transitionDuration !== "0s"
            || s.scrollBehavior === "smooth")"""
    player.get_by_role("slider").fill("5")
    inside = player.locator(".player")
    assert inside.evaluate(moves)
    page.emulate_media(reduced_motion="reduce")
    assert not inside.evaluate(moves)
    page.emulate_media(reduced_motion="no-preference")


def test_on_paper_all_numbers_are_there(exported):
    player = exported.locator(".autograd-player").first
    exported.emulate_media(media="print")
    exported.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert {"y = 16", "◂ −7.6613", "None → −7.6613"} <= set(shown_numbers(player))
    assert not player.locator(".controls").is_visible()
    exported.set_viewport_size({"width": 640, "height": 800})
    for part in (".autograd-graph", ".player table"):
        box, paper = player.locator(part).bounding_box(), player.locator(".player").bounding_box()
        assert box["x"] + box["width"] <= paper["x"] + paper["width"], "nothing scrolls on paper"


def test_a_page_that_was_saved_while_it_played_plays_again(browser, exported, tmp_path):
    button(exported.locator(".autograd-player").first, "Step forward").click()
    saved = tmp_path / "saved.html"
    saved.write_text(exported.content(), encoding="utf-8")
    with opened(browser, saved.as_uri(), offline=True) as page:
        player = page.locator(".autograd-player").first
        expect(player.locator(".controls")).to_have_count(1)
        player.get_by_role("slider").fill("6")
        assert read(player) == STORY[-1]


@pytest.fixture(scope="module")
def bare(course):
    """A page with a player, a picture, and what is given: attributes of its elements and styles."""
    html = (course / "exported.html").read_text(encoding="utf-8")
    player = html[html.index('<div class="autograd-player') :]
    player = player[: player.index("</script>")] + "</script></div>"

    def write(html="", body="", head="", shown=player):
        file = course / f"{secrets.token_hex(4)}.html"
        start = f"<!doctype html><html lang=en {html}><meta charset=utf-8><title>t</title>{head}"
        file.write_text(f"{start}<body {body}>{shown}</body></html>", encoding="utf-8")
        return file.as_uri()

    return write


def is_dark(page):
    """Whether the picture stands on a dark plate; that the player does too."""
    dark = []
    for element in (page.locator(".autograd-graph .plate"), page.locator(".player")):
        style = "e => getComputedStyle(e)[e.matches('.player') ? 'backgroundColor' : 'fill']"
        colour = element.first.evaluate(style)
        dark.append(sum(map(int, re.findall(r"\d+", colour)[:3])) < 384)
    assert dark[0] == dark[1]
    return dark[0]


MARKS = {
    "JupyterLab": ("body", "data-jp-theme-light", {"true": False, "false": True}),
    "Furo": ("body", "data-theme", {"light": False, "dark": True}),
    "pydata": ("html", "data-theme", {"light": False, "dark": True}),
}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("name", MARKS)
def test_it_follows_the_mark_of_a_theme_whatever_the_system_is(browser, bare, name, system):
    where, mark, values = MARKS[name]
    first = next(iter(values))
    with opened(browser, bare(**{where: f"{mark}={first}"}), color_scheme=system) as page:
        for value in [*values, first]:
            page.evaluate(
                "([where, mark, value]) => document.querySelector(where).setAttribute(mark, value)",
                [where, mark, value],
            )
            page.wait_for_timeout(50)
            assert is_dark(page) == values[value]


@pytest.mark.parametrize("body", ["", "data-theme=auto"])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_without_a_mark_it_follows_the_system_where_the_page_does(browser, bare, body, system):
    follows = "<meta name=color-scheme content='light dark'>"
    for head, dark in [(follows, system == "dark"), ("", False)]:
        with opened(browser, bare(body=body, head=head), color_scheme=system) as page:
            assert is_dark(page) == dark


def test_an_exported_page_is_light_on_a_dark_system(browser, course):
    with opened(
        browser, (course / "exported.html").as_uri(), offline=True, color_scheme="dark"
    ) as page:
        assert not is_dark(page)


def test_no_style_sheet_of_the_page_reaches_the_player(browser, bare):
    hostile = """<style>p, table, tr, th, td, caption, button, svg, text, input, select, span {
        color: red !important; fill: red !important; display: none !important }
        body { color: #222; font: italic 40px serif; text-align: right; text-transform: uppercase }
        </style>"""
    looks = """element => [...element.querySelectorAll("*")].map(e => [getComputedStyle(e).color,
        getComputedStyle(e).fontSize, e.getBoundingClientRect().width])"""
    seen = []
    for head in ("", hostile):
        with opened(browser, bare(head=head)) as page:
            page.get_by_role("slider").fill("4")
            seen.append(page.locator(".player").evaluate(looks))
    assert seen[0] == seen[1] and len(seen[0]) > 100


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_still_to_come_can_be_read(browser, bare, theme):
    with opened(browser, bare(body=f"data-theme={theme}")) as page:
        found = page.locator(".player").evaluate("""player => {
            const rgb = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            const light = (colour) => rgb(colour).map((c) => c / 255).map((c) =>
                c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const plate = light(getComputedStyle(player).backgroundColor);
            return [...player.querySelectorAll(".unseen text")].map((text) => {
                const style = getComputedStyle(text);
                const ink = light(text.tagName === "text" ? style.fill : style.color);
                const opaque = [style, getComputedStyle(text.parentNode)]
                    .every((one) => one.opacity === "1");
                return opaque ? (Math.max(ink, plate) + 0.05) / (Math.min(ink, plate) + 0.05) : 0;
            });
        }""")
        assert len(found) >= 10 and min(found) >= 4.5


@pytest.fixture(scope="module")
def tall(bare):
    """A page with the player of a picture that is larger than a window."""
    torch.manual_seed(0)
    x, t = torch.tensor(3.0), torch.tensor(1.0)
    w, b = (torch.tensor(value, requires_grad=True) for value in (0.5, -0.2))
    p = 1 / (1 + torch.exp(-(w * x + b)))
    L = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return bare(shown=step_through(L).html, body="style='margin:0'")


@pytest.mark.parametrize("size", [(1280, 800), (800, 800), (390, 800)])
def test_the_controls_and_what_acts_are_in_view_at_every_step(browser, tall, size):
    width, height = size
    with opened(browser, tall, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": width, "height": height})
        slider, stage = page.get_by_role("slider"), page.locator(".stage")
        svg, controls = page.locator(".autograd-graph"), page.locator(".controls")
        for at in range(int(slider.get_attribute("max")) + 1):
            slider.fill(str(at))
            pane = stage.bounding_box()
            assert pane["height"] <= 0.55 * height and pane["y"] + pane["height"] <= height
            assert pane["width"] <= width and page.evaluate("scrollY") == 0
            bar = controls.bounding_box()
            assert pane["y"] + pane["height"] <= bar["y"] <= height - bar["height"], "below it"
            for box in page.locator(".lit[data-node] > rect").all():
                inner = box.bounding_box()
                assert pane["x"] <= inner["x"]
                assert inner["x"] + inner["width"] <= pane["x"] + pane["width"]
                assert pane["y"] <= inner["y"]
                assert inner["y"] + inner["height"] <= pane["y"] + pane["height"]
        assert svg.bounding_box()["width"] == float(svg.get_attribute("width")), "never shrunk"


@pytest.mark.parametrize("size", [(1280, 400), (390, 740), (640, 330)])
def test_a_long_caption_scrolls_and_leaves_the_picture_in_view(browser, bare, size):
    width, height = size
    parts = torch.arange(40.0, requires_grad=True).log1p().split(1)
    page_file = bare(shown=step_through(sum(parts)).html, body="style='margin:0'")
    with opened(browser, page_file, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": width, "height": height})
        slider, said = page.get_by_role("slider"), page.locator(".said")
        page.wait_for_timeout(100)
        hides = "e => e.scrollHeight > e.clientHeight"
        for at in (0, 2):
            slider.fill(str(at))
            assert said.evaluate(hides) == (said.get_attribute("tabindex") == "0") == (at == 2)
        places = set()
        for at in range(int(slider.get_attribute("max")) + 1):
            slider.fill(str(at))
            controls = page.locator(".controls").bounding_box()
            places.add(controls["y"])
            assert controls["y"] + controls["height"] <= height
            assert said.bounding_box()["height"] <= 0.3 * height + 1
        assert len(places) == 1, "nothing jumps"
        page.locator(".player").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert said.evaluate(hides)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.wait_for_function("e => e.scrollTop > 0", arg=said.element_handle())
        page.keyboard.press("Home")
        assert not said.evaluate(hides)
        page.keyboard.press("ArrowRight")
        assert read(page)[0].startswith("step 1 of"), "the keys are still the player's"


def test_an_edge_that_hides_something_fades(browser, tall):
    faded = """e => ["left", "right", "top", "bottom"]
        .filter((side) => e.style.getPropertyValue("--" + side) !== "0px")"""
    with opened(browser, tall, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": 390, "height": 800})
        stage = page.locator(".stage")
        page.wait_for_timeout(100)
        assert stage.evaluate(faded) == ["right", "bottom"]
        stage.evaluate("e => e.scrollTo(e.scrollWidth, e.scrollHeight)")
        page.wait_for_timeout(100)
        assert stage.evaluate(faded) == ["left", "top"]
        assert "linear-gradient" in stage.evaluate("e => getComputedStyle(e).maskImage")


def test_a_picture_on_a_phone_scrolls_at_its_size_and_fades(exported):
    image = exported.get_by_role("img", name=ALT)
    picture, natural = image.locator(".."), image.evaluate("e => e.naturalWidth")
    for width, hidden in [(1300, False), (390, True)]:
        exported.set_viewport_size({"width": width, "height": 800})
        assert image.bounding_box()["width"] == natural
        assert picture.evaluate("e => e.scrollWidth > e.clientWidth") == hidden
        # The edge that fades is as wide as the room behind the picture.
        fade = picture.evaluate("e => getComputedStyle(e).paddingRight")
        assert fade == ("28px" if hidden else "0px")
        assert "linear-gradient" in picture.evaluate("e => getComputedStyle(e).maskImage")


def test_the_speed_is_set(player, page):
    player.get_by_role("combobox", name="Speed").select_option("2")
    button(player, "Play").click()
    begun = time.monotonic()
    expect(player.locator(".where")).to_have_text(STORY[3][0])
    assert 1.5 < time.monotonic() - begun < 3.5, "two steps of a second each"
    button(player, "Pause").click()
    player.get_by_role("combobox", name="Speed").select_option("1")


def test_each_step_is_announced_once(player):
    said, slider = player.get_by_role("status"), player.get_by_role("slider")
    button(player, "Step forward").click()
    assert said.get_attribute("aria-live") == "polite"
    slider.focus()
    slider.press("ArrowRight")
    assert said.get_attribute("aria-live") == "off"
    told = "step 2 of 2 · forward through sin; z = sin(y) = −0.2879"
    assert slider.get_attribute("aria-valuetext") == told
    button(player, "Step back").click()
    assert said.get_attribute("aria-live") == "polite"


def test_at_both_ends_nothing_is_announced_again(player, page):
    said, player_itself = player.locator(".said"), player.locator(".player")
    watch = """one => {
        window.changes = 0;
        new MutationObserver((all) => (window.changes += all.length)).observe(one,
            { childList: true });
    }"""
    said.evaluate(watch)
    player_itself.focus()
    for key, changes in [("ArrowLeft", 0), ("Home", 0), ("End", 1), ("End", 1), ("ArrowRight", 1)]:
        page.keyboard.press(key)
        assert page.evaluate("window.changes") == changes
    assert read(player) == STORY[-1]


def test_a_page_from_right_to_left_leaves_formulas_as_they_are(browser, bare):
    places = """host => [...host.shadowRoot.querySelectorAll(
            "svg text, .said span, button, th, td")].map(one => {
        const box = one.getBoundingClientRect(), all = host.getBoundingClientRect();
        return [Math.round(box.left - all.left), Math.round(box.width)];
    })"""
    seen = []
    for html in ("", "dir=rtl"):
        with opened(browser, bare(html=html), reduced_motion="reduce") as page:
            page.get_by_role("slider").fill("6")
            seen.append(page.locator(".autograd-player").evaluate(places))
    assert seen[0] == seen[1]


def test_a_screen_reader_meets_the_player_by_its_names(player):
    told = player.aria_snapshot()
    assert "table" not in told.replace("in the table", ""), "before a step is taken it has no row"
    player.get_by_role("slider").fill("4")
    told += player.aria_snapshot()
    player.get_by_role("slider").fill("0")
    for line in (
        'group "Player: left and right arrows step, space plays"',
        'button "Play (space)"',
        'slider "Step"',
        'combobox "Speed"',
        "status: start with what is given x = 4",
        'img "Graph of z with the gradients of its backward pass; the steps are in the table"',
        'table "The steps of the backward pass"',
        'columnheader "gradient arriving"',
    ):
        assert line in told


def test_the_table_holds_the_steps_that_were_taken(player):
    table, slider = player.get_by_role("table"), player.get_by_role("slider")
    heights = []
    for at, rows in enumerate([0, 0, 0, 0, 1, 2, 3]):
        slider.fill(str(at))
        expect(table.get_by_role("rowheader")).to_have_count(rows)
        assert table.count() == (rows > 0)
        heights.append(table.bounding_box()["height"] if rows else 0)
    assert heights[3] < heights[4] < heights[5] < heights[6]
    assert 'rowheader "z = sin(y)"' in table.aria_snapshot()
    slider.fill("0")


def test_a_screen_reader_meets_a_picture_by_its_description(page):
    assert f'img "{ALT}' in page.locator("body").aria_snapshot()


def test_keys_that_it_does_not_use_go_to_the_page(exported):
    exported.evaluate(
        "() => { window.keys = []; document.onkeydown = (e) => void window.keys.push(e.key) }"
    )
    exported.locator(".autograd-player").first.locator(".autograd-graph").click()
    used = ("ArrowRight", "ArrowLeft", "Home", "End", " ", " ")
    left = ("j", "k", "Escape", "Shift+Enter", "Enter", "ArrowDown", "a", "Control+ArrowRight")
    for key in (*used, *left):
        exported.keyboard.press(key)
    names = [key.split("+")[-1] for key in left]
    assert [
        key for key in exported.evaluate("window.keys") if key not in ("Shift", "Control")
    ] == names


#: What nbconvert draws itself: the prompts and the code, in colours that are too pale for axe.
NBCONVERTS = [".jp-InputPrompt", ".jp-OutputPrompt", ".highlight"]


def test_pictures_stand_in_a_row_and_below_one_another_on_a_phone(browser):
    x = torch.tensor(4.0, requires_grad=True)
    row = side_by_side({"sine": draw_graph(x.sin()), "square": draw_graph(x**2)})
    with closing(browser.new_page(viewport={"width": 1280, "height": 800})) as page:
        page.set_content(row._repr_html_())
        sine, square = (page.get_by_role("figure", name=name) for name in row.pictures)
        assert sine.bounding_box()["y"] == square.bounding_box()["y"]
        expect(square.get_by_role("img")).to_have_accessible_name(re.compile("x leaf 4; #1 = x²"))
        page.set_viewport_size({"width": 390, "height": 800})
        above = sine.bounding_box()
        assert above["y"] + above["height"] <= square.bounding_box()["y"]
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_an_exported_lesson(browser, tmp_path, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The lesson that has a player, pictures and a plot.
    (lesson,) = (ROOT / "notebooks").glob("02_*.ipynb")
    export(lesson, tmp_path, "lesson", theme)
    with opened(browser, (tmp_path / "lesson.html").as_uri(), offline=True) as page:
        page.locator(".player").first.wait_for()
        # A link without an underline is nbconvert's style sheet as well.
        options = {"rules": {"link-in-text-block": {"enabled": False}}}
        context = {"exclude": [[selector] for selector in NBCONVERTS]}
        found = axe.run(page, context, options).response
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious
        assert {"image-alt", "svg-img-alt", "color-contrast"} <= {
            one["id"] for one in found["passes"]
        }
        graphs = page.locator("img[src^='data:image/svg']").all()
        stand_in = "No description has been provided for this image"
        assert graphs and all(stand_in not in image.get_attribute("alt") for image in graphs)


# --- in JupyterLab only ---------------------------------------------------------------------------


def test_jupyterlab_gets_the_keys_that_the_player_does_not_use(lab):
    player = lab.locator(".autograd-player").first
    player.locator(".autograd-graph").click()
    cells = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    first = lab.evaluate(cells)
    button(player, "Play").click()
    button(player, "Pause").click()
    lab.keyboard.press("Shift+Enter")
    lab.wait_for_function(f"({cells})() === {first + 1}")
    idle(lab)
    # The cell ran, and its output is a new player.
    player = lab.locator(".autograd-player").first
    expect(player.locator(".where")).to_have_text(STORY[0][0])
    for key, wanted in [("Escape", first), ("j", first + 1), ("k", first - 1)]:
        player.locator(".autograd-graph").click()
        lab.keyboard.press(key)
        lab.wait_for_function(f"({cells})() === {wanted}")


def test_it_follows_jupyterlabs_theme(lab):
    player = lab.locator(".autograd-player").first
    plate = player.locator(".plate")
    light = plate.evaluate("element => getComputedStyle(element).fill")
    command(lab, "apputils:change-theme", theme="JupyterLab Dark")
    expect(player.locator(".player")).to_have_class(re.compile(r"\bdark\b"))
    assert plate.evaluate("element => getComputedStyle(element).fill") != light
    command(lab, "apputils:change-theme", theme="JupyterLab Light")
    expect(player.locator(".player")).not_to_have_class(re.compile(r"\bdark\b"))


def test_a_second_view_and_a_second_run_play_too(lab):
    command(lab, "notebook:run-all-cells")
    idle(lab)
    expect(lab.locator(".autograd-player .controls")).to_have_count(3)
    lab.locator(".autograd-player").first.locator(".autograd-graph").click()
    command(lab, "notebook:create-output-view")
    expect(lab.locator(".autograd-player .controls")).to_have_count(4)
    view = lab.locator(".jp-LinkedOutputView .autograd-player")
    view.get_by_role("slider").fill("6")
    assert read(view) == STORY[-1]
    assert read(lab.locator(".jp-Notebook .autograd-player").first) == STORY[0]


def test_an_untrusted_notebook_shows_the_picture_and_the_table(browser, jupyterlab):
    with opened(browser, jupyterlab("cloned.ipynb")) as page:
        figure = page.locator(".jp-OutputArea-output figure").first
        figure.wait_for()
        assert_is_static(figure)
        picture = page.get_by_alt_text(ALT)
        assert picture.is_visible() and picture.bounding_box()["width"] > 300


def test_a_page_without_scripts_shows_the_picture_and_the_table(browser, course):
    with opened(
        browser, (course / "exported.html").as_uri(), offline=True, java_script_enabled=False
    ) as page:
        assert_is_static(page.locator("figure").first)


def assert_is_static(figure):
    image = figure.locator("img")
    assert image.is_visible() and image.bounding_box()["width"] > 300
    assert figure.locator("table").inner_text().split()[-3:] == ["None", "→", "−7.6613"]
    assert figure.locator("button, input, svg").count() == 0
    assert "function" not in figure.inner_text() and "{" not in figure.inner_text()
