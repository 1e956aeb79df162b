"""What a page carries along is short, and cannot break out of its script."""

import json

import pytest
from autograd_seen.show.page import in_script, packed


@pytest.mark.parametrize("name", ["slider.js", "slider.css"])
def test_a_file_comes_without_comments_and_indentation(name):
    lines = packed(name).splitlines()
    assert len(lines) > 20
    assert all(line and line == line.strip() and not line.startswith("//") for line in lines)


@pytest.mark.parametrize("text", ["</script><!--", "\u2028\u2029", "−◂\"'", "a\nb"])
def test_data_in_a_script_is_the_same_data_and_one_line(text):
    written = in_script({"text": [text]})
    assert json.loads(written) == {"text": [text]}
    assert "<" not in written and len(written.splitlines()) == 1
