"""What a student wrote or displayed, as HTML that a browser may see: nothing in it runs, nothing is
fetched, and no tag reaches beyond it.

bleach cleans it. nbconvert, which makes every page here, requires bleach and cleans with it too; it
parses as browsers do, and takes the CSS of a style apart. Only what is listed here is left.
"""

import html
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from forkgrade.nbgrader_patches import skip_address_grammar

TAGS = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub "
    "summary sup table tbody td tfoot th thead tr u ul var wbr".split()
)
#: The attributes of any tag, beside those that `may_have` looks at.
ATTRIBUTES = frozenset(
    "align alt colspan dir height lang open rowspan scope start style title width".split()
)
#: A link leads to another page, or to a place on this one: never to a path of the server that shows
#: it.
LINK = re.compile(r"(https?://|mailto:|#)[^\s]*")
#: A picture lies in the page. An SVG in an <img> runs no script and fetches nothing.
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
#: The classes of coloured code and of a pandas table. A page's own script knows other ones.
CLASS = re.compile(r"highlight|dataframe|language-\w+|[a-z]{1,2}[a-z0-9]?")

#: What a style may say. None of it takes a thing out of its place, over another one.
PROPERTIES = frozenset(
    "background background-color border border-bottom border-collapse border-color border-left "
    "border-radius border-right border-spacing border-style border-top border-width color display "
    "font font-family font-size font-style font-variant-numeric font-weight height line-height "
    "max-height max-width min-width overflow overflow-x padding padding-bottom padding-left "
    "padding-right padding-top text-align text-decoration vertical-align white-space width".split()
)
FUNCTIONS = frozenset("calc clamp hsl hsla max min rgb rgba".split())

#: Characters that mean something to a Markdown parser, or to one of formulas, also inside HTML.
MARKDOWN = str.maketrans({mark: f"&#{ord(mark)};" for mark in "[]`\\$"})
BLANK_LINE = re.compile(r"\n(?=[ \t\r]*\n)")
BASE64 = re.compile(r"base64,[A-Za-z0-9+/=]+")

#: Characters that are cleaned in this process. The worst of them take two seconds, not ten minutes.
FEW = 6_000
MIB = 2**20
MEMORY_MB = 2_048


class Piece(NamedTuple):
    """Something to be cleaned: a text of a `kind`, "markdown" or "html", and the pictures that were
    pasted into it, as JSON.
    """

    kind: str
    text: str
    pictures: str = "{}"

    @property
    def weight(self) -> int:
        """How many characters a parser has to look at."""
        text = without_scripts(self.text) if self.kind == "html" else self.text
        return len(BASE64.sub("", text))


# --- cleaning -------------------------------------------------------------------------------------


class Style:
    """What bleach asks to clean a style."""

    def sanitize_css(self, style: str) -> str:
        """The declarations that only say how a thing looks in its own place."""
        import tinycss2

        found = tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
        kept = [
            one
            for one in found
            if one.type == "declaration" and one.lower_name in PROPERTIES and is_plain(one.value)
        ]
        return "; ".join(
            f"{one.lower_name}: {tinycss2.serialize(one.value).strip()}" for one in kept
        )


def is_plain(tokens: Iterable) -> bool:
    """Whether a value of CSS fetches nothing and is no trick: words, numbers, colours, sums."""
    for token in tokens:
        if token.type == "function":
            if token.lower_name not in FUNCTIONS or not is_plain(token.arguments):
                return False
        elif token.type == "() block":
            if not is_plain(token.content):
                return False
        elif token.type not in {
            "ident", "number", "dimension", "percentage", "hash", "literal", "whitespace", "string"
        }:  # fmt: skip
            return False
    return True


def may_have(tag: str, name: str, value: str) -> bool:
    """Whether a tag may have an attribute of this name and value."""
    if name == "href":
        return tag == "a" and LINK.fullmatch(value) is not None
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "class":
        return all(CLASS.fullmatch(one) for one in value.split())
    return name in ATTRIBUTES


