"""Which error is explained where: the rows behind the page `notebooks/errors.html`, behind the last
line of a short traceback, and behind `find_error`.

A row holds what Python prints, with … for whatever differs from case to case: a number, a size, a
type. The tests hold each row against the cells of its section, and each error of a lesson against
the rows.
"""

import re
from dataclasses import dataclass
from functools import cached_property

#: Stands in a message for what differs from case to case.
GAP = "…"
#: So many sections are named below a traceback; Find your error has all.
MOST_NAMED = 3
#: So much of a message must be given where no whole first sentence is.
FEWEST_CHARACTERS = 8
#: So long must be what a message opens with, where only that is given.
FEWEST_OF_OPENING = 25


@dataclass(frozen=True)
class Section:
    """A section of a lesson, by the lesson's slug and the heading as it stands in the notebook."""

    lesson: str
    heading: str

    def __str__(self) -> str:
        return f"{self.lesson[:2]}, {self.heading.replace('`', '')}"

    @property
    def link(self) -> str:
        """The address from the folder of the lessons; JupyterLab's own form after the #, which it
        finds only where nothing is quoted.
        """
        shown = re.sub(r"`([^`]*)`|\*", r"\1", self.heading)
        return f"{self.lesson}.ipynb#{shown.replace(' ', '-')}"


