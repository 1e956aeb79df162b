"""What hypothesis makes up: JSON of any shape, notebooks that are nearly some, and what the process
of a notebook may send.
"""

import base64
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
            {"dict": mostly(st.lists(mostly(st.tuples(NAMES | TEXTS, inner).map(list)), max_size=4))}
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
