"""Names the likely cause of an error, from its message."""

import builtins
import difflib
import traceback

_NO_GRADIENT_YET = "a .grad is None: cleared before the step, or w = w − … made w an intermediate"
_POWER = "Python writes powers with **: x**2, not x^2"

#: What PyTorch and Python say, and what has led to it. An entry serves the exercises of every
#: lesson.
ERROR_HINTS = {
    "Only Tensors of floating point": "an integer tensor: write 3.0, or convert with float(…)",
    "does not require grad": (
        "nothing was recorded: set requires_grad on the input before computing, and keep tensors"
    ),
    "can be implicitly created only for": (
        "backward() starts from one number: ask from an element or a sum"
    ),
    "Mismatch in shape": "gradient= has the shape of the result, not that of the input",
    "gradients can be either Tensors": "gradient= takes a tensor: torch.tensor([1.0, 0.0])",
    "a second time": "a second backward pass through a graph that has freed what it saved",
    "no attribute 'backward'": (
        "a Python number has no history: no tensor went in, or .item() came too early"
    ),
    "not a leaf Tensor": (
        "a result keeps no .grad: read the .grad of the leaf, the tensor that requires grad"
    ),
    "To copy construct from a tensor": "torch.tensor(…) of a tensor is a copy without history",
    "no attribute 'grad'": (
        "a Python number has no .grad: read the .grad of the tensor that was made from it"
    ),
    "no attribute 'zero_'": (
        "a .grad is None: no gradient has arrived yet, or w = w − … made a new tensor"
    ),
    "leaf Variable that requires grad": (
        "the update is recorded too: make it under torch.no_grad()"
    ),
    "'float' and 'NoneType'": _NO_GRADIENT_YET,
    "'NoneType' and 'float'": _NO_GRADIENT_YET,
    "should be between 0 and 1": (
        "a probability was wanted, and got a logit: use the loss that is given z"
    ),
    "mat1 and mat2 shapes": (
        "nn.Linear takes a row for each sample: x[:, None] makes (N,) into (N, 1)"
    ),
    "tuple index out of range": (
        "the leaf's node has nothing after it in next_functions: stop before you call it"
    ),
    "inplace operation": (
        "what was saved is written over: detach() shares memory with it, detach().clone() does not"
    ),
    "Inference tensors": (
        "a product saves what inference_mode() made: clone it outside the block, or use no_grad()"
    ),
    "True on inference tensor": (
        "an inference tensor cannot require grad: clone it outside the block that made it"
    ),
    "flags of leaf variables": (
        "only a leaf has a mark of its own to take off; cut a result off with detach()"
    ),
    "Can't call numpy()": (
        "NumPy records nothing, so a tracked tensor is refused: detach() it first"
    ),
    "operand type(s) for ^": _POWER,
    "bitwise_xor": _POWER,
    "cannot access local variable": "a name is read before the line that gives it a value",
    "is not callable": "a function was wanted: has its name been used for something else?",
}


def error_hint(said: object) -> str:
    """What has led to an error or a warning; empty if that is not known."""
    text = str(said)
    known = next((hint for words, hint in ERROR_HINTS.items() if words in text), "")
    return _name_hint(said) if isinstance(said, NameError) and not known else known


def _name_hint(error: NameError) -> str:
    """What has led to a name that is not defined: a name much like it, where there is one."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not (frames and error.name):
        return ""
    names = {*frames[-1].f_locals, *frames[-1].f_globals, *dir(builtins)}
    if close := difflib.get_close_matches(error.name, names, n=1, cutoff=0.7):
        return f"there is no {error.name}: did you mean {close[0]}?"
    return f"there is no {error.name}: mistyped, or the cell that makes it has not run"
