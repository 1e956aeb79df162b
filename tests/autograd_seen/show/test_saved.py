"""The table of what a graph keeps: one row for each tensor, and the sums."""

import re

import torch
from autograd_seen import saved_bytes


def test_the_table_names_each_operation_once_and_ends_in_the_sums():
    a, b = torch.rand(300, requires_grad=True), torch.rand(300)
    y = a.exp()
    found = saved_bytes((y * y * b * a * 3).sum())
    assert [line.rstrip() for line in str(found).splitlines()] == [
        "operation      saves              bytes",
        "y = exp(a)     result = y (300,)  1,200",
        "#1 = y × y     other = y (300,)       0  memory counted before",
        "               self = y (300,)        0  memory counted before",
        "#2 = #1 × b    other = b (300,)   1,200  constant",
        "#3 = #2 × a    other = a (300,)   1,200  leaf",
        "               self = #2 (300,)   1,200",
        "#4 = #3 × 3    other, a number",
        "total                             3,600",
        "apart, leaves                     1,200  there anyway",
    ]
    html = found._repr_mimebundle_()["text/html"]
    assert re.sub("<.*?>", " ", re.findall("<tr>.*?</tr>", html)[-2]).split() == ["total", "3,600"]


def test_a_long_table_tells_the_first_and_the_last_rows():
    z = torch.rand(10, requires_grad=True)
    for _ in range(60):
        z = z.sin()
    found = saved_bytes(z)
    lines = str(found).splitlines()
    assert len(found.rows) == 60 and len(lines) == 44
    assert re.fullmatch(r"… 20 more +800", lines[21])
    # The first row keeps the leaf itself.
    assert lines[-2].split() == ["total", "2,360"] and lines[-1].split()[-3:-2] == ["40"]
