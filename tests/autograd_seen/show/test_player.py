"""step_through: what the player will show, without a browser. tests/test_browser.py plays it in
one.
"""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from autograd_seen.draw import draw_graph
from autograd_seen.live.backward import record_backward
from autograd_seen.show import player, theme
from autograd_seen.show.player import Player
from autograd_seen.show.steps import MOST_STEPS
from autograd_seen.step import step_through

from tests.autograd_seen.shown import shown as in_words

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "\"'&\\",
    "\u2028",
    "$x$",
]


def leaf(value):
    return torch.tensor(value, requires_grad=True)


def sine():
    x = leaf(4.0)
    y = x**2
    z = torch.sin(y)
    return step_through(z)


def neuron():
    """Binary cross-entropy of one neuron, written out term by term."""
    x, t = torch.tensor(3.0), torch.tensor(1.0)
    w, b = leaf(0.5), leaf(-0.2)
    z = w * x + b
    p = 1 / (1 + torch.exp(-z))
    L = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return step_through(L)


def used_twice():
    w = leaf(1.5)
    h = w * 2
    L = h * h + h * w
    return step_through(L)


class Page(HTMLParser):
    """The elements of a page, and the text of its table row by row."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.rows, self.attributes, self.script, self.inside = [], [], [], "", ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.inside = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("td", "th"):
            self.rows[-1][-1] += data
        if self.inside == "script":
            self.script += data

    def story(self):
        """What the script is called with."""
        call = re.search(r'\("\w{12}", ".*", (\{"moments".*\})\);$', self.script, re.DOTALL)
        return json.loads(call[1])


def story(shown):
    return Page(shown.html).story()


def captions(shown):
    """Each moment's caption as the reader sees it, one string for each line."""
    return [
        ["".join(text for _, text in line) for line in moment["lines"]]
        for moment in story(shown)["moments"]
    ]


