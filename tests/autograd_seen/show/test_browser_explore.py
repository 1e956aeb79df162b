"""explore and flip in a real browser: in JupyterLab, on an exported page, and where no script
runs.
"""

import re

import pytest
import torch

from tests import chromium

chromium.skip_without()

from tests.autograd_seen.show import test_browser as player_tests

expect = chromium.playwright.expect
opened, command, idle = player_tests.opened, player_tests.command, player_tests.idle
browser, jupyterlab = player_tests.browser, player_tests.jupyterlab

CELLS = [
    """import torch
from autograd_seen import explore, flip
from matplotlib.figure import Figure

def wave(x):
    y = x**2
    z = torch.sin(y)
    return z

def bent(x):
    if x > 0:
        return x * 3
    h = torch.relu(x)
    return h * h + x

def plot(step):
    figure = Figure(figsize=(5, 3.5))
    figure.add_subplot().plot([1, 1 - 2 * step])
    return figure""",
    "explore(wave, x=torch.linspace(0, 4, 9))",
    "explore(bent, x=[-2, -1, 1, 2])",
    "explore(lambda a, b: a * torch.exp(b), a=[1, 2, 3], b=[0, 1])",
    "flip({'slow': plot(0.1), 'right': plot(0.5), 'wild': plot(1.5)})",
    "explore(wave, x=torch.linspace(0, 4, 9))",
]
#: Whose numbers are shown at which place of the page.
WAVE, BENT, TWO, PLOTS, TWIN = range(5)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return player_tests.written(tmp_path_factory.mktemp("course"), CELLS)


@pytest.fixture(scope="module")
def lab(browser, jupyterlab):
    with opened(browser, jupyterlab("fresh.ipynb")) as page:
        idle(page)
        command(page, "notebook:run-all-cells")
        expect(page.locator(".autograd-slider .controls")).to_have_count(len(CELLS) - 1)
        yield page


@pytest.fixture
def exported(browser, course):
    with opened(browser, (course / "exported.html").as_uri(), offline=True) as page:
        yield page


@pytest.fixture(params=["lab", "exported"])
def page(request):
    return request.getfixturevalue(request.param)


def one(page, which, *places):
    """One of the pictures, its sliders moved to some places."""
    found = page.locator(".autograd-slider").nth(which)
    for slider, place in zip(found.get_by_role("slider").all(), places, strict=True):
        slider.fill(str(place))
    return found


def texts(shown):
    """The texts of the graph that is shown. Not inner_text, which is empty while JupyterLab skips
    the cell.
    """
    return shown.locator(".stage > svg:not(.off) text").all_text_contents()


# --- what moves -----------------------------------------------------------------------------------


def test_the_slider_is_right_below_the_picture(exported):
    for shown in exported.locator(".autograd-slider").all():
        frame, controls = (shown.locator(part).bounding_box() for part in (".frame", ".controls"))
        assert frame["y"] + frame["height"] == pytest.approx(controls["y"], abs=1)


@pytest.mark.parametrize("place", [0, 3, 8])
def test_the_numbers_are_pytorchs_at_each_place(page, place):
    x = torch.linspace(0, 4, 9)[place].requires_grad_()
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    wave = one(page, WAVE, place)
    numbers = [f"{value:.4f}" for value in (x, y, z, x.grad, y.grad)]
    at, *_ = numbers = [n.rstrip("0").rstrip(".").replace("-", "−") for n in numbers]
    shown = texts(wave)
    for text, number in zip(("x = {}", "y = {}", "z = {}", "◂ {}", "◂ {}"), numbers, strict=True):
        assert text.format(number) in shown
    assert wave.locator(".value").text_content() == at
    assert wave.locator(".said b").all_text_contents() == [numbers[2], numbers[3]]


def test_nothing_but_texts_moves(page):
    rectangles = """stage => [...stage.querySelectorAll("rect, path")].map(
        shape => [...shape.attributes].map(one => one.value).join(" "))"""
    before = one(page, WAVE, 0).locator(".stage").evaluate(rectangles)
    wave = one(page, WAVE, 7)
    assert wave.locator(".stage").evaluate(rectangles) == before
    inside = """stage => [...stage.querySelectorAll("[data-node]")].every(node => {
        const box = node.querySelector("rect").getBBox();
        return [...node.querySelectorAll("text")].every(text => {
            const at = text.getBBox(); return at.x >= box.x && at.x + at.width <= box.x + box.width;
        })})"""
    assert wave.locator(".stage").evaluate(inside)


def test_where_the_function_takes_another_way_the_picture_is_another(page):
    bent = one(page, BENT, 1)
    assert "relu" in texts(bent) and "bent(x) = −1" in texts(bent)
    stage = bent.locator(".stage")
    size = stage.bounding_box() if stage.is_visible() else None
    bent = one(page, BENT, 2)
    assert "relu" not in texts(bent) and "bent(x) = 3" in texts(bent)
    assert (stage.bounding_box() if stage.is_visible() else None) == size, "nothing jumps"
    assert "relu" in texts(one(page, BENT, 0))


