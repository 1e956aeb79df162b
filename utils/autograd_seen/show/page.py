"""What a page that needs no kernel carries along: files that lie beside this one, and data."""

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parent
#: How large an output may be, as a notebook stores it, in bytes.
MOST_BYTES = 120_000
STRICT = '"use strict";\n'


def live_html(kind: str, static: list[str], style: str, story: object | None) -> str:
    """A part of a page that the script of its kind, "player" or "slider", brings to life.

    ``static`` is what a reader without scripts gets, as lines of HTML; ``style`` is for what the
    script makes of it, ``story`` the data that it shows. With no story there is no script.
    """
    lines, called = list(filter(None, static)), []
    if story is not None:
        # A function that begins with what both scripts share.
        script = packed(f"{kind}.js").replace(STRICT, f"{STRICT}{packed('page.js')}\n", 1)
        called = [script, in_script(style), in_script(story)]
    # Two on a page are told apart by what they show, not by a random name: equal ones may share it.
    key = hashlib.sha256("\n".join([*lines, *called]).encode()).hexdigest()[:12]
    if called:
        lines.append('<script>{}("{}", {}, {});</script>'.format(called[0], key, *called[1:]))
    # MathJax would take a dollar sign in a name for a formula.
    head = f'<div class="autograd-{kind} mathjax_ignore tex2jax_ignore" data-key="{key}">'
    return "\n".join([head, *lines, "</div>"])


def stored_size(html: str) -> int:
    """How many bytes a notebook stores for an output."""
    return len(json.dumps(html, ensure_ascii=False).encode())


def packed(name: str) -> str:
    """A script or a style sheet without its indentation and comments, which every output would
    carry.
    """
    lines = [line.strip() for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def in_script(data: object) -> str:
    """Data as JSON that may stand in a script of a page."""
    # In a script, "<" could end it, and a line separator a line of it.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
