"""saved_bytes held against PyTorch's own hook for saved tensors."""

import torch
from autograd_seen import saved_bytes
from autograd_seen.live.kept import is_a_number
from autograd_seen.live.memory import places

from tests.autograd_seen.live.drawn import saved_while
from tests.autograd_seen.live.samples import nodes_of, outputs_of, samples_of


def tracked(result):
    """The tensors in a result that have a graph."""
    return [one for one in outputs_of(result) if one.grad_fn is not None]


def slots_of(output):
    """How many saved tensors the nodes hold that lead to an output which was made under a hook."""
    raw = [
        getattr(node, name)
        for node in nodes_of(output)
        for name in dir(type(node))
        if name.startswith("_raw_saved_")
    ]
    packed = [one for slot in raw for one in (slot if isinstance(slot, tuple) else (slot,))]
    return sum(one.unpack_hook is not None for one in packed)


def heard(run):
    """The result, what PyTorch saved meanwhile, and by storage its bytes, but for numbers."""
    result, kept = saved_while(run)
    tensors = [one for one in kept if not is_a_number(one)]
    return result, kept, {place: size for one in tensors for place, size in places(one).items()}


def check_saved(operator, most):
    """The total of each graph is what the hook was handed, each storage once and leaves apart.
    Returns how many graphs these were.
    """
    count = 0
    for sample in samples_of(operator, most):

        def run(sample=sample):
            return operator(sample.input, *sample.args, **sample.kwargs)

        state = torch.get_rng_state()
        try:
            result, kept, expected = heard(run)
            torch.set_rng_state(state)
            outputs = tracked(run())
        except (RuntimeError, NotImplementedError, ImportError):
            continue  # this build lacks the library behind it
        if len(outputs) != 1 or slots_of(*tracked(result)) != len(kept):
            continue  # the hook also hears what another result keeps, or a graph that is dropped
        variables = [getattr(node, "variable", None) for node in nodes_of(*tracked(result))]
        leaves = {place for one in variables if one is not None for place in places(one)}
        found = saved_bytes(outputs[0])
        on_ctx = sum(row.bytes for row in found.rows if "on ctx" in row.name and row.is_counted)
        apart = sum(size for place, size in expected.items() if place in leaves)
        assert found.total - on_ctx == sum(expected.values()) - apart
        assert found.leaves == apart
        count += 1
    return count
