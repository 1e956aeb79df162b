"""The noise that is taken out of an output is noise, and only that."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from tools.strict_nbval import normal_form
from tools.strict_nbval.normal_form import NOISE, noise, without_noise

CASES = [
    ("/tmp/ipykernel_5447/3178328005.py:2: UserWarning: 7 left", "<cell>:2: UserWarning: 7 left"),
    ("/var/folders/x_/T/ipykernel_1/9.py:14: Warning", "<cell>:14: Warning"),
    (r"C:\Users\ADA~1\AppData\Local\Temp\ipykernel_88\42.py:3: Warning", "<cell>:3: Warning"),
    (
        '  File "/tmp/ipykernel_5447/31.py", line 3, in <module>',
        '  File "<cell>", line 3, in <module>',
    ),
    ("3/4 of 1e-3 /tmp/ipykernel_1/2.py:5: 6", "3/4 of 1e-3 <cell>:5: 6"),
]
KEPT = [
    "loss 0.2500 after 3/4 epochs",
    "/tmp/ipykernel_5447/data.csv",
    "/home/ada/course/utils/draw.py:12: UserWarning: 7 left",
    "<AddBackward0 object at 0x7f5d3c1b2e60>",
    "ipykernel_1/2.py",
]


@pytest.mark.parametrize(("text", "clean"), CASES)
def test_noise_is_replaced_and_its_neighbours_stay(text, clean):
    assert without_noise(text) == clean
    assert without_noise(clean) == clean


@pytest.mark.parametrize("text", KEPT)
def test_what_is_not_noise_stays(text):
    assert without_noise(text) == text


@pytest.mark.parametrize(("text", "clean"), CASES)
def test_a_changed_number_beside_noise_is_still_seen(text, clean):
    last = re.search(r"\d(?=\D*$)", text)
    other = text[: last.start()] + str((int(last.group()) + 1) % 10) + text[last.end() :]
    assert without_noise(other) != clean


def test_no_pattern_is_dead():
    assert NOISE, "sanitize.cfg holds no pattern that can be read"
    assert all(any(pattern.search(text) for text, _ in CASES) for pattern, _ in NOISE)


def test_nbval_reads_the_same_patterns():
    text = Path(normal_form.__file__).with_name("sanitize.cfg").read_text(encoding="utf-8")
    assert get_sanitize_patterns(text) == noise()
