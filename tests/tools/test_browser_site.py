"""The site, in a real browser and without a network: what a reader does on it works."""

import json
import re
from urllib.parse import unquote, urlparse

import pytest

from tests import chromium

chromium.skip_without()
pytest.importorskip("sphinx", reason="`make browser` installs what builds the site")

from tests.autograd_seen.show.test_browser import browser  # noqa: F401
from tools import site
from tools.lessons import lessons
from tools.places import ROOT
from tools.strict_nbval.normal_form import read

pytestmark = pytest.mark.filterwarnings("ignore")  # Sphinx's and docutils' own


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages of the default build."""
    place = tmp_path_factory.mktemp("site")
    site.lay_down(ROOT, place / "source", site.Wanted())
    site.build(place / "source", place / "html")
    return place / "html"


@pytest.fixture
def opened(browser, built):  # noqa: F811
    """A function that opens a page of the site, and notes what the page asks the network for."""
    asked, contexts = [], []

    def open_page(name, width=1280, theme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(f"error: {error}"))
        page.goto((built / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [one for one in asked if not one.startswith(("file:", "data:", "blob:"))] == []


def pages(built):
    return sorted(path.relative_to(built).as_posix() for path in built.rglob("*.html"))


def test_each_local_link_leads_to_a_page_and_a_place_on_it(built):
    places = {
        name: set(re.findall(r'\bid="([^"]*)"', (built / name).read_text(encoding="utf-8")))
        for name in pages(built)
    }
    broken = []
    for name in pages(built):
        text = (built / name).read_text(encoding="utf-8")
        for link in re.findall(r'\b(?:href|src)="([^"]*)"', text):
            link = link.replace("&#x27;", "'").replace("&#39;", "'").replace("&amp;", "&")
            if urlparse(link).scheme or not link or link == "#":
                continue
            file, _, anchor = unquote(link).partition("#")
            target = (built / name).parent.joinpath(file.split("?")[0]) if file else built / name
            if not target.resolve().exists():
                broken.append(f"{name}: {link}")
            elif anchor and target.suffix == ".html":
                there = places[target.resolve().relative_to(built.resolve()).as_posix()]
                if anchor not in {unquote(one).replace("&#x27;", "'") for one in there}:
                    broken.append(f"{name}: {link} names no place there")
    assert not broken, "\n".join(broken)


def test_no_answer_key_or_hidden_test_is_on_a_page(built):
    for path in built.rglob("*"):
        if path.suffix in (".html", ".js", ".txt", ".ipynb", ".md"):
            text = path.read_text(encoding="utf-8")
            for mark in "BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "<!-- teacher -->":
                assert mark not in text, f"{path} has {mark}"
    assert not (built / "worked").exists()
    for lesson in lessons():
        page = as_text(
            (built / lesson.place(lesson.exercise)).with_suffix(".html").read_text(encoding="utf-8")
        )
        given = "\n".join(cell.source for cell in read(lesson.exercise).cells)
        for cell in read(lesson.solution).cells:
            for kept in re.findall(
                r"### BEGIN [A-Z ]+\n(.*?)### END [A-Z ]+", cell.source, re.DOTALL
            ):
                lines = [line.strip() for line in kept.splitlines()]
                long = [line for line in lines if len(line) >= 25 and line not in given]
                assert not [line for line in long if as_text(line) in page], lesson.slug


def as_text(text):
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>|&#39;|&quot;|'|\"", "", text))


def test_the_numbers_of_a_page_are_those_of_its_notebook(built):
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = as_text((built / "notebooks" / f"{notebook.stem}.html").read_text(encoding="utf-8"))
        for cell in read(notebook).cells:
            for output in cell.get("outputs", ()):
                for line in output.get("text", "").splitlines():
                    shown = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                    assert as_text(shown) in page, f"{notebook.name}: {line}"


def test_the_site_is_small(built):
    assert sum(path.stat().st_size for path in built.rglob("*") if path.is_file()) < 8e6


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(opened, built, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = {}
    for name in pages(built):
        page = opened(name, theme=theme)
        for one in axe.run(page).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                places = [
                    " ".join(node["target"][0].split())
                    if isinstance(node["target"][0], str)
                    else str(node["target"])
                    for node in one["nodes"][:4]
                ]
                found.setdefault(f"{one['id']}: {one['help']}", []).append((name, places))
        page.close()
    assert not found, json.dumps(found, indent=1)


def test_no_page_is_wider_than_a_narrow_screen(opened, built):
    wide = []
    for name in pages(built):
        page = opened(name, width=390)
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(name)
        page.close()
    assert not wide


def test_a_folded_output_opens_when_it_is_asked_for(opened):
    page = opened("notebooks/02_chain_rule.html")
    output = page.locator("pre", has_text="x moves by 0.0010, y by 0.0080, z by -0.0077")
    assert not output.is_visible()
    page.locator("summary", has_text="Show the output").first.focus()
    page.keyboard.press("Enter")
    assert output.is_visible()


def test_a_choice_answers_the_one_who_opens_it(opened):
    page = opened("notebooks/02_chain_rule.html")
    right = page.locator("details:has(> summary:text-is('−0.0077'))").first
    assert not right.get_by_text("Yes.").is_visible()
    right.locator("summary").click()
    assert right.get_by_text("Yes.").is_visible()


def test_the_player_plays_by_keyboard(opened):
    page = opened("gallery.html")
    slider = page.locator(".autograd-player input[type=range]").first
    slider.scroll_into_view_if_needed()
    before = slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before


def test_the_slider_moves_the_numbers(opened):
    page = opened("notebooks/02_chain_rule.html")
    for fold in page.get_by_text("Show the output").all():
        fold.click()
    slider = page.locator(".autograd-slider input[type=range]").first
    before = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("ArrowRight")
    after = slider.get_attribute("aria-valuetext")
    assert re.search(r"\d", after) and after != before


def test_a_graph_follows_the_switch_of_the_page(opened):
    page = opened("gallery.html", theme="light")
    image = page.locator(".autograd-picture img").first
    page.wait_for_function("e => e.src.startsWith('blob:')", arg=image.element_handle())
    light = image.screenshot()
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    assert image.screenshot() != light
    page.evaluate("document.body.dataset.theme = 'light'")
    page.wait_for_timeout(300)
    assert image.screenshot() == light


def test_an_error_that_is_pasted_leads_to_its_section_at_the_first_click(opened):
    page = opened("find_error.html")
    page.get_by_label("The line that Python printed").fill(
        "RuntimeError: Can't call numpy() on Tensor that requires grad. Use "
        "tensor.detach().numpy() instead."
    )
    links = page.locator("tbody tr:visible a")
    assert links.count() == 1
    links.first.click()
    page.wait_for_load_state()
    heading = page.get_by_role("heading", name="Can’t call numpy() on a tensor")
    if not heading.count():
        heading = page.get_by_role("heading", name="Can't call numpy() on a tensor")
    page.wait_for_function(
        "e => e.getBoundingClientRect().y >= 0 && e.getBoundingClientRect().y < 300",
        arg=heading.first.element_handle(),
    )


def test_search_finds_a_word_without_a_network(opened):
    page = opened("index.html")
    page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first.fill("retain_graph")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li")
    assert "04_accumulation" in page.locator("#search-results").inner_html()


def test_plots_say_their_numbers(built):
    bare = []
    for path in sorted((built / "notebooks").glob("*.html")):
        for image in re.findall(r"<img [^>]*>", path.read_text(encoding="utf-8")):
            alt = re.search(r'alt="([^"]*)"', image)
            if "_images/" in image and (
                not alt or not re.search(r"\d", alt[1]) or "_images" in alt[1]
            ):
                bare.append(f"{path.name}: {image[:200]}")
    assert not bare, "\n".join(bare)


def test_formulas_are_mathml(built):
    page = (built / "notebooks" / "02_chain_rule.html").read_text(encoding="utf-8")
    assert "<math" in page and "MathJax" not in page


def test_a_page_prints_with_its_folded_outputs(opened):
    page = opened("notebooks/02_chain_rule.html")
    folded = page.locator("details:not([open])").count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    output = page.locator("pre", has_text="x moves by 0.0010, y by 0.0080, z by -0.0077")
    # Nothing comes slowly to a printer.
    folds = page.locator("details.hide > .cell_output").first
    assert folds.evaluate("e => getComputedStyle(e).animationName") == "none"
    assert float(folds.evaluate("e => getComputedStyle(e).opacity")) == 1
    assert output.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


def test_a_dark_page_prints_its_pictures_once_and_light(opened):
    page = opened("gallery.html", theme="dark")
    picture = page.locator(".autograd-picture").first
    page.wait_for_function(
        "document.querySelector('.autograd-picture img').src.startsWith('blob:')"
    )
    assert picture.locator("img:visible").count() == 1
    dark = picture.locator("img:visible").screenshot()
    page.emulate_media(media="print")
    assert picture.locator("img:visible").count() == 1
    light = picture.locator("img:visible").evaluate("e => e.src")
    page.emulate_media(media="screen")
    page.evaluate("document.body.dataset.theme = 'light'")
    page.wait_for_timeout(300)
    assert picture.locator("img:visible").evaluate("e => e.src") == light
    assert picture.locator("img:visible").screenshot() != dark


def test_a_bar_is_as_wide_as_what_it_stands_above(opened):
    page = opened("notebooks/06_linear_regression.html")
    widths = page.locator(".formula.displayed menclose").evaluate_all(
        "all => all.map(e => [e.getBoundingClientRect().width, getComputedStyle(e).borderTopWidth])"
    )
    assert len(widths) >= 2 and min(width for width, _ in widths[:2]) > 10
    assert all(float(line.removesuffix("px")) > 0 for _, line in widths)


def test_code_of_a_lesson_is_not_cut_beside_the_side_bar(opened, built):
    cut = []
    for name in pages(built):
        if name.startswith("notebooks/"):
            page = opened(name, width=1280)
            cut += page.locator(".cell_input pre").evaluate_all(
                "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
            )
            page.close()
    assert not cut
