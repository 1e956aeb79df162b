"""Answers to assignment 09."""

import torch
from torch.nn import functional as F

from tests.wrong_answers import Table

AXES = {
    "(3,)": "axis 0",
    "(4, 1)": "axis 1",
    "(1, 3)": "axis 0",
    "()": "both",
    "(4,)": "error",
    "(4, 3)": "none",
}


# --- 9.3 ------------------------------------------------------------------------------------------


def unbroadcast(back, a, add=lambda back, axis, keepdim: back.sum(axis, keepdim=keepdim)):
    while back.dim() > a.dim():
        back = add(back, 0, False)
    for axis, size in enumerate(a.shape):
        if size == 1:
            back = add(back, axis, True)
    return back


def of_product(effect=lambda G, a, b: G * b, add=None):
    """What arrives at a, gathered from the effects of its copies."""
    more = {"add": add} if add else {}
    return lambda G, a, b: unbroadcast(effect(G, a, b), a, **more)


def by_axes(G, a, b):
    missing = G.dim() - a.dim()
    padded = (1,) * missing + tuple(a.shape)
    axes = [axis for axis, size in enumerate(padded) if size == 1]
    back = G * b
    return (back.sum(axes, keepdim=True) if axes else back).reshape(a.shape)


def from_the_right(G, a, b):
    back = G * b
    for axis in range(-1, -back.dim() - 1, -1):
        if -axis > a.dim() or a.shape[axis] == 1:
            back = back.sum(axis, keepdim=True)
    return back.reshape(a.shape)


def by_einsum(G, a, b):
    letters = "xyz"[: G.dim()]
    kept = letters[G.dim() - a.dim() :]
    kept = "".join(one for one, size in zip(kept, a.shape, strict=True) if size != 1)
    b = b.expand(G.shape)
    return torch.einsum(f"{letters},{letters}->{kept}", G, b).reshape(a.shape)


def by_a_loop(G, a, b):
    back = torch.zeros(a.numel())
    place = torch.arange(a.numel()).reshape(a.shape).expand(G.shape)
    for at, effect in zip(place.flatten().tolist(), (G * b).flatten(), strict=True):
        back[at] += effect
    return back.reshape(a.shape)


def only_leading(G, a, b):
    back = G * b
    while back.dim() > a.dim():
        back = back.sum(0)
    return back


def only_stretched(G, a, b):
    back = G * b
    for axis, size in enumerate(a.shape):
        if size == 1:
            back = back.sum(axis - a.dim(), keepdim=True)
    return back


def without_keepdim(G, a, b):
    back = only_leading(G, a, b)
    for axis in reversed(range(a.dim())):
        if a.shape[axis] == 1:
            back = back.sum(axis)
    return back


def with_keepdim(G, a, b):
    back = G * b
    missing = back.dim() - a.dim()
    for axis in range(missing):
        back = back.sum(axis, keepdim=True)
    return back


def over_no_axis(G, a, b):
    back = G * b
    back = back.sum(tuple(range(back.dim() - a.dim())))
    return back.sum([axis for axis, size in enumerate(a.shape) if size == 1], keepdim=True)


def over_no_axis_reshaped(G, a, b):
    return over_no_axis(G, a, b).reshape(a.shape)


def until_the_shapes_agree(G, a, b):
    back = G * b
    while back.shape != a.shape:
        back = back.sum(0)
    return back


def summed_too_early(G, a, b):
    return unbroadcast(G, a) * b


def by_sum_to_size(G, a, b):
    return (G * b).sum_to_size(a.shape)


def reshaped(G, a, b):
    return (G * b).reshape(a.shape)


def mean_where_it_was_1(G, a, b):
    back = G * b
    while back.dim() > a.dim():
        back = back.sum(0)
    for axis, size in enumerate(a.shape):
        if size == 1:
            back = back.mean(axis, keepdim=True)
    return back


def by_autograd(G, a, b):
    a = a.clone().requires_grad_()
    (a * b).backward(G)
    return a.grad


def by_vjp(G, a, b):
    return torch.func.vjp(lambda a: a * b, a)[1](G)[0]


def by_func_grad(G, a, b):
    return torch.func.grad(lambda a: (G * (a * b)).sum())(a)


def by_functional_vjp(G, a, b):
    return torch.autograd.functional.vjp(lambda a: a * b, a, G)[1]


def by_recording_again(G, a, b):
    with torch.inference_mode(False):
        G, a, b = G.clone(), a.clone().requires_grad_(), b.clone()
        return torch.autograd.grad(a * b, a, G)[0]


