"""The arithmetic of the oracles is that of PyTorch."""

import pytest
import torch
from plainjudge.arithmetic import descend, mean, products, sigmoid


@pytest.mark.parametrize("value", [-30.0, -0.7, 0.0, 1.3])
def test_sigmoid(value):
    assert sigmoid(value) == pytest.approx(torch.tensor(value, dtype=torch.float64).sigmoid())


def test_mean_and_products():
    assert mean([1.5, 2.0, 4.0]) == 2.5
    assert products([1.5, 2.0], [3.0, -1.0]) == [4.5, -2.0]
    with pytest.raises(ValueError, match="shorter"):
        products([1.5, 2.0], [3.0])


@pytest.mark.parametrize("cleared", [True, False])
def test_descend_does_what_sgd_does(cleared):
    w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (1.5, -0.4))
    optimizer = torch.optim.SGD([w, b], lr=0.1)
    for _ in range(3):
        if cleared:
            optimizer.zero_grad()
        (w * w * b + b * b).backward()
        optimizer.step()
    made = descend(
        lambda w, b: (2 * w * b, w * w + 2 * b), [1.5, -0.4], 0.1, 3, kept=0.0 if cleared else 1.0
    )
    assert made == pytest.approx([w.item(), b.item()])