def test_two_sliders_lead_to_each_pair(page):
    two = one(page, TWO, 2, 1)
    assert {"a = 3", "b = 1", "f(a, b) = 8.1548"} <= set(texts(two))
    assert {"a = 2", "b = 0", "f(a, b) = 2"} <= set(texts(one(page, TWO, 1, 0)))


def test_plots_are_shown_one_at_a_time(page):
    for place, label in enumerate(["slow", "right", "wild"]):
        plots = one(page, PLOTS, place)
        (shown,) = plots.locator(".stage > img:not(.off)").all()
        assert shown.get_attribute("alt") == label == plots.locator(".value").text_content()
        assert shown.evaluate("image => image.naturalWidth") == 500


def test_two_that_are_equal_move_apart(page):
    one(page, WAVE, 2)
    one(page, TWIN, 4)
    assert "x = 1" in texts(page.locator(".autograd-slider").nth(WAVE))
    assert "x = 2" in texts(page.locator(".autograd-slider").nth(TWIN))


# --- keys, and what is heard ----------------------------------------------------------------------


def test_arrow_keys_move_the_slider(page):
    wave = one(page, WAVE, 2)
    wave.get_by_role("slider").focus()
    for key, place in [
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 8),
        ("Home", 0),
        ("ArrowUp", 1),
    ]:
        page.keyboard.press(key)
        assert wave.get_by_role("slider").input_value() == str(place)
        assert f"x = {place / 2:g}" in texts(wave)


def test_a_screen_reader_hears_where_the_slider_is_and_what_is_there(page):
    wave = one(page, WAVE, 8)
    slider = wave.get_by_role("slider", name="x", exact=True)
    heard = "4: z = −0.2879, ∂z/∂x = −7.6613"
    assert slider.get_attribute("aria-valuetext") == heard
    picture = wave.get_by_role("img", name=f"Graph of z at x = {heard}", exact=True)
    assert picture.count() == 1
    plots = one(page, PLOTS, 1)
    slider = plots.get_by_role("slider", name="Picture", exact=True)
    assert slider.get_attribute("aria-valuetext") == "right"
    assert [image.get_attribute("alt") for image in plots.get_by_role("img").all()] == ["right"]


def test_other_keys_are_jupyterlabs(lab):
    wave = one(lab, WAVE, 2)
    slider, cells = wave.get_by_role("slider"), lab.locator(".jp-Cell")
    wave.locator(".said").click()
    slider.focus()
    before = cells.count()
    lab.keyboard.press("ArrowDown")
    assert slider.input_value() == "1"
    assert slider.evaluate("element => element.matches(':focus')"), "the cell stays chosen"
    count = wave.locator("xpath=ancestor::*[contains(@class, 'jp-Cell')]")
    count = count.locator(".jp-InputPrompt").first
    old = count.text_content()
    lab.keyboard.press("Shift+Enter")
    expect(count).not_to_have_text(old)
    idle(lab)
    assert cells.count() == before
    expect(lab.locator(".autograd-slider .controls")).to_have_count(len(CELLS) - 1)


# --- how it looks ---------------------------------------------------------------------------------


def test_it_follows_jupyterlabs_theme(lab):
    wave = one(lab, WAVE, 2)
    plate = wave.locator(".plate").first
    fill = "element => getComputedStyle(element).fill"
    light = plate.evaluate(fill)
    command(lab, "apputils:change-theme", theme="JupyterLab Dark")
    expect(wave.locator(".page")).to_have_class(re.compile(r"\bdark\b"))
    assert plate.evaluate(fill) != light
    command(lab, "apputils:change-theme", theme="JupyterLab Light")
    expect(wave.locator(".page")).not_to_have_class(re.compile(r"\bdark\b"))
    assert plate.evaluate(fill) == light


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("place", ["documentElement", "body"])
def test_it_follows_the_mark_of_a_theme_and_else_the_colour_of_the_text(exported, place, system):
    exported.emulate_media(color_scheme=system)
    wave = one(exported, WAVE, 2)
    plate = wave.locator(".plate").first
    for theme, is_dark in [("dark", True), ("light", False), ("auto", False)]:
        exported.evaluate("document.body.removeAttribute('data-jp-theme-light')")
        exported.evaluate(f"document.{place}.dataset.theme = '{theme}'")
        expect(wave.locator(".page")).to_have_class("page dark" if is_dark else "page")
        colour = plate.evaluate("element => getComputedStyle(element).fill")
        assert (sum(map(int, re.findall(r"\d+", colour))) < 384) == is_dark