def picture(shown):
    (payload,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', shown.html)
    return base64.b64decode(payload).decode()


def key_of(shown, name):
    (key,) = [node.key for node in in_words(shown.recording.graph).nodes if node.name == name]
    return key


# --- what is shown without a script ---------------------------------------------------------------


def test_jupyter_gets_html_and_text():
    bundle = sine()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == str(sine()) == repr(sine())


def test_the_static_page_is_a_picture_and_a_table():
    shown = sine()
    page = Page(shown.html)
    assert not {"button", "input", "svg"} & set(page.tags)
    assert page.tags.count("img") == page.tags.count("table") == page.tags.count("script") == 1
    drawn = re.sub("<desc>.*</desc>\n", "", draw_graph(shown.recording).svg, flags=re.DOTALL)
    assert picture(shown) == drawn
    said = "Graph of z with the gradients of its backward pass; the steps are in the table"
    assert ("alt", said) in page.attributes
    assert page.rows == [
        [
            "step",
            "node",
            "gradient arriving",
            "local derivative",
            "gradient sent on",
            ".grad would become",
        ],
        ["1", "z = sin(y)", "1", "−0.9577", "−0.9577 → y", ""],
        ["2", "y = x²", "−0.9577", "8", "−7.6613 → x", ""],
        ["3", "x (leaf)", "−7.6613", "", "", "None → −7.6613"],
    ]


def test_the_table_agrees_with_pytorch():
    x, t = torch.tensor(3.0), torch.tensor(1.0)
    w, b = leaf(0.5), leaf(-0.2)
    p = 1 / (1 + torch.exp(-(w * x + b)))
    (-(t * torch.log(p) + (1 - t) * torch.log(1 - p))).backward()
    kept = {row[1]: row[-1] for row in Page(neuron().html).rows if row[-1].startswith("None")}
    assert kept == {
        "w (leaf)": f"None → {w.grad:.4f}".replace("-", "−"),
        "b (leaf)": f"None → {b.grad:.4f}".replace("-", "−"),
    }


def test_a_step_that_sends_two_gradients_has_two_rows():
    rows = Page(used_twice().html).rows
    assert rows[1] == ["1", "L = #1 + #2", "1", "1", "1 → #1", ""]
    assert rows[2] == ["1", "1 → #2", ""]


def test_no_address_but_that_of_the_svg_namespace():
    for text in (sine().html, picture(sine())):
        assert {url for url in re.findall(r"(?:https?:)?//[\w.]+[^\"' )]*", text)} <= {
            "http://www.w3.org/2000/svg"
        }


def test_the_output_is_small():
    assert len(sine().html.encode()) < 25_000
    assert len(neuron().html.encode()) < 60_000


def test_the_table_says_what_its_columns_and_rows_are():
    page = Page(neuron().html)
    assert page.tags.count("caption") == 1
    scopes = [value for name, value in page.attributes if name == "scope"]
    assert scopes == ["col"] * 6 + ["row"] * len(neuron().recording.steps)


def test_a_rehearsal_says_what_would_become_of_grad():
    def became(recording):
        lines = story(Player(recording))["moments"][-1]["lines"]
        return [kind for line in lines for kind, _ in line if kind in ("would", "grad")]

    x = leaf(4.0)
    assert became(record_backward(x**2)) == ["would"]
    assert became(record_backward(x**2, accumulate=True)) == ["grad"]


def test_what_is_still_to_come_keeps_text_that_can_be_read():
    # test_theme.py measures each ink on each plate; here, that the player takes one of these.
    style = (Path(player.__file__).parent / "player.css").read_text(encoding="utf-8")
    assert ".unseen > text { fill: var(--muted) }" in style
    faded = [rule for rule in style.split("}") if re.search(r"(?<!stroke-)opacity:", rule)]
    assert [rule.split("{")[0].strip() for rule in faded] == [".autograd-graph .unseen > .tip"]


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_the_player_has_the_colours_of_the_theme(palette):
    shown = sine().html
    for name, colour in (palette.inks | {"plate": palette.boxes["plate"][0]}).items():
        assert f"--{name}:{colour};" in shown


def test_players_that_show_something_else_have_other_keys():
    def key(shown):
        return dict(Page(shown.html).attributes)["data-key"]

    x = leaf(4.0)
    assert key(sine()) == key(sine()) != key(step_through(torch.sin(x**2)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    tensors = {name: leaf(1.5)}
    shown = step_through(tensors[name] * 2, **{name: tensors[name]})
    page = Page(shown.html)
    assert page.tags == Page(step_through(leaf(1.5) * 2).html).tags
    assert page.script.count("<") == Page(sine().html).script.count("<")
    drawn = in_words(shown.recording.graph).nodes[0].name
    assert f"{drawn} (leaf)" in [row[1] for row in page.rows]
    assert page.story()["moments"][0]["lines"][1][0][1].startswith(drawn)
    assert "mathjax_ignore" in shown.html


def test_a_long_pass_is_shown_and_not_played():
    x = leaf(0.5)
    for _ in range(MOST_STEPS):
        x = torch.sin(x)
    shown = step_through(x)
    page = Page(shown.html)
    assert "script" not in page.tags and "A pass of more than 80 steps is not played." in shown.html
    half = MOST_STEPS // 2
    assert len(page.rows) == 1 + MOST_STEPS + 1
    assert page.rows[half + 1] == ["… 1 step not shown …"]
    assert [row[0] for row in page.rows[half : half + 3 : 2]] == [f"{half}", f"{half + 2}"]
    assert f'<tr data-step="{MOST_STEPS + 1}">' in shown.html
    assert '<td colspan="6">… 1 step' in shown.html


# --- what is recorded -----------------------------------------------------------------------------


def test_names_are_the_callers():
    x = leaf(3.0)
    layers = [leaf(2.0)]
    text = str(step_through(x * layers[0]))
    assert "x  " in text and "layers[0]  " in text and "#1 = x × layers[0]" in text
    assert "output" not in text
    assert "a (leaf)" in str(step_through(x * 2, a=x))


def test_of_two_names_the_one_that_record_backward_takes():
    x = alias = leaf(3.0)
    second = first = alias * 2
    assert [node.name for node in in_words(step_through(second).recording.graph).nodes] == [
        node.name for node in in_words(record_backward(first).graph).nodes
    ]
    assert x is alias


@pytest.mark.parametrize(
    "name",
    ["gradient", "output_or_recording", "accumulate", "create_graph", "max_operations", "tape"],
)
def test_no_variable_of_the_caller_is_taken_for_an_option(name):
    namespace = {"step_through": step_through, "torch": torch}
    exec(
        f"{name} = torch.tensor(3.0, requires_grad=True)\nshown = step_through({name} * 2)",
        namespace,
    )
    assert str(namespace["shown"].recording.steps[-1].after) == "2"


def test_grad_and_graph_are_left_alone():
    x = leaf(4.0)
    z = torch.sin(x**2)
    assert "rehearsed: it changed no .grad" in step_through(z).html
    assert x.grad is None
    z.backward()


def test_a_recording_is_shown_as_it_is():
    x = leaf(4.0)
    recording = record_backward(x**2, accumulate=True)
    shown = step_through(recording)
    assert isinstance(shown, Player) and shown.recording is recording
    assert "rehearsed" not in shown.html


def test_a_gradient_can_be_given():
    x = leaf([1.0, 2.0])
    y = x * 3
    shown = step_through(y, torch.tensor([10.0, 20.0]))
    assert ["at y", "gradient given for y: [10, 20]"] in captions(shown)
    assert captions(shown)[-1][-1] == ".grad would become: None + [30, 60] → [30, 60]"


@pytest.mark.parametrize("wrong", [3.0, None, [1], "z", draw_graph])
def test_anything_else_is_refused_in_one_line(wrong):
    with pytest.raises(
        TypeError,
        match=r"^step_through needs a tensor or what record_backward returned, and got an? \w+: ",
    ):
        step_through(wrong)


def test_a_recording_comes_alone():
    x = leaf(4.0)
    recording = record_backward(x * 2)
    for more, named in [((torch.ones(()),), {}), ((), {"x": x})]:
        with pytest.raises(TypeError, match="takes nothing else: record_backward or record_jvp"):
            step_through(recording, *more, **named)


# --- what is played -------------------------------------------------------------------------------


def test_a_whole_jacobian_is_named_and_not_shown():
    x = leaf([1.0] * 13)
    shown = step_through(x.sum())
    assert "1 × J = all 1 to x" in captions(shown)[-2]
    assert Page(shown.html).rows[1][3] == "Jacobian"
    small = step_through(x[:2].sum())
    assert "1 × [1, 1] = [1, 1] to #1" in captions(small)[-3]
    assert Page(small.html).rows[1][3] == "J = [1, 1]"


def test_every_part_of_the_story_is_in_the_picture():
    shown = used_twice()
    at = story(shown)
    for kind in ("node", "edge", "flow"):
        drawn = {int(number) for number in re.findall(rf'data-{kind}="(\d+)"', picture(shown))}
        lit = {number for moment in at["moments"] for number in moment.get("lit", {}).get(kind, [])}
        assert lit and lit <= drawn <= set(range(len(at[kind])))
    assert {int(number) for number in re.findall(r'data-edge="(\d+)"', picture(shown))} == {
        *range(len(at["edge"]))
    }


@pytest.mark.parametrize("name", ["page.js", "player.js", "slider.js"])
def test_a_script_makes_no_html_of_text_and_asks_no_network(name):
    script = (Path(player.__file__).parent / name).read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval",
        "Function(",
        "fetch",
        "XMLHttp",
    ):
        assert word not in script
