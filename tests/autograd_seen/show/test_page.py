"""What a page carries along is short, and cannot break out of its script."""

import json

import pytest
from autograd_seen.show.page import in_script, live_html, packed, stored_size


@pytest.mark.parametrize("name", ["page.js", "player.js", "slider.js", "slider.css"])
def test_a_file_comes_without_comments_and_indentation(name):
    lines = packed(name).splitlines()
    assert len(lines) > 20
    assert all(line and line == line.strip() and not line.startswith("//") for line in lines)


@pytest.mark.parametrize("text", ["</script><!--", "\u2028\u2029", "−◂\"'", "a\nb"])
def test_data_in_a_script_is_the_same_data_and_one_line(text):
    written = in_script({"text": [text]})
    assert json.loads(written) == {"text": [text]}
    assert "<" not in written and len(written.splitlines()) == 1


@pytest.mark.parametrize("kind", ["player", "slider"])
def test_a_live_part_has_its_script_what_scripts_share_and_its_data(kind):
    html = live_html(kind, ["<p>still</p>", ""], "b {}", {"a": "</script>"})
    assert html.startswith(f'<div class="autograd-{kind} ') and "<p>still</p>\n<script>" in html
    assert html.count("<script>") == html.count("</script>") == 1
    assert html.count("function isDark(") == html.count("function make(") == 1
    key = html.split('data-key="')[1].split('"')[0]
    assert html.endswith(f')("{key}", "b {{}}", {{"a":"\\u003c/script>"}});</script>\n</div>')
    assert key not in live_html(kind, ["<p>still</p>"], "b {}", {"a": ""})


def test_a_notebook_stores_an_output_in_so_many_bytes():
    assert stored_size("é−\n") == 9  # two and three bytes, a line's end as two, and the quotes


def test_what_has_no_story_has_no_script():
    assert "script" not in live_html("player", ["<p>still</p>"], "", None)
