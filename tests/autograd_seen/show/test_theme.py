"""The theme: text that can be read, and each number in one place."""

import ast
from pathlib import Path

import pytest
from autograd_seen.show import theme
from autograd_seen.show.theme import DARK, LIGHT

FOLDER = Path(theme.__file__).parent


def test_text_in_both_themes_stands_out_from_its_plate():
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for palette in (LIGHT, DARK):
        plates = [fill for fill, _ in palette.boxes.values() if fill != "none"]
        for ink in palette.inks.values():
            for plate in plates:
                low, high = sorted((luminance(ink), luminance(plate)))
                assert (high + 0.05) / (low + 0.05) >= 4.5  # what WCAG 2.1 asks of small text


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_both_palettes_have_each_colour(palette):
    assert palette.boxes.keys() == LIGHT.boxes.keys() and palette.inks.keys() == LIGHT.inks.keys()
    for style in (*theme.BOXES, "frame"):
        assert theme.colours(palette, style)
    for style in (*theme.INKS, *palette.inks):
        assert theme.ink(palette, style).startswith("#")


def test_the_dash_of_several_styles_is_that_of_the_last_that_has_one():
    assert theme.dash("edge border") == theme.dash("border") == (2, 4)
    assert theme.dash("edge") == ()


@pytest.mark.parametrize("name", ["svg.py", "figure.py", "shapes.py", "scene.py", "dot.py"])
def test_no_number_of_the_theme_stands_elsewhere(name):
    tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    fractions = {number for number in numbers if isinstance(number, float)}
    # Half a height, and points in a pixel.
    assert fractions <= {0.5, 0.75}
    assert not {text for text in numbers if isinstance(text, str) and text.startswith("#")}