def test_no_style_of_the_page_reaches_it_and_none_leaves_it(exported):
    wave = one(exported, WAVE, 2)
    looks = "element => [getComputedStyle(element).fontSize, getComputedStyle(element).color]"
    before = wave.locator(".said b").first.evaluate(looks)
    prose = exported.locator("body").evaluate(looks)
    exported.add_style_tag(content="b, p, .said b, .page { font-size: 40px !important }")
    assert wave.locator(".said b").first.evaluate(looks) == before
    assert exported.locator("body").evaluate(looks) == prose


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_on_a_narrow_page_it_scrolls_by_itself_and_says_that_there_is_more(exported, width):
    exported.set_viewport_size({"width": width, "height": 800})
    wave = one(exported, WAVE, 2)
    stage, frame = wave.locator(".stage"), wave.locator(".frame")
    side = "element => getComputedStyle(element).getPropertyValue('--{}')".format
    wider = stage.evaluate("element => element.scrollWidth > element.clientWidth + 1")
    assert wider == (width < 1280)
    expect(frame).to_have_attribute("style", re.compile(rf"--right: {int(wider)}\b"))
    assert wave.bounding_box()["width"] <= width
    if wider:
        stage.evaluate("element => element.scrollTo(9999, 0)")
        expect(frame).to_have_attribute("style", re.compile(r"--right: 0\b"))
        assert frame.evaluate(side("left")) == "1"
        smallest = """stage => Math.min(...[...stage.querySelectorAll("text")].map(
            text => text.getBoundingClientRect().height))"""
        assert stage.evaluate(smallest) > 9


@pytest.mark.parametrize("height", [330, 740, 800])
def test_picture_and_sliders_are_in_view_together_at_each_zoom(exported, height):
    # At 200 % a window of 1280 by 660 has half as many pixels each way.
    exported.set_viewport_size({"width": 640 if height == 330 else 1280, "height": height})
    for shown in exported.locator(".autograd-slider").all():
        picture, controls = (shown.locator(p).bounding_box() for p in (".frame", ".controls"))
        assert controls["y"] + controls["height"] - picture["y"] <= height
    plots = exported.locator(".autograd-slider").nth(PLOTS)
    assert plots.locator(".frame").bounding_box()["height"] >= 160


def test_a_page_from_right_to_left_leaves_formulas_as_they_are(exported):
    wave = one(exported, WAVE, 8)
    places = """host => [...host.shadowRoot.querySelectorAll("svg text, b, .value")].map(one => {
        const box = one.getBoundingClientRect(), all = host.getBoundingClientRect();
        return [Math.round(box.left - all.left), Math.round(box.width)];
    })"""
    before = wave.evaluate(places)
    exported.evaluate("document.documentElement.dir = 'rtl'")
    assert wave.evaluate(places) == before


def test_a_readers_own_spacing_leaves_the_pictures_texts_in_their_boxes(exported):
    wave = one(exported, WAVE, 8)
    widths = """host => [...host.shadowRoot.querySelectorAll("svg text")].map(
        text => text.getComputedTextLength())"""
    label = wave.locator(".said").evaluate("one => getComputedStyle(one).letterSpacing")
    before = wave.evaluate(widths)
    exported.add_style_tag(content="* { letter-spacing: .12em; word-spacing: .16em }")
    assert wave.evaluate(widths) == before
    assert wave.locator(".said").evaluate("e => getComputedStyle(e).letterSpacing") != label


# --- where no script runs -------------------------------------------------------------------------


def test_an_untrusted_notebook_shows_the_picture_and_the_table(browser, jupyterlab):
    with opened(browser, jupyterlab("cloned.ipynb")) as page:
        output = page.locator(".jp-OutputArea-output:has(table)").first
        output.wait_for()
        assert_is_static(output)


def test_a_page_without_scripts_shows_the_picture_and_the_table(browser, course):
    address = (course / "exported.html").as_uri()
    with opened(browser, address, offline=True, java_script_enabled=False) as page:
        assert_is_static(page.locator(".autograd-slider").nth(WAVE))
        plots = page.locator(".autograd-slider").nth(PLOTS)
        assert [image.is_visible() for image in plots.locator("img").all()] == [True, False, False]
        plots.locator("summary").click()
        assert all(image.is_visible() for image in plots.locator("img").all())


def assert_is_static(shown):
    image = shown.locator("img").first
    assert image.is_visible() and image.bounding_box()["width"] > 300
    assert image.get_attribute("alt") == "Graph of z at x = 0: z = 0, ∂z/∂x = 0"
    rows = [row.split() for row in shown.locator("table").inner_text().splitlines()]
    assert rows[-5:][0] == ["0", "0", "0"] and rows[-1] == ["4", "−0.2879", "−7.6613"]
    assert shown.locator("input").count() == 0
    assert "function" not in shown.inner_text() and "{" not in shown.inner_text()
