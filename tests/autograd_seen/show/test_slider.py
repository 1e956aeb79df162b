"""Pictures with a slider, without a browser. test_browser_explore.py moves it in one."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest
from autograd_seen.show import slider
from autograd_seen.show.slider import Picture, Slider, Slides

HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'&", "\u2028"]


def slides(count=9, **changes):
    """``count`` positions of x, whose second half has another picture."""
    texts = [str(at) for at in range(count)]
    half = count // 2
    made = dict(
        subject="Graph of z",
        inputs={"x": texts},
        pictures=(picture("one", 0, (0,)), picture("two", half, (0,))),
        picture_of=tuple(int(at >= half) for at in range(count)),
        texts=tuple((f"z = −{at}",) for at in range(count)),
        columns=("z",),
        rows=tuple((f"−{at}",) for at in range(count)),
    )
    return Slides(**made | changes)


def plots(*labels):
    pictures = tuple(picture(label, at) for at, label in enumerate(labels))
    return Slides("", {"": labels}, pictures, tuple(range(len(labels))))


def picture(text, first, places=()):
    data = base64.b64encode(text.encode(errors="replace")).decode()
    return Picture("svg+xml", data, first, places)


class Page(HTMLParser):
    """What a browser finds: elements with their attributes, and the texts that are no script."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.script = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.lasttag == "script" and not self.script:
            self.script = data
        elif data.strip():
            self.texts.append(data.strip())

    def all(self, tag):
        return [attributes for found, attributes in self.elements if found == tag]


def test_without_a_script_there_is_the_first_picture_and_a_table_of_five():
    page = Page(Slider(slides()).html)
    first, other = page.all("img")
    assert first["alt"] == "Graph of z at x = 0: z = −0"
    assert base64.b64decode(first["src"].split(",")[1]) == b"one"
    assert other["alt"] == "Graph of z at x = 4: z = −4"
    assert page.texts[:3] == ["Graph of z at 9 positions, of which these are 5", "x", "z"]
    assert page.texts[3:13] == ["0", "−0", "2", "−2", "4", "−4", "6", "−6", "8", "−8"]
    assert page.texts[13:15] == ["Also at x = 4", "x = 4"]
    assert [one["scope"] for one in page.all("th")] == 2 * ["col"] + 5 * ["row"]


def test_five_positions_or_fewer_are_all_in_the_table():
    assert Page(Slider(slides(4)).html).texts[0] == "Graph of z at 4 positions"


def test_plots_are_named_by_their_labels_and_have_no_table():
    page = Page(Slider(plots("slow", "right", "wild")).html)
    assert [image["alt"] for image in page.all("img")] == ["slow", "right", "wild"]
    assert page.texts == ["slow", "Also: right, wild", "right", "wild"] and not page.all("table")
    assert Page(Slider(plots("slow")).html).texts == ["slow"]


def test_as_text_it_is_the_table_or_the_labels():
    assert str(Slider(slides(2))).splitlines() == [
        "Graph of z at 2 positions",
        "x  z",
        "0  -0",
        "1  -1",
    ]
    assert str(Slider(plots("slow", "wild"))) == "slow\nwild"
    assert Slider(slides(2))._repr_mimebundle_()["text/plain"] == str(Slider(slides(2)))


def test_the_script_gets_what_the_picture_says_at_each_position():
    script = Page(Slider(slides(4)).html).script
    story = json.JSONDecoder().raw_decode(script[script.index('{"subject"') :])[0]
    assert story["inputs"] == [["x", ["0", "1", "2", "3"]]]
    assert story["pictureOf"] == [0, 0, 1, 1] and story["places"] == [[0], [0]]
    assert story["texts"][3] == ["z = −3"] and story["rows"][3] == ["−3"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_and_no_label_breaks_out(text):
    for one in (slides(2, columns=(text,), inputs={text: ["0", "1"]}), plots(text, text + "2")):
        page = Page(Slider(one).html)
        assert len(page.all("script")) == 1 and len(page.all("img")) == 2
        assert "\u2028" not in page.script
        assert any(text in image["alt"] for image in page.all("img"))


def test_nothing_is_in_the_style_of_the_whole_page():
    page = Page(Slider(slides()).html)
    assert not page.all("style") and not page.all("link")
    assert [one["class"].split()[0] for one in page.all("div")] == ["autograd-slider"]


def test_two_that_differ_have_keys_that_differ_and_equal_ones_the_same_bytes():
    keys = [re.search('data-key="(.*?)"', Slider(one).html)[1] for one in (slides(2), slides(3))]
    assert keys[0] != keys[1]
    assert Slider(slides()).html == Slider(slides()).html


def test_what_is_too_large_says_how_many_positions_fit():
    large = [picture("x" * 9_000, at) for at in range(20)]
    labels = [f"step {at}" for at in range(20)]
    with pytest.raises(ValueError, match=r"20 positions .* 2\d\d kB.*: the first 9 fit") as raised:
        Slider(Slides("", {"": labels}, tuple(large), tuple(range(20))))
    assert "\n" not in str(raised.value)
    fits = Slider(Slides("", {"": labels[:9]}, tuple(large[:9]), tuple(range(9))))
    stored = json.dumps(fits.html, ensure_ascii=False).encode()
    assert slider.MOST_BYTES - 12_100 < len(stored) <= slider.MOST_BYTES == 120_000


def test_one_that_does_not_fit_says_that_none_does():
    with pytest.raises(ValueError, match=r"1 position would .*: not one fits"):
        Slider(Slides("", {"": ["huge"]}, (picture("x" * 100_000, 0),), (0,)))


def test_cut_keeps_what_the_first_positions_need():
    cut = slides(9).cut(3)
    assert cut.inputs == {"x": ["0", "1", "2"]} and len(cut.pictures) == 1
    assert len(cut.rows) == len(cut.texts) == len(cut.picture_of) == len(cut.values) == 3
