"""Modules that open and shut in a real browser, by mouse and by keyboard."""

from contextlib import closing

import pytest
from autograd_seen import draw_graph, record_forward

from tests import chromium

chromium.skip_without()

from tests.autograd_seen.nets import nets
from tests.autograd_seen.show import test_browser as player_tests

expect, browser = chromium.playwright.expect, player_tests.browser


def residual(modules="auto"):
    model, x = nets()["residual"]
    with record_forward() as tape:
        z = model(x)
    return draw_graph(z, tape=tape, modules=modules).html


def written(folder, html, style="", attributes=""):
    """The address of a page with some HTML, a style sheet, and attributes of its root."""
    file = folder / "page.html"
    head = f"<!doctype html><html {attributes}><meta charset=utf-8><style>{style}</style>"
    file.write_text(f"{head}<body>{html}</body></html>", encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("page"), residual())


@pytest.fixture
def page(browser, page_file):
    page, problems = browser.new_page(viewport={"width": 1000, "height": 1200}), []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(page_file)
    problems.clear()
    yield page
    page.close()
    assert problems == []


def door(page, label):
    return page.locator(f'.door[aria-label="{label}"]')


def test_a_click_opens_a_module_and_a_click_shuts_it(page):
    told = page.locator(".told")
    expect(told).to_contain_text("drawn in 15 boxes")
    door(page, "Open model.layer2.0").click()
    expect(door(page, "Shut model.layer2.0")).to_have_count(1)
    assert "model.layer2.0.downsample" in page.locator("svg").inner_html()
    door(page, "Shut model.layer2.0").click()
    expect(told).to_contain_text("drawn in 15 boxes")


def test_what_was_clicked_stays_where_it_was(page):
    box = door(page, "Open model.layer3.0")
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    box.click()
    after = door(page, "Shut model.layer3.0").bounding_box()
    assert abs(before["y"] - after["y"]) < 40


def test_the_keyboard_opens_shuts_and_goes_on_from_there(page):
    door(page, "Open model.layer1.0").focus()
    page.keyboard.press("Enter")
    expect(door(page, "Shut model.layer1.0")).to_be_focused()
    page.keyboard.press("Space")
    expect(door(page, "Open model.layer1.0")).to_be_focused()


def test_where_what_was_opened_has_no_frame_the_picture_takes_the_keyboard(browser, tmp_path):
    with closing(browser.new_page(viewport={"width": 1000, "height": 400})) as page:
        page.goto(written(tmp_path, residual(modules=1)))
        active = "document.activeElement.shadowRoot?.activeElement?.className"
        assert page.evaluate(active) is None, "the page keeps it at first"
        door(page, "Open model.conv1").focus()
        before = page.evaluate("scrollY")
        page.keyboard.press("Enter")
        expect(door(page, "Open model.conv1")).to_have_count(0)
        assert page.evaluate(active) == "stage" and page.evaluate("scrollY") == before
        page.keyboard.press("Tab")
        assert "door" in page.evaluate(active + ".baseVal"), "and goes on from there"


def test_keys_and_buttons_zoom(page):
    width = page.locator("svg").bounding_box()["width"]
    page.locator(".stage").focus()
    page.keyboard.press("-")
    assert page.locator("svg").bounding_box()["width"] == pytest.approx(0.85 * width, abs=1)
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator("svg").bounding_box()["width"] == pytest.approx(1.25 * width, abs=1)
    page.keyboard.press("0")
    assert page.locator("svg").bounding_box()["width"] == pytest.approx(width, abs=1)


def test_dragging_moves_a_tall_picture_and_opens_nothing(page):
    stage, box = page.locator(".stage"), door(page, "Open model.layer1.0").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 100, steps=4)
    page.mouse.up()
    assert stage.evaluate("one => one.scrollTop") == pytest.approx(100, abs=2)
    expect(page.locator(".told")).to_contain_text("drawn in 15 boxes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_on_both_plates(browser, page_file, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(page_file)
    page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    plate = page.locator("rect.plate").evaluate("one => getComputedStyle(one).fill")
    ink = page.locator("text.strong").first.evaluate("one => getComputedStyle(one).fill")
    light = [sum(map(int, c[4:-1].split(","))) for c in (plate, ink)]
    assert (light[0] > light[1]) == (scheme == "light")
    page.close()


def test_every_picture_that_a_door_leads_to_can_be_drawn(page):
    seen = set()
    for _ in range(12):
        labels = page.locator(".door").evaluate_all("all => all.map(one => one.ariaLabel)")
        fresh = [label for label in labels if label not in seen]
        if not fresh:
            break
        seen.add(fresh[-1])
        door(page, fresh[-1]).first.focus()
        page.keyboard.press("Enter")
        assert page.locator("svg text").count() > 3
    assert len(seen) > 4


@pytest.mark.parametrize("height", [330, 740, 800])
def test_the_picture_and_its_buttons_are_in_view_together_at_each_zoom(page, height):
    page.set_viewport_size({"width": 640, "height": height})
    bar, stage = (page.locator(part).bounding_box() for part in (".bar", ".stage"))
    assert stage["y"] + stage["height"] - bar["y"] <= height
    assert stage["height"] >= 160


def test_a_page_from_right_to_left_leaves_formulas_as_they_are(page):
    places = """host => [...host.shadowRoot.querySelectorAll("svg text, .told")].map(one => {
        const box = one.getBoundingClientRect(), all = host.getBoundingClientRect();
        return [Math.round(box.left - all.left), Math.round(box.width)];
    })"""
    host = page.locator(".autograd-modules")
    before = host.evaluate(places)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert host.evaluate(places) == before


def test_a_readers_own_spacing_leaves_the_pictures_texts_in_their_boxes(page):
    widths = """host => [...host.shadowRoot.querySelectorAll("svg text")].map(
        text => text.getComputedTextLength())"""
    host = page.locator(".autograd-modules")
    before = host.evaluate(widths)
    page.add_style_tag(content="* { letter-spacing: .12em; word-spacing: .16em }")
    assert host.evaluate(widths) == before
    spacing = page.locator(".hint").evaluate("one => getComputedStyle(one).letterSpacing")
    assert spacing != "normal", "prose has what the reader wants"