def by_forward_mode(G, a, b):
    return torch.func.jacfwd(lambda a: (G * (a * b)).sum())(a)


def by_aten(G, a, b):
    return torch.ops.aten.sum_to_size(G * b, a.shape)


def one_missing(G, a, b):
    back = G * b
    if back.dim() > a.dim():
        back = back.sum(0)
    for axis, size in enumerate(a.shape):
        if size == 1:
            back = back.sum(axis, keepdim=True)
    return back


def first_of_length_1(G, a, b):
    back = only_leading(G, a, b)
    if 1 in a.shape:
        back = back.sum(list(a.shape).index(1), keepdim=True)
    return back


# --- 9.4 ------------------------------------------------------------------------------------------


def of_layer(X=lambda G, X, W: G @ W, W=lambda G, X, W: G.T @ X, b=lambda G, X, W: G.sum(0)):
    """The gradients of a layer, one of them by another formula."""
    return lambda *given: {"X": X(*given), "W": W(*given), "b": b(*given)}


def as_outer_products(G, X, W):
    return sum(torch.outer(one, sample) for one, sample in zip(G, X, strict=True))


def by_ones(G, X, W):
    return torch.ones(len(G)) @ G


def layer_by_autograd(G, X, W):
    for one in (X, W):
        one.requires_grad_()
    Y = X @ W.T
    Y.backward(G)
    return {"X": X.grad, "W": W.grad, "b": G.sum(0)}


def layer_by_vjp(G, X, W):
    to_X, to_W = torch.func.vjp(lambda X, W: X @ W.T, X, W)[1](G)
    return {"X": to_X, "W": to_W, "b": G.sum(0)}


# --- 9.5 ------------------------------------------------------------------------------------------


def by_slices(signal, v, size):
    return torch.stack([(v * signal[j::2][: len(v)]).sum() for j in range(size)])


def by_windows(signal, v, size):
    back = torch.zeros(size)
    for i in range(len(v)):
        back += v[i] * signal[2 * i : 2 * i + size]
    return back


def by_numbers(signal, v, size):
    return [sum(v[i] * signal[2 * i + j] for i in range(len(v))) for j in range(size)]


def by_unfold(signal, v, size):
    return v @ signal.unfold(0, size, 2)


def by_dilation(signal, v, size):
    return F.conv1d(signal[None, None], v[None, None], dilation=2)[0, 0, :size]


def by_its_name(signal, v, size):
    whole = (1, 1, size)
    return torch.nn.grad.conv1d_weight(signal[None, None], whole, v[None, None], stride=2)[0, 0]


def kernel_by_autograd(signal, v, size):
    kernel = torch.zeros(size, requires_grad=True)
    y = signal.unfold(0, size, 2) @ kernel
    y.backward(v)
    return kernel.grad


def kernel_by_vjp(signal, v, size):
    return torch.func.vjp(lambda k: signal.unfold(0, size, 2) @ k, torch.zeros(size))[1](v)[0]


def unstrided(signal, v, size):
    return F.conv1d(signal[None, None], v[None, None])[0, 0, :size]


# --- 9.6 ------------------------------------------------------------------------------------------


def squares(w, loads, stretch):
    return (w[:, None] * loads - stretch) ** 2


def descended(loss, clear=True, shape=(-1,), back=lambda w: w):
    """w after some steps down a loss."""

    def fit(loads, stretch, lr, steps):
        w = torch.zeros(len(stretch)).reshape(shape).requires_grad_()
        for _ in range(steps):
            loss(w, loads, stretch).backward()
            with torch.no_grad():
                w -= lr * w.grad
                if clear:
                    w.grad = None
        return back(w)

    return fit


def by_hand(loads, stretch, lr, steps):
    w = torch.zeros(len(stretch))
    for _ in range(steps):
        missing = w[:, None] * loads - stretch
        w = w - lr * 2 * (missing * loads).sum(1) / stretch.numel()
    return w