def clean(text: str, strip: bool) -> str:
    """HTML with nothing in it but what is listed above; the rest is left out where `strip`, else
    shown as text.
    """
    from bleach.sanitizer import Cleaner

    cleaner = Cleaner(
        tags=TAGS,
        attributes=may_have,
        protocols=["https", "http", "mailto", "data"],
        strip=strip,
        css_sanitizer=Style(),
    )
    return cleaner.clean(text)


def without_scripts(text: str) -> str:
    """HTML without scripts, styles and drawings, whose text nobody is to read. What else they are
    is no matter: `clean` comes after.
    """
    for name in "script", "style", "svg":
        opening, closing = (re.compile(mark + name, re.IGNORECASE) for mark in ("<", "</"))
        kept, at = [], 0
        while begin := opening.search(text, at):
            kept.append(text[at : begin.start()])
            end = closing.search(text, begin.end())
            at = text.find(">", end.end()) + 1 if end else 0
            at = at or len(text)
        text = "".join([*kept, text[at:]])
    return text


def rendered(piece: Piece) -> str:
    """A piece as clean HTML. A Markdown text shows what it may not contain; of what a program
    displayed that is left out.
    """
    if piece.kind == "html":
        return clean(without_scripts(piece.text), strip=True)
    from nbconvert.filters.markdown_mistune import (
        InvalidNotebook,
        IPythonRenderer,
        MarkdownWithMath,
    )

    renderer = IPythonRenderer(
        escape=False, exclude_anchor_links=True, attachments=json.loads(piece.pictures)
    )
    try:
        return clean(MarkdownWithMath(renderer=renderer).render(piece.text), strip=False)
    except InvalidNotebook:  # it names a picture that is not there
        return as_text(piece.text)


def as_text(text: str) -> str:
    """HTML that shows a text as it was typed."""
    return f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>'


def as_picture(svg: str) -> str:
    """HTML that shows an SVG as an image, in which nothing runs."""
    return f'<img alt="" src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'


def as_markdown(clean_html: str) -> str:
    """Clean HTML as the source of a text cell, which every Markdown parser leaves as it is: one
    block without a blank line, in which no character begins a link, a code or a formula.
    """
    return f"<div>{BLANK_LINE.sub('&#10;', clean_html.translate(MARKDOWN))}</div>"


# --- in time --------------------------------------------------------------------------------------

#: What was cleaned before: most of what students display is what others displayed.
kept: dict[Piece, str] = {}
MOST_KEPT, LONGEST_KEPT = 2_000, 10_000


def render_all(pieces: Sequence[Piece], seconds: float) -> dict[Piece, str] | None:
    """{piece: clean HTML}; None where that would take longer than `seconds`.

    Many characters go to a process of their own, which can be ended: there are texts that keep a
    Markdown parser busy for minutes.
    """
    found = {piece: kept[piece] for piece in pieces if piece in kept}
    new = [piece for piece in dict.fromkeys(pieces) if piece not in found]
    if sum(piece.weight for piece in new) <= FEW:
        made = {piece: rendered(piece) for piece in new}
    elif (made := rendered_elsewhere(new, seconds)) is None:
        return None
    if len(kept) > MOST_KEPT:
        kept.clear()
    kept.update({piece: made[piece] for piece in new if len(piece.text) < LONGEST_KEPT})
    return found | made


def rendered_elsewhere(pieces: Sequence[Piece], seconds: float) -> dict[Piece, str] | None:
    """{piece: clean HTML}, made in a process of its own; None where that was ended or failed."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "forkgrade.safe_html", str(seconds)],
            input=json.dumps(pieces).encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore"},
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return dict(zip(pieces, json.loads(done.stdout), strict=True))


def main() -> None:
    """Cleans the pieces that stand on standard input, as JSON."""
    skip_address_grammar()
    try:
        import resource
    except ImportError:  # Windows, where only the parent's clock ends this process
        pass
    else:
        seconds = int(float(sys.argv[1])) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * MIB, MEMORY_MB * MIB))
    pieces = [Piece(*piece) for piece in json.load(sys.stdin)]
    json.dump([rendered(piece) for piece in pieces], sys.stdout)


if __name__ == "__main__":
    main()