@dataclass(frozen=True)
class Row:
    """An error or a warning that lessons explain.

    Attributes:
        kind: its class, such as "RuntimeError".
        message: the whole message, with `GAP` for what differs from case to case.
        sections: where it is raised and explained, the best one first.
    """

    kind: str
    message: str
    sections: tuple[Section, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"

    @cached_property
    def pattern(self) -> str:
        """A regular expression, in Python and in JavaScript, for the message's first sentence at
        the beginning of a text or after a colon.
        """
        sentence = re.match(r".*?(?=\.\s|\.?$)", self.message).group()
        return r"(?:^|: )" + ".*?".join(_escaped(part) for part in sentence.split(GAP))

    def explains(self, line: str) -> bool:
        """Whether a line, whose blanks are single, holds this message."""
        return bool(re.search(self.pattern, line))

    def contains(self, line: str) -> bool:
        """Whether a line is a piece of this message, and no short one."""
        return len(line) >= FEWEST_CHARACTERS and line.lower() in str(self).lower()

    @property
    def opening(self) -> str:
        """The message up to its first pause, which the releases of PyTorch have kept where they
        changed the rest; empty where something in it differs from case to case.
        """
        opening = re.split(r" \(|[.,:] ", self.message)[0]
        return "" if GAP in opening else opening

    def opens(self, line: str) -> bool:
        """Whether a line holds the opening of this message, and that is no short one."""
        return len(self.opening) >= FEWEST_OF_OPENING and self.opening.lower() in line.lower()

    @property
    def where(self) -> str:
        """The line that says where it is explained."""
        return f"Explained in {'; '.join(map(str, self.sections[:MOST_NAMED]))}"


def _escaped(text: str) -> str:
    """A constant part of a message as Python and JavaScript both read it in a pattern."""
    return re.sub(r"[\\^$.|?*+()\[\]{}]", r"\\\g<0>", text)


def rows_for(text: str) -> list[Row]:
    """The rows for an error, or for any text in which it stands as Python prints it."""
    line = on_one_line(text)
    return [row for row in ROWS if row.explains(line)]


def rows_with(text: str) -> list[Row]:
    """The rows of which a text is a piece."""
    line = on_one_line(text)
    return [row for row in ROWS if row.contains(line)]


def rows_opening(text: str) -> list[Row]:
    """The rows whose message begins as a text says, and goes on in another way."""
    line = on_one_line(text)
    return [row for row in ROWS if row.opens(line)]


def on_one_line(text: str) -> str:
    """A text without line breaks and colours, and with single blanks."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


ROWS = (
    Row(
        "AttributeError",
        "'…' object has no attribute 'backward'",
        (Section("01_scalar_gradients", "When it refuses"),),
    ),
    Row(
        "AttributeError",
        "'NoneType' object has no attribute 'zero_'",
        (Section("04_accumulation", "`'NoneType' object has no attribute 'zero_'`"),),
    ),
    Row(
        "GradcheckError",
        "Jacobian mismatch for output … with respect to input …,",
        (
            Section("11_gradient_checks", "What `gradcheck` lets pass, and what it refuses"),
            Section("11_gradient_checks", "A backward that passes under `sum()`"),
        ),
    ),
    Row(
        "DeprecationWarning",
        "<class '…'> should not be instantiated. Methods on autograd functions are all static, so "
        "you should invoke them on the class itself. Instantiating an autograd function will raise "
        "an error in a future version of PyTorch.",
        (Section("13_own_derivative", "Two more errors"),),
    ),
    Row(
        "NotImplementedError",
        "clamp is not supported for complex types",
        (Section("11_gradient_checks", "A step without a subtraction"),),
    ),
    Row(
        "NotImplementedError",
        "You must implement either the backward or vjp method for your custom autograd.Function to "
        "use it with backward mode AD.",
        (Section("13_own_derivative", "Two more errors"),),
    ),
    Row(
        "RecursionError",
        "maximum recursion depth exceeded",
        (Section("14_build_it", "Each path by itself"),),
    ),
    Row(
        "RuntimeError",
        "a leaf Variable that requires grad is being used in an in-place operation.",
        (Section("06_linear_regression", "In-place update outside `no_grad`"),),
    ),
    Row(
        "RuntimeError",
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        (Section("10_in_place", "Writes that are refused at once"),),
    ),
    Row(
        "RuntimeError",
        "all elements of input should be between 0 and 1",
        (
            Section(
                "03_binary_cross_entropy", "`BCELoss` given logits, and logits given probabilities"
            ),
        ),
    ),
    Row(
        "RuntimeError",
        "attempting to assign a gradient of size '…' to a tensor of size '…'. Please ensure that "
        "the gradient and the tensor are the same size",
        (Section("09_broadcasting", "Attempting to assign a gradient of another size"),),
    ),
    Row(
        "RuntimeError",
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        (Section("05_disabling_tracking", "Can't call `numpy()` on a tensor that requires grad"),),
    ),
    Row(
        "RuntimeError",
        "cannot register a hook on a tensor that doesn't require gradient",
        (Section("13_own_derivative", "What did a layer compute?"),),
    ),
    Row(
        "RuntimeError",
        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does "
        "not support crossing process boundaries. If you just want to transfer the data, call "
        "detach() on the tensor before serializing (e.g., putting it on the queue).",
        (Section("05_disabling_tracking", "Can't call `numpy()` on a tensor that requires grad"),),
    ),
    Row(
        "RuntimeError",
        "element … of tensors does not require grad and does not have a grad_fn",
        (
            Section("01_scalar_gradients", "When it refuses"),
            Section("05_disabling_tracking", "Does not require grad: three switches"),
            Section("05_disabling_tracking", "Freeze a part, let gradients through"),
            Section("08_memory", "A loop that did not run"),
            Section("12_kinks", "The index of the largest"),
            Section("15_second_derivatives", "`retain_graph` is not `create_graph`"),
        ),
    ),
    Row(
        "RuntimeError",
        "Function '…' returned nan values in its …th output.",
        (Section("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    Row(
        "RuntimeError",
        "Expected to have finished reduction in the prior iteration before starting a new one. "
        "This error indicates that your module has parameters that were not used in producing "
        "loss. …",
        (Section("16_deep_networks", "Workers of unequal size, and an unused layer"),),
    ),
    Row(
        "RuntimeError",
        "function … returned an incorrect number of gradients (expected …, got …)",
        (Section("13_own_derivative", "A solver that autograd cannot see"),),
    ),
    Row(
        "RuntimeError",
        "functions with out=... arguments don't support automatic differentiation, but one of the "
        "arguments requires grad.",
        (Section("10_in_place", "Writes that are refused at once"),),
    ),
    Row(
        "RuntimeError",
        "grad can be implicitly created only for scalar outputs",
        (Section("01_scalar_gradients", "When it refuses"),),
    ),
    Row(
        "RuntimeError",
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode in computation tracked by autograd. To work around this, you can make a "
        "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
        "`torch.inference_mode()`.",
        (Section("05_disabling_tracking", "Inference tensors cannot be saved for backward"),),
    ),
    Row(
        "RuntimeError",
        "Legacy autograd function with non-static forward method is deprecated. Please use "
        "new-style autograd function with static forward method. (Example: …)",
        (Section("13_own_derivative", "Two more errors"),),
    ),
    Row(
        "RuntimeError",
        "mat1 and mat2 must have the same dtype, but got … and …",
        (Section("16_deep_networks", "Another dtype, another device"),),
    ),
    Row(
        "RuntimeError",
        "Mismatch in shape: grad_output[…] has a shape of … and output[…] has a shape of ….",
        (Section("07_vectors", "A vector at the root"),),
    ),
    Row(
        "RuntimeError",
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: … is at version …; expected version … instead. Hint: enable anomaly "
        "detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False).",
        (
            Section("04_accumulation", "Modified by an inplace operation"),
            Section("05_disabling_tracking", "The `.data` trap: modified by an inplace operation"),
            Section("10_in_place", "A river in a buffer"),
            Section("10_in_place", "A `step()` between two passes"),
            Section("13_own_derivative", "Save it, or keep it as an attribute?"),
        ),
    ),
    Row(
        "RuntimeError",
        "Only Tensors of floating point and complex dtype can require gradients",
        (Section("01_scalar_gradients", "When it refuses"),),
    ),
    Row(
        "RuntimeError",
        "Output … of … is a view and is being modified inplace. This view is the output of a "
        "function that returns multiple views. Such functions do not allow the output views to be "
        "modified inplace. You should replace the inplace operation by an out-of-place one.",
        (Section("10_in_place", "Writes that are refused at once"),),
    ),
    Row(
        "RuntimeError",
        "result type … can't be cast to the desired output type …",
        (Section("03_binary_cross_entropy", "Targets of another dtype or shape"),),
    ),
    Row(
        "RuntimeError",
        "Tensor on device … is not on the expected device …!",
        (Section("16_deep_networks", "Another dtype, another device"),),
    ),
    Row(
        "RuntimeError",
        "The differentiated Tensor at index … appears to not have been used in the graph. Set "
        "allow_unused=True if this is the desired behavior.",
        (Section("08_memory", "Why is `x.grad` None?"),),
    ),
    Row(
        "RuntimeError",
        "The size of tensor a (…) must match the size of tensor b (…) at non-singleton dimension …",
        (Section("09_broadcasting", "The size of tensor a must match the size of tensor b"),),
    ),
    Row(
        "RuntimeError",
        "The total norm of order … for gradients from `parameters` is non-finite, so it cannot be "
        "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
        "`error_if_nonfinite=False`",
        (Section("12_kinks", "What hides a nan"),),
    ),
    Row(
        "RuntimeError",
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.",
        (
            Section("04_accumulation", "Two passes through one graph"),
            Section("08_memory", "A state that drags its past along"),
        ),
    ),
    Row(
        "RuntimeError",
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use "
        "var_no_grad = var.detach().",
        (
            Section(
                "05_disabling_tracking", "You can only change requires_grad flags of leaf variables"
            ),
        ),
    ),
    Row(
        "TypeError",
        "new() received an invalid combination of arguments - got (…, requires_grad=bool), but "
        "expected one of: …",
        (Section("08_memory", "Tensors made from tensors"),),
    ),
    Row(
        "TypeError",
        "unsupported operand type(s) for …: '…' and 'NoneType'",
        (Section("06_linear_regression", "Update by `w = w - lr * w.grad`"),),
    ),
    Row(
        "UserWarning",
        "Anomaly Detection has been enabled. This mode will increase the runtime and should only "
        "be enabled for debugging.",
        (Section("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    Row(
        "UserWarning",
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior. "
        "Consider using tensor.detach() first.",
        (Section("08_memory", "Tensors made from tensors"),),
    ),
    Row(
        "UserWarning",
        "Error detected in …. Traceback of forward call that caused the error:",
        (Section("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    Row(
        "UserWarning",
        "Input #… requires gradient and is not a double precision floating point or complex. This "
        "check will likely fail if all the inputs are not of double precision floating point or "
        "complex.",
        (Section("11_gradient_checks", "What `gradcheck` lets pass, and what it refuses"),),
    ),
    Row(
        "UserWarning",
        "None of the inputs have requires_grad=True. Gradients will be None",
        (Section("08_memory", "Fifteen causes of None"),),
    ),
    Row(
        "UserWarning",
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. "
        "If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor "
        "instead. See github.com/pytorch/pytorch/pull/30531 for more information.",
        (
            Section("02_chain_rule", "The number in the middle"),
            Section("06_linear_regression", "Update by `w = w - lr * w.grad`"),
        ),
    ),
    Row(
        "UserWarning",
        "To copy construct from a tensor, it is recommended to use "
        "sourceTensor.detach().clone()…, rather than torch.tensor(sourceTensor).",
        (Section("08_memory", "Tensors made from tensors"),),
    ),
    Row(
        "UserWarning",
        "Using a target size (…) that is different to the input size (…). This will likely lead "
        "to incorrect results due to broadcasting. Please ensure they have the same size.",
        (
            Section("06_linear_regression", "`(N, 1) − (N,)`: a wrong fit without an error"),
            Section("09_broadcasting", "Using a target size that is different to the input size"),
        ),
    ),
    Row(
        "UserWarning",
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using "
        "autograd.grad when creating the graph to avoid this. If you have to use this function, "
        "make sure to reset the .grad fields of your parameters to None after use to break the "
        "cycle and avoid the leak.",
        (Section("15_second_derivatives", "`retain_graph` is not `create_graph`"),),
    ),
    Row(
        "ValueError",
        "can't optimize a non-leaf Tensor",
        (Section("08_memory", "Can't optimize a non-leaf Tensor"),),
    ),
    Row(
        "ValueError",
        "only one element tensors can be converted to Python scalars",
        (Section("08_memory", "Tensors made from tensors"),),
    ),
    Row(
        "ValueError",
        "Target size (…) must be the same as input size (…)",
        (Section("03_binary_cross_entropy", "Targets of another dtype or shape"),),
    ),
)
