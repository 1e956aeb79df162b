"""What hypothesis makes up: JSON of any shape, notebooks that are nearly some, and what the process
of a notebook may send.
"""

import base64
import copy
import json
from array import array

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.forkgrade.payloads import HTML, WRITTEN

#: The same examples whenever and wherever it is run.
STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

#: Half characters too, which JSON can hold and no file.
TEXTS = st.text(st.characters(), max_size=30)
NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), 1e308, 2, 2.0, 2.00001])
)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def mostly(good, bad=ANY):
    """Something good, or once in a while anything else."""
    return st.integers(0, 7).flatmap(lambda one: bad if one == 0 else good)


# --- what a probe sends ---------------------------------------------------------------------------


def packed(numbers):
    return base64.b64encode(array("d", numbers).tobytes()).decode()


NAMES = st.sampled_from(["a", "b", "c.d", "a[0]", ""])
DTYPES = st.sampled_from(["float32", "float64", "bfloat16", "int64", "bool", "complex64", ""])
SIDES = st.integers(-1, 3) | st.sampled_from([10**9, 10**30, True])
ARRAYS = st.fixed_dictionaries(
    {
        "array": st.tuples(
            mostly(DTYPES),
            mostly(st.lists(SIDES, max_size=3)),
            mostly(st.lists(st.floats(), max_size=6).map(packed)),
            mostly(st.booleans()),
        ).map(list)
    }
)
ODD = st.fixed_dictionaries({"odd": mostly(st.lists(mostly(TEXTS), min_size=2, max_size=2))})
PLAIN = st.recursive(
    LEAVES | ARRAYS | ODD | st.just({"open": True}),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "dict": mostly(
                    st.lists(mostly(st.tuples(NAMES | TEXTS, inner).map(list)), max_size=4)
                )
            }
        )
    ),
    max_leaves=6,
)
SAID = st.lists(mostly(TEXTS), min_size=3, max_size=3)


def entries(honest):
    """What a probe may say of one case, where it honestly gives some value."""
    return mostly(
        st.one_of(
            st.fixed_dictionaries({"value": st.just(honest)}, optional={"doubt": mostly(SAID)}),
            st.fixed_dictionaries({"value": PLAIN}, optional={"doubt": SAID, "open": TEXTS}),
            st.fixed_dictionaries({"misfit": SAID}),
            st.fixed_dictionaries({"error": SAID}),
            st.fixed_dictionaries({"none": mostly(TEXTS)}),
            st.fixed_dictionaries({"open": mostly(TEXTS)}, optional={"value": PLAIN}),
        )
    )


def seen(honest):
    """What may be seen of a question, of whose rounds these are the honest values."""
    rounds = [st.tuples(*map(entries, values)).map(list) for values in honest]
    return mostly(st.tuples(*(mostly(one) for one in rounds)).map(list))


# --- notebooks ------------------------------------------------------------------------------------

HOSTILE = st.sampled_from([*HTML.values(), *WRITTEN.values(), "[" * 60, "$x", "\x00", "\ud800"])
WORDS = st.one_of(TEXTS, HOSTILE, st.sampled_from(["answer = 2", "assert answer == 2", "Why?"]))
KNOWN = st.sampled_from("setup answer check-two check-three program explain other".split())
SOURCES = WORDS | st.lists(mostly(WORDS), max_size=3)
BUNDLES = st.dictionaries(
    st.sampled_from(
        "text/plain text/html text/markdown image/png image/svg+xml application/json "
        "text/latex application/javascript application/vnd.jupyter.widget-view+json".split()
    )
    | TEXTS,
    mostly(WORDS | st.lists(WORDS, max_size=2) | st.sampled_from(["2", "nan", "1e9", "-3"])),
    max_size=3,
)
SIZES = st.dictionaries(st.sampled_from(["width", "height", "alt", "image/png"]), ANY, max_size=3)
OUTPUTS = mostly(
    st.one_of(
        st.fixed_dictionaries(
            {
                "output_type": st.sampled_from(["display_data", "execute_result"]),
                "data": mostly(BUNDLES),
            },
            optional={"metadata": mostly(SIZES), "execution_count": NUMBERS},
        ),
        st.fixed_dictionaries(
            {
                "output_type": st.just("stream"),
                "name": mostly(st.sampled_from(["stdout", "stderr"])),
            },
            optional={"text": mostly(SOURCES)},
        ),
        st.fixed_dictionaries(
            {
                "output_type": st.just("error"),
                "ename": mostly(st.sampled_from(["MemoryError", "NotYet"]) | WORDS),
            },
            optional={"evalue": mostly(WORDS), "traceback": mostly(st.lists(mostly(WORDS)))},
        ),
        st.fixed_dictionaries({"output_type": TEXTS}),
    )
)
MARKS = st.fixed_dictionaries(
    {"grade_id": mostly(KNOWN)},
    optional=dict.fromkeys(
        "grade solution locked task points schema_version cell_type".split(), ANY
    ),
)
ATTACHMENTS = st.dictionaries(TEXTS, st.dictionaries(TEXTS, mostly(WORDS), max_size=2), max_size=2)
CELLS = st.fixed_dictionaries(
    {"cell_type": mostly(st.sampled_from(["code", "markdown", "raw"])), "source": mostly(SOURCES)},
    optional={
        "metadata": mostly(st.fixed_dictionaries({"nbgrader": mostly(MARKS)})),
        "id": mostly(KNOWN),
        "attachments": mostly(ATTACHMENTS),
        "outputs": mostly(st.lists(OUTPUTS, max_size=2)),
        "execution_count": ANY,
    },
)
NOTEBOOKS = st.fixed_dictionaries(
    {"cells": mostly(st.lists(mostly(CELLS), max_size=6))},
    optional={
        "nbformat": mostly(st.just(4)) | st.sampled_from([1, 2, 3, 5, 10**400]),
        "nbformat_minor": mostly(st.integers(0, 9)),
        "metadata": ANY,
        "worksheets": mostly(
            st.lists(mostly(st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=2)})))
        ),
    },
)


@st.composite
def altered(draw, notebook):
    """A notebook with a few of its parts replaced, dropped or doubled."""
    nb = copy.deepcopy(notebook)
    for _ in range(draw(st.integers(0, 3))):
        place = nb
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.booleans()):
                place = place[key]
                continue
            how = draw(st.sampled_from(["replace", "words", "drop", "double"]))
            if how == "drop":
                del place[key]
            elif how == "double" and isinstance(place, list):
                place.insert(key, copy.deepcopy(place[key]))
            else:
                place[key] = draw(WORDS if how == "words" else ANY)
            break
    return nb


@st.composite
def handed_in(draw, notebook):
    """The bytes of a notebook: one that nearly is this one, one of any shape, or none at all."""
    nb = draw(mostly(altered(notebook) | altered(notebook) | NOTEBOOKS))
    content = json.dumps(nb, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    how = draw(st.integers(0, 19))
    if how == 0:
        content = content[: draw(st.integers(0, len(content)))]
    elif how == 1:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=4)) + content[at:]
    elif how == 2:
        content = content.decode("utf-8", "replace").encode(draw(st.sampled_from(CODINGS)))
    return content


CODINGS = ["utf-8-sig", "utf-16", "utf-7"]
#: What comes of a cell: its outputs, and what a probe saw.
RESULTS = st.tuples(st.lists(OUTPUTS, max_size=3), mostly(seen([[2.0]])))
ENDED = st.sampled_from(["", "", "a cell ran longer than 10 s"])
