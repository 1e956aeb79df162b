"""Where a nan was born, in words and as a picture."""

import torch
from autograd_seen import draw_graph, find_nonfinite, record_backward, step_through

from tests.autograd_seen.live.drawn import leaf
from tests.autograd_seen.test_nonfinite import where_after_log, where_twice


def test_every_form_of_a_recorded_pass_marks_the_birthplace_in_words_and_with_two_outlines():
    recording = record_backward(where_after_log())
    picture = draw_graph(recording)
    assert picture.svg.count('class="born"') == 2 and "◂ nan is born here" in picture.svg
    assert "0 · inf = nan, in 1 of 2" in picture.svg
    assert "LogBackward0 saves self; nan is born here on the way back" in str(picture)
    assert "nan is born here: 0 · inf = nan, in 1 of 2" in str(picture)
    (box,) = [line for line in picture.source.splitlines() if "LogBackward0" in line]
    assert box.endswith("shape=box peripheries=2]")
    player = step_through(recording)
    assert "nan is born here: 0 · inf = nan, in 1 of 2" in player.html
    assert '["arriving","[0, 1]"],[""," × "],["each","[inf, 0.16]"],[""," = "]' in player.html
    finite = draw_graph(record_backward(where_twice()))
    assert "born" not in finite.svg + str(finite) + finite.source


def test_jupyter_shows_the_text_and_the_picture():
    found = find_nonfinite(where_after_log())
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"] == str(found)
    assert "nan is born on the way back through" in bundle["text/html"]
    assert "<img" in bundle["text/html"]


def test_two_kinds_that_are_born_in_one_operation_stand_in_one_line():
    x = leaf([0.0, 0.0, 4.0])
    picture = draw_graph(record_backward((x.sqrt() * torch.tensor([0.0, 1.0, 1.0])).sum()))
    assert "◂ nan and inf are born here" in picture.svg
    assert "nan and inf are born here on the way back" in str(picture)
