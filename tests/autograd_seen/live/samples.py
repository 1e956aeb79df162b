"""Samples of PyTorch's operators, and the graphs they lead to."""

from itertools import islice

import torch


def nodes_of(output):
    """PyTorch's nodes that lead to an output."""
    seen, stack = {output.grad_fn: None}, [output.grad_fn]
    while stack:
        for source, _ in stack.pop().next_functions:
            if source is not None and source not in seen:
                seen[source] = None
                stack.append(source)
    return list(seen)


def outputs_of(result):
    """The tensors in an operator's result."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, tuple | list):
        return [tensor for part in result for tensor in outputs_of(part)]
    return []


def samples_of(operator, most):
    """The first samples of an operator, or all where `most` is None; the same ones each time."""
    supported = operator.supported_dtypes("cpu")
    dtype = next((one for one in (torch.float32, torch.complex64) if one in supported), None)
    if dtype is None:
        return []
    torch.manual_seed(0)
    # The function behind operator.sample_inputs(), which reads the source of every caller for each
    # operator.
    samples = operator.sample_inputs_func(operator, torch.device("cpu"), dtype, requires_grad=True)
    return islice(samples, most)


def graphs_of(operator, most):
    """For the first samples of an operator that lead to a graph: its first output with one."""
    for sample in samples_of(operator, most):
        try:
            result = operator(sample.input, *sample.args, **sample.kwargs)
        except (RuntimeError, NotImplementedError, ImportError):
            continue  # this build lacks the library behind it
        for output in outputs_of(result):
            if output.requires_grad and output.grad_fn is not None:
                yield output
                break
