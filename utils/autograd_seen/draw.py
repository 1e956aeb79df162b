"""``draw_graph``: how a computation leads from its inputs to its result, as a picture."""

import shutil
import sys

import torch

from autograd_seen.arrange.modules import Opened
from autograd_seen.graph import JVP, Recording
from autograd_seen.live import names
from autograd_seen.live.forward import Tape, check_tape
from autograd_seen.live.reading import unseen
from autograd_seen.live.walk import MOST_TOUCHED, check_limit, check_names, trace
from autograd_seen.show.picture import (
    MOST_OPERATIONS,
    GraphPicture,
    arranged_picture,
    collection_paused,
)
from autograd_seen.values import clip_name, kind_of


def draw_graph(
    output: torch.Tensor | Recording | JVP,
    /,
    *,
    direction: str = "auto",
    fold: bool = True,
    max_operations: int = MOST_OPERATIONS,
    engine: str = "embedded",
    tape: Tape | None = None,
    saved: bool = False,
    modules: Opened = "auto",
    **names_of_tensors: torch.Tensor,
) -> GraphPicture:
    """Returns a picture of the computation that led to ``output``: tensors, operations, and their
    values.

    Ovals are tensors: leaves (thick outline), intermediates, the root (two outlines) and constants
    that do not require grad (dashed). An intermediate without a name that is used once is a label
    on its arrow instead: "#3 = 4.4", or "#3 (8, 4)" where it holds more. Boxes are operations, each
    one node of PyTorch's backward graph. An arrow is one entry of ``next_functions``, drawn in the
    direction of the forward pass.

    Names are those of the caller's variables, one level into lists, dicts and modules.
    ``draw_graph(z, input=x)`` gives a name, and wins over a variable. Values are those of tensors
    that a variable or an operation still holds; of any other tensor the shape is shown. "4.4 now"
    says that a write in place may have changed the value since it was used; where a tensor was
    overwritten for certain, a note says that too. A write that PyTorch does not count, through
    ``.data`` or NumPy, shows only where the numbers beside it no longer fit. Drawing changes
    nothing: not ``.grad``, not what is saved. A box with a thick outline and "✗ would raise" has
    lost what it saved to a write in place: a backward pass that comes to it is certain to raise. It
    says which tensor was written over, at which versions, and with a tape by which line.

    Of a Recording (see ``record_backward``) the picture also shows the pass: a dashed line back
    along each edge, beside it the local derivative (``×``) and the gradient sent (``◂``), and in
    each oval the gradient that arrived; at a leaf what ``.grad`` held, plus what arrived. Unless
    it was recorded with ``accumulate=True``, ``.grad`` is as it was, and picture and text say what
    it would become. The product of the local derivatives along a path is that path's part of the
    gradient.

    Of a JVP (see ``record_jvp``) it shows a nudge that travels forward: at each tensor its tangent
    (``▸``), and beside each edge that a nudge takes the local derivative (``×``) and their product.
    An operation adds these products.

    What repeats is drawn once. A chain of equal operations is one box, "sin × 998". A block that
    occurs at least three times in a row, such as the layers of an encoder, stands in a frame, "12
    times": its first copy, with what enters that one; what leaves the frame is what leaves the
    last. Of a Recording the frame also tells, in small, which gradient and local derivative stand
    at the same place "in the last" copy: so a gradient that vanishes on its way is seen to.
    Where more than 30 boxes are left, a run of views is one box too. Copies agree in every
    operation, shape and setting that the graph holds; the frame says where they have parameters and
    constants of their own, and where they may differ in what is not drawn. Where they differ in a
    number, as in ``h = a * v + (1 - a) * h`` over data, it says "each with its own number", and the
    box with the number tells the first, the second and the last. A list that takes a result of each
    copy, as ``torch.stack(states)`` does, has one edge from the frame, and says of how many. No
    tensor that is a variable's is folded away.

    With a tape a dashed frame stands around the operations of each ``nn.Module`` that was called,
    named as in ``named_modules()`` behind the variable that leads there, and with its class. A
    module can be shut: it is one box, with the shapes of what it took and gave, how many operations
    ran in it, the numbers in its parameters and the bytes that it saved; of a Recording also the
    Euclidean norms of the gradients that arrived, that it sent on, and that went to its parameters.
    Only what it uses alone is in the box. At least three equal boxes in a row are one,
    "layers.0 … 11". A module that is called twice stands there twice, "call 1 of 2 here". In
    Jupyter and on an exported page a click on a name opens a module and shuts it, without a kernel.

    Args:
        output: any tensor of any shape and dtype with ``requires_grad=True``; a Recording; or a
            JVP.
        direction: "right", "down", or "auto": right if that is at most 854 pixels wide. Leading
            down, a picture has lines of text side by side.
        fold: whether what repeats is drawn once; False draws each operation by itself.
        max_operations: how many boxes of operations are drawn, the last ones, of the last 6,000
            operations, or of 1,000 where the stack is small, as in a thread; the picture says where
            it stops.
        engine: "embedded", or "dot" for Graphviz' layout where its program ``dot`` is installed.
        tape: what ``record_forward`` recorded. Shows what the tape has of this graph: all values,
            the numbers that PyTorch does not save, source lines, writes in place, and, dotted,
            where a value left a graph: also another one, of which what was cut off, the operation
            that made it and its leaves are dashed and "not in this graph", where they are few.
        saved: whether each box says what it has saved for the backward pass: the names that PyTorch
            has for it, shapes and bytes, and the picture their sum. Memory that several share, such
            as that of a view, is counted where it stands first. A leaf is said to be one and is
            summed apart: its memory is there anyway.
        modules: which modules are open, of those that a tape has. "auto": as many levels as fit
            into 30 boxes and ovals; unless all fit, a module in which no other ran is shut. A
            number of levels: of 0 each outermost module is one box. A name, or several: these, and
            what they are in. None: no module is framed or shut.

    Raises:
        TypeError: ``output`` or a named argument is not a tensor, or ``saved`` no truth value.
        ValueError: ``output`` has no graph, a named tensor is not in it, or an option has no such
            value.
        RuntimeError: ``engine="dot"``, and there is no ``dot``.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> y = x**2
        >>> z = torch.sin(y)
        >>> print(draw_graph(z))
        Graph of z: 2 operations
        x           leaf            4
        y = x²      intermediate    16       PowBackward0 saves self
        z = sin(y)  root            -0.2879  SinBackward0 saves self
    """
    _check_options(output, direction, max_operations, engine)
    _check_modules(modules)
    check_tape(tape)
    if not isinstance(saved, bool):
        raise TypeError(
            f"saved={kind_of(saved)}: pass True to see what each operation saves, and call a "
            "tensor that you want to name something else"
        )
    if isinstance(output, Recording | JVP):
        if names_of_tensors or tape is not None:
            raise TypeError(
                "draw_graph of a recording takes neither names nor a tape: give them to "
                "record_backward or record_jvp"
            )
        return arranged_picture(
            output.graph,
            modules,
            fold,
            max_operations,
            direction=direction,
            engine=engine,
            recording=output,
            saved=saved,
        )
    named = [
        (name, tensor)
        for name, tensor in names.of_frame(sys._getframe(1))
        if name not in names_of_tensors
    ]
    with unseen(), collection_paused():
        reach = MOST_TOUCHED if fold else max_operations
        check_names(names_of_tensors)
        given = [(clip_name(name), tensor) for name, tensor in names_of_tensors.items()]
        graph = trace(
            output,
            [*given, *named],
            reach,
            tape=tape,
            asked=names_of_tensors,
            modules=[] if tape is None else names.modules_of_frame(sys._getframe(1)),
        )
        return arranged_picture(
            graph,
            modules,
            fold,
            max_operations,
            direction=direction,
            engine=engine,
            saved=saved,
        )


