"""What a page that needs no kernel carries along: files that lie beside this one, and data."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


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
