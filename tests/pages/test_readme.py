"""The README says what is so: its picture, its links, its commands."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from autograd_seen import draw_graph, record_backward

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_picture_is_what_draw_graph_draws():
    x = torch.tensor(4.0, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    committed = (ROOT / "notebooks" / "images" / "sin_x2.svg").read_text(encoding="utf-8")
    drawn = draw_graph(record_backward(z)).svg
    assert drawn == committed, (
        "draw it again: draw_graph(record_backward(z)).save('notebooks/images/sin_x2.svg')"
    )


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_commands_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", README, re.M))
    assert {a or b for a, b in named} <= set(targets)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_make_alone_prints_each_target_with_a_line():
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    printed = subprocess.run(
        ["make"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert [line.split()[1] for line in printed.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in printed.splitlines())
