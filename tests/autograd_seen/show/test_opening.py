"""The page on which modules open: bounded, the same each time, a picture where no script runs."""

import functools
import json
import re

import pytest
import torch
from autograd_seen import draw_graph, record_backward, record_forward, step_through
from autograd_seen.show import opening
from autograd_seen.show.opening import MOST_BYTES
from torch import nn

from tests.autograd_seen.nets import Encoder, nets


def picture_of(name, **options):
    model, x = nets()[name]
    with record_forward() as tape:
        z = model(x)
    return draw_graph(z, tape=tape, **options)


@functools.cache
def residual_html():
    """What a notebook stores of a net with eight blocks: it takes half a second to make."""
    return picture_of("residual").html


def story_of(html):
    (found,) = re.findall(r', (\{"style".*\})\);</script>', html, flags=re.S)
    return json.loads(found)


@pytest.mark.parametrize("name", nets())
def test_a_notebook_stores_at_most_120_kilobytes(name):
    html = picture_of(name).html
    assert len(json.dumps(html, ensure_ascii=False).encode()) <= MOST_BYTES
    assert len(story_of(html)["views"]) > 3


def test_the_same_graph_gives_the_same_bytes():
    assert picture_of("residual").html == residual_html()


def test_where_no_script_runs_the_page_is_the_picture():
    picture = picture_of("residual")
    before, _, script = picture.html.partition("<script>")
    assert picture.image("a").partition("alt=")[0] in before and 'alt="Graph of z: ' in before
    assert script.count("</script>") == 1


def test_without_modules_there_is_no_script():
    x = torch.ones(3, requires_grad=True)
    with record_forward() as tape:
        z = x.sin().sum()
    assert "<script>" not in draw_graph(z, tape=tape).html
    assert "<script>" not in picture_of("twice", modules=None).html


def test_every_door_leads_to_a_picture_and_says_where():
    story = story_of(residual_html())
    for view in story["views"]:
        assert len(view["pieces"]) % 3 == 0
        assert max(view["pieces"][::3]) < len(story["table"])
        for part, target, label, _ in view["doors"]:
            assert part < len(view["pieces"]) // 3 and target < len(story["views"])
            assert re.match(r"(Open|Shut) model", label)
    labels = [label for *_, label, _ in story["views"][0]["doors"]]
    assert len(labels) == len(set(labels)) == 13


class Block(nn.Module):
    """A linear layer and layers beside a shortcut."""

    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(8, 8), nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x):
        return self.norm(x + self.mlp(self.linear(x)))


@pytest.mark.parametrize(
    ("modules", "recorded"), [("auto", True), (1, True), (2, False), (2, True), (3, False)]
)
def test_from_every_picture_doors_lead_back_to_the_first(modules, recorded):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), Block(), nn.ReLU(), Block(), nn.Linear(8, 1))
    x = torch.randn(4, 3)
    with record_forward() as tape:
        loss = net(x).pow(2).mean()
    shown = record_backward(loss, tape=tape) if recorded else loss
    options = {} if recorded else {"tape": tape}
    views = story_of(draw_graph(shown, modules=modules, **options).html)["views"]
    leads = [{target for _, target, *_ in view["doors"]} for view in views]
    back = {0}
    for _ in views:
        back |= {number for number, targets in enumerate(leads) if targets & back}
    assert len(views) > 1 and len(back) == len(views)


def test_pieces_of_pictures_that_are_left_out_are_left_out_too():
    story = story_of(picture_of("encoder", modules=2).html)
    used = {piece for view in story["views"] for piece in view["pieces"][::3]}
    assert used == set(range(len(story["table"])))


def test_a_door_is_at_the_box_that_it_opens():
    story = story_of(residual_html())
    for view in story["views"]:
        for part, _, label, _ in view["doors"]:
            piece = story["table"][view["pieces"][3 * part]]
            assert label.split(" ", 1)[1] in piece


def test_each_picture_says_for_how_many_operations_it_stands():
    story = story_of(residual_html())
    assert len({view["told"].partition(",")[0] for view in story["views"]}) == 1


def test_where_not_all_fit_the_page_says_so(monkeypatch):
    assert story_of(residual_html())["more"]
    assert not story_of(picture_of("twice").html)["more"]
    monkeypatch.setattr(opening, "MOST_VIEWS", 2)
    story = story_of(picture_of("twice").html)
    assert len(story["views"]) == 2 and story["more"]


def test_where_not_one_more_fits_there_is_the_picture_alone(monkeypatch):
    monkeypatch.setattr(opening, "MOST_BYTES", 1_000)
    assert "<script>" not in picture_of("twice").html


def test_pictures_of_a_recording_have_its_gradients():
    model, x = nets()["twice"]
    with record_forward() as tape:
        z = model(x)
    story = story_of(draw_graph(record_backward(z, tape=tape)).html)
    assert any("norm" in piece for piece in story["table"])
    assert "class='way'" in "".join(story["table"])


def test_a_name_cannot_end_the_script():
    model = nn.Sequential()
    model.add_module("</script><b>", nn.Linear(2, 2))
    model.add_module("x", nn.Linear(2, 1))
    x = torch.ones(1, 2)
    with record_forward() as tape:
        z = model(x).sum()
    html = draw_graph(z, tape=tape, modules=1).html
    assert html.count("</script>") == 1 and "<b>" not in html


def test_a_long_pass_that_is_not_played_has_modules_that_open():
    model, x = Encoder(3), torch.randn(1, 2, 3)
    with record_forward() as tape:
        z = model(x)
    html = step_through(z, tape=tape).html
    assert 'class="autograd-modules' in html and "is not played" in html