def _check_options(output, direction, max_operations, engine) -> None:
    if not isinstance(output, torch.Tensor | Recording | JVP):
        raise TypeError(f"draw_graph needs a tensor, and got {kind_of(output)}: {_instead(output)}")
    if direction not in ("auto", "right", "down"):
        raise ValueError(f"direction={direction!r} is unknown: use 'auto', 'right' or 'down'")
    check_limit(max_operations)
    if engine not in ("embedded", "dot"):
        raise ValueError(
            f"engine={engine!r} is unknown: use 'embedded', or 'dot' where Graphviz is installed"
        )
    if engine == "dot" and shutil.which("dot") is None:
        raise RuntimeError(
            "engine='dot' needs the program dot, and there is none on PATH: install Graphviz "
            "(apt, brew, winget and conda have it as graphviz), or leave engine out"
        )


def _check_modules(modules) -> None:
    if modules is None or isinstance(modules, str):
        return
    named = isinstance(modules, list | tuple | set | frozenset)
    if named and all(isinstance(name, str) for name in modules):
        return
    if not isinstance(modules, int) or isinstance(modules, bool):
        raise TypeError(
            f"modules={kind_of(modules)}: pass 'auto', how many levels are open, the names of the "
            "modules to open, or None to draw none"
        )
    if modules < 0:
        raise ValueError(f"modules={modules}: use a whole number of at least 0")


def _instead(thing) -> str:
    if isinstance(thing, torch.nn.Module):
        return "pass what the module returns, such as draw_graph(model(x))"
    if isinstance(thing, list | tuple | dict):
        return "pass one of its tensors"
    if type(thing).__module__ == "numpy" or isinstance(thing, int | float | complex):
        return "autograd follows tensors only; pass the tensor that you computed it from"
    return "pass the tensor at the end of a computation, such as draw_graph(loss)"
