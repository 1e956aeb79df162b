"""Modules that several tests record: an encoder, a net with residual blocks, a cell in a loop."""

import functools

import torch
from autograd_seen import record_backward, record_forward
from torch import nn


class Encoder(nn.Module):
    """An encoder of equal layers between two linear ones."""

    def __init__(self, layers=4, dropout=0.1):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout, batch_first=True)
        self.embed = nn.Linear(3, 8)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)).mean(1)).sum()


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            short = nn.Conv2d(channels, out, 1, stride, bias=False)
            self.downsample = nn.Sequential(short, nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class Residual(nn.Module):
    """Eight blocks in four stages, as in ResNet-18."""

    def __init__(self, width=4):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for stage in range(4):
            out = width * 2**stage
            channels = out if stage == 0 else out // 2
            first = Block(channels, out, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, Block(out, out)))
        self.fc = nn.Linear(width * 8, 5)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3))).sum()


class Loop(nn.Module):
    """A cell that takes one row after another."""

    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.LSTMCell(2, 3), nn.Linear(3, 1)

    def forward(self, rows):
        state = torch.zeros(1, 3), torch.zeros(1, 3)
        for row in rows:
            state = self.cell(row[None], state)
        return self.out(state[0]).sum()


class Recurrent(nn.Module):
    """An LSTM of two layers."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(2, 3, 2), nn.Linear(3, 1)

    def forward(self, rows):
        return self.out(self.lstm(rows)[0][-1]).sum()


class Twice(nn.Module):
    """One layer that is called twice, with functions between."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x):
        return self.a(torch.tanh(self.a(x)) * 2).sum()


def nets():
    """Name to (module, input)."""
    torch.manual_seed(0)
    return {
        "encoder": (Encoder(), torch.randn(2, 5, 3)),
        "residual": (Residual(), torch.randn(2, 3, 32, 32)),
        "loop": (Loop(), torch.randn(8, 2)),
        "recurrent": (Recurrent(), torch.randn(6, 1, 2)),
        "twice": (Twice(), torch.randn(2, 3)),
    }


@functools.cache
def recorded_graph(name):
    """The plain data of a recorded pass of one of the modules: to be looked at, not changed."""
    model, x = nets()[name]
    with record_forward() as tape:
        z = model(x)
    return record_backward(z, tape=tape).graph