def by_sgd(loads, stretch, lr, steps):
    w = torch.zeros(len(stretch), requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        squares(w, loads, stretch).mean().backward()
        optimizer.step()
    return w


def best(loads, stretch, lr, steps):
    return stretch @ loads / (loads @ loads)


TABLES = {
    "arrives": Table(
        right={
            "numbers": [9, 60, 242, 44, 106],
            "tensor": torch.tensor([9.0, 60.0, 242.0, 44.0, 106.0]),
        },
        wrong={
            "without_X": ([9, 60, 31, 12, 26], "multiplied by its X first"),
            "means": ([3, 20, 121, 22, 53], "means: each use"),
            "mean_for_a": ([9, 60, 121, 22, 53], "for a: a mean"),
            "mean_for_c": ([3, 20, 242, 44, 106], "for c: a mean"),
            "X_for_c_too": ([22, 370, 242, 44, 106], "X plays no part"),
            "first_row": ([9, 60, 2, 14, 6], "the first row alone"),
            "first_column": ([1, 30, 242, 44, 106], "the first column alone"),
            "sums_first": ([9, 60, 310, 120, 156], "first the products"),
            "c_last": ([242, 44, 106, 9, 60], "first the two of c"),
            "c_mean_a_without_X": ([3, 20, 31, 12, 26], "multiplied by its X"),
            "c_times_c": ([36, 360, 242, 44, 106], "multiplied by c itself"),
            "X_added": ([9, 60, 41, 22, 32], "not added to G"),
            "times_a": ([9, 60, 93, 60, 52], "what stands beside it"),
            "all_signs": ([-9, -60, -242, -44, -106], "the sign"),
            "all_twelve": ([69, 69, 69], "shape (3,)"),
        },
    ),
    "axes": Table(
        right={
            "as they are": AXES,
            "in capitals": {shape: axis.upper() for shape, axis in AXES.items()},
        },
        wrong={
            "two_wrong": (AXES | {"(3,)": "axis 1", "(4, 1)": "axis 0"}, "below each other"),
            "a_column": (AXES | {"(4,)": "axis 1"}, "compared from the right, and there 4"),
            "no_row": (AXES | {"(4,)": "axis 0"}, "it is no row"),
            "across": (AXES | {"(3,)": "axis 1"}, "below each other"),
            "refused": (AXES | {"(3,)": "error"}, "where 3 meets 3"),
            "down": (AXES | {"(4, 1)": "axis 0"}, "side by side"),
            "not_stretched": (AXES | {"(4, 1)": "error"}, "without an error"),
            "wrong_side": (AXES | {"(1, 3)": "axis 1"}, "the one along which"),
            "has_two_axes": (AXES | {"(1, 3)": "none"}, "its only row"),
            "scalar_down": (AXES | {"()": "axis 0"}, "in all rows and in all columns"),
            "scalar_stays": (AXES | {"()": "none"}, "twelve are added"),
            "scalar_refused": (AXES | {"()": "error"}, "into any shape"),
            "row_both": (AXES | {"(3,)": "both"}, "for each column already"),
            "row_none": (AXES | {"(3,)": "none"}, "it lacks an axis"),
            "four_none": (AXES | {"(4,)": "none"}, "neither is 1"),
            "four_both": (AXES | {"(4,)": "both"}, "nothing arrives"),
            "column_both": (AXES | {"(4, 1)": "both"}, "for each row already"),
            "column_none": (AXES | {"(4, 1)": "none"}, "its only column"),
            "one_row_both": (AXES | {"(1, 3)": "both"}, "for each column already"),
            "one_row_refused": (AXES | {"(1, 3)": "error"}, "nothing raises"),
            "scalar_across": (AXES | {"()": "axis 1"}, "in all columns and in all rows"),
            "whole_down": (AXES | {"(4, 3)": "axis 0"}, "all four rows already"),
            "whole_across": (AXES | {"(4, 3)": "axis 1"}, "all three columns already"),
            "whole_refused": (AXES | {"(4, 3)": "error"}, "equal shapes"),
            "always_summed": (AXES | {"(4, 3)": "both"}, "nothing is repeated"),
        },
    ),
    "product_backward": Table(
        right={
            "as taught": of_product(),
            "several axes": by_axes,
            "from the right": from_the_right,
            "einsum": by_einsum,
            "a loop": by_a_loop,
            "b first": of_product(lambda G, a, b: b * G),
        },
        wrong={
            "without_b": (of_product(lambda G, a, b: G), "b plays no part"),
            "a_for_b": (of_product(lambda G, a, b: G * a), "multiplied by a"),
            "without_g": (of_product(lambda G, a, b: b.expand(G.shape)), "a G of ones"),
            "mean": (
                of_product(add=lambda back, axis, keepdim: back.mean(axis, keepdim=keepdim)),
                "the mean over the copies",
            ),
            "first_copy": (
                of_product(
                    add=lambda back, axis, keepdim: (
                        back.narrow(axis, 0, 1) if keepdim else back.select(axis, 0)
                    )
                ),
                "one of the copies alone",
            ),
            "not_summed": (lambda G, a, b: G * b, "after the product, sum"),
            "only_leading": (only_leading, "along which a was repeated"),
            "only_stretched": (only_stretched, "along which a was repeated"),
            "summed_too_early": (summed_too_early, "after the product, sum"),
            "without_keepdim": (without_keepdim, "over just that axis"),
            "with_keepdim": (with_keepdim, "an axis too many"),
            "reshaped": (reshaped, "adds nothing up"),
            "over_no_axis": (over_no_axis, "the sum over all axes"),
            "over_no_axis_reshaped": (over_no_axis_reshaped, "sum(()) takes all axes"),
            "until_the_shapes_agree": (until_the_shapes_agree, "the loop does not end"),
            "matmul": (lambda G, a, b: G @ b, "no product of matrices"),
            "by_sum_to_size": (by_sum_to_size, "write it yourself"),
            "mean_where_it_was_1": (mean_where_it_was_1, "the mean over the axes of length 1"),
            "by_autograd": (by_autograd, "here you are the backward pass"),
            "by_vjp": (by_vjp, "here you are the backward pass"),
            "by_func_grad": (by_func_grad, "here you are the backward pass"),
            "by_functional_vjp": (by_functional_vjp, "here you are the backward pass"),
            "by_recording_again": (by_recording_again, "here you are the backward pass"),
            "by_forward_mode": (by_forward_mode, "here you are the backward pass"),
            "by_aten": (by_aten, "write it yourself"),
            "one_missing": (one_missing, "along which a was repeated"),
            "first_of_length_1": (first_of_length_1, "along which a was repeated"),
        },
    ),
    "linear_backward": Table(
        right={
            "as taught": of_layer(),
            "outer products": of_layer(W=as_outer_products),
            "a row of ones": of_layer(b=by_ones),
            "einsum": of_layer(W=lambda G, X, W: torch.einsum("ni,nj->ij", G, X)),
            "transposed after": of_layer(
                X=lambda G, X, W: (W.T @ G.T).T, W=lambda G, X, W: (X.T @ G).T
            ),
            "negative axis": of_layer(b=lambda G, X, W: G.sum(-2)),
        },
        wrong={
            "g_WT": (of_layer(X=lambda G, X, W: G @ W.T), "X: G @ W.T belongs"),
            "W_g": (of_layer(X=lambda G, X, W: W @ G), "X: W @ G pairs"),
            "WT_g": (of_layer(X=lambda G, X, W: W.T @ G), "X: W.T @ G pairs"),
            "gT_W": (of_layer(X=lambda G, X, W: G.T @ W), "X: G.T @ W pairs"),
            "transposed": (of_layer(W=lambda G, X, W: X.T @ G), "W: X.T @ G belongs"),
            "g_X": (of_layer(W=lambda G, X, W: G @ X), "W: G @ X pairs"),
            "X_g": (of_layer(W=lambda G, X, W: X @ G), "W: X @ G pairs"),
            "g_XT": (of_layer(W=lambda G, X, W: G @ X.T), "W: G @ X.T pairs"),
            "X_gT": (of_layer(W=lambda G, X, W: X @ G.T), "W: X @ G.T pairs"),
            "W_mean": (of_layer(W=lambda G, X, W: G.T @ X / len(G)), "W: a mean"),
            "b_axis_1": (of_layer(b=lambda G, X, W: G.sum(1)), "b: the sum over axis 1"),
            "b_mean": (of_layer(b=lambda G, X, W: G.mean(0)), "b: a mean"),
            "b_of_X": (of_layer(b=lambda G, X, W: X.sum(0)), "b: X plays no part"),
            "as_for_X_W": (
                of_layer(X=lambda G, X, W: G @ W.T, W=lambda G, X, W: X.T @ G),
                "this layer computes X @ W.T",
            ),
            "means": (
                of_layer(W=lambda G, X, W: G.T @ X / len(G), b=lambda G, X, W: G.mean(0)),
                "nothing divides",
            ),
            "b_as_it_came": (of_layer(b=lambda G, X, W: G), "sum over the samples"),
            "by_autograd": (layer_by_autograd, "here you are the backward pass"),
            "by_vjp": (layer_by_vjp, "here you are the backward pass"),
            "W_gT": (of_layer(X=lambda G, X, W: W @ G.T), "X: W @ G.T pairs"),
            "gT_WT": (of_layer(X=lambda G, X, W: G.T @ W.T), "X: G.T @ W.T pairs"),
            "WT_gT": (of_layer(X=lambda G, X, W: W.T @ G.T), "X: transposed"),
            "X_mean": (of_layer(X=lambda G, X, W: G @ W / len(G)), "X: a mean"),
            "X_place": (of_layer(X=lambda G, X, W: G * W), "X: * goes place by place"),
            "gT_XT": (of_layer(W=lambda G, X, W: G.T @ X.T), "W: G.T @ X.T pairs"),
            "XT_gT": (of_layer(W=lambda G, X, W: X.T @ G.T), "W: X.T @ G.T pairs"),
            "W_place": (of_layer(W=lambda G, X, W: G * X), "W: * goes place by place"),
        },
    ),
    "kernel_backward": Table(
        right={
            "as taught": by_slices,
            "windows": by_windows,
            "numbers": by_numbers,
            "unfold": by_unfold,
            "dilation": by_dilation,
        },
        wrong={
            "without_stride": (unstrided, "without the stride"),
            "turned_round": (lambda *case: by_slices(*case).flip(0), "kernel[0] meets"),
            "v_turned": (lambda s, v, size: by_slices(s, v.flip(0), size), "v is turned round"),
            "one_place": (lambda s, v, size: s[:size], "one place alone: each"),
            "one_place_times_v": (lambda s, v, size: v[0] * s[:size], "times its v"),
            "mean": (lambda s, v, size: by_slices(s, v, size) / len(v), "the mean over the places"),
            "without_v": (lambda s, v, size: by_slices(s, torch.ones(len(v)), size), "no part"),
            "without_signal": (lambda s, v, size: v.sum().expand(size), "the signal plays no"),
            "like_v": (lambda s, v, size: v, "the shape of v"),
            "like_the_signal": (lambda s, v, size: s * v[0], "the shape of the signal"),
            "by_autograd": (kernel_by_autograd, "here you are the backward pass"),
            "by_vjp": (kernel_by_vjp, "here you are the backward pass"),
            "by_its_name": (by_its_name, "PyTorch's own backward pass"),
            "not_cut": (
                lambda s, v, size: [(v * s[j::2]).sum() for j in range(size)],
                "a number for each output",
            ),
            "stride_on_j": (
                lambda s, v, size: [
                    sum(v[i] * s[i + 2 * j] for i in range(len(v))) for j in range(size)
                ],
                "they meet at 2 * i + j",
            ),
            "strided": (
                lambda s, v, size: F.conv1d(s[None, None], v[None, None], stride=2)[0, 0],
                "lie two apart",
            ),
        },
    ),
    "fit": Table(
        right={
            "as taught": descended(lambda *one: squares(*one).mean()),
            "a column": descended(
                lambda w, loads, stretch: ((w * loads - stretch) ** 2).mean(),
                shape=(-1, 1),
                back=lambda w: w[:, 0],
            ),
            "turned": descended(
                lambda w, loads, stretch: ((w * loads[:, None] - stretch.T) ** 2).mean()
            ),
            "outer": descended(
                lambda w, loads, stretch: ((torch.outer(w, loads) - stretch) ** 2).mean()
            ),
            "by hand": by_hand,
            "SGD": by_sgd,
        },
        wrong={
            "broken": (
                descended(lambda w, loads, stretch: ((w * loads - stretch) ** 2).mean()),
                "w lies along the rows, one",
            ),
            "the_other": (
                descended(lambda w, loads, stretch: ((w * loads[:, None] - stretch) ** 2).mean()),
                "loads became the column",
            ),
            "both": (
                descended(lambda w, loads, stretch: squares(w, loads[:, None], stretch).mean()),
                "loads is a column too",
            ),
            "sum": (descended(lambda *one: squares(*one).sum()), "the sum of the squares"),
            "mean_of_each": (
                descended(lambda *one: squares(*one).mean(1).sum()),
                "the mean over one axis alone",
            ),
            "mean_of_each_load": (
                descended(lambda *one: squares(*one).mean(0).sum()),
                "the mean over one axis alone",
            ),
            "stretch_turned": (
                descended(lambda w, loads, stretch: ((w * loads - stretch.T) ** 2).mean()),
                "or stretch is turned",
            ),
            "not_cleared": (
                descended(lambda *one: squares(*one).mean(), clear=False),
                "clear w.grad",
            ),
            "best": (best, "the best w"),
            "column_returned": (
                descended(
                    lambda w, loads, stretch: ((w * loads - stretch) ** 2).mean(), shape=(-1, 1)
                ),
                "a column came back",
            ),
            "one_for_all": (
                lambda *case: by_hand(*case).mean(),
                "shape ()",
            ),
        },
    ),
}
