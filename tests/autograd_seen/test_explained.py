"""A line as Python prints it leads to the row that explains it, whatever its numbers are."""

import pytest
from autograd_seen.explained import Section, rows_for, rows_with

IN_PLACE = (
    "RuntimeError: one of the variables needed for gradient computation has been modified by an "
    "inplace operation: {}; expected version 0 instead. Hint: enable anomaly detection to find "
    "the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
TWICE = (
    "RuntimeError: Trying to backward through the graph a second time (or directly access saved "
    "tensors after they have already been freed). Saved intermediate values of the graph are freed "
    "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
    "backward through the graph a second time or if you need to access saved tensors after calling "
    "backward."
)
NOT_A_LEAF = (
    "UserWarning: The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. "
    "Its .grad attribute won't be populated during autograd.backward(). If you indeed want the "
    ".grad field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor."
)
#: What learners ask about, as Python prints it, and the lesson that explains it.
ASKED = [
    (TWICE, "04"),
    ("RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn", "01"),
    ("RuntimeError: element 3 of tensors does not require grad and does not have a grad_fn", "01"),
    (IN_PLACE.format("[torch.FloatTensor [2]], which is output 0 of Exp, is at version 1"), "04"),
    (IN_PLACE.format("[torch.cuda.HalfTensor [3, 8]] is at version 12"), "04"),
    (
        "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.",
        "06",
    ),
    (NOT_A_LEAF, "02"),
    (f"/home/me/train.py:5: {NOT_A_LEAF}\n  return self._grad", "02"),
    (NOT_A_LEAF.split(". ")[0], "02"),
    (
        "RuntimeError: Can't call numpy() on Tensor that requires grad. Use "
        "tensor.detach().numpy() instead.",
        "05",
    ),
    (
        "C:\\me\\fit.py:31: UserWarning: Using a target size (torch.Size([8])) that is different "
        "to the input size (torch.Size([8, 1])). This will likely lead to incorrect results due to "
        "broadcasting. Please ensure they have the same size.",
        "06",
    ),
    ("RuntimeError: Only Tensors of floating point and complex dtype can require gradients", "01"),
    ("TypeError: unsupported operand type(s) for *: 'float' and 'NoneType'", "06"),
    (
        "RuntimeError: you can only change requires_grad flags of leaf variables. If you want to "
        "use a computed variable in a subgraph that doesn't require differentiation use "
        "var_no_grad = var.detach().",
        "05",
    ),
    ("AttributeError: 'int' object has no attribute 'backward'", "01"),
    ("RuntimeError: all elements of input should be between 0 and 1", "03"),
    (
        "RuntimeError: Mismatch in shape: grad_output[0] has a shape of torch.Size([8, 1]) and "
        "output[0] has a shape of torch.Size([8]).",
        "07",
    ),
    ("RuntimeError: result type Double can't be cast to the desired output type Int", "03"),
    (
        "ValueError: Target size (torch.Size([5])) must be the same as input size (torch.Size([]))",
        "03",
    ),
    (
        "torch.autograd.gradcheck.GradcheckError: Jacobian mismatch for output 1 with respect to "
        "input 0,\nnumerical:tensor([[6.6757]])\nanalytical:tensor([[7.1240]])\n",
        "11",
    ),
    (
        "/home/me/check.py:9: UserWarning: Input #1 requires gradient and is not a double "
        "precision floating point or complex. This check will likely fail if all the inputs are "
        "not of double precision floating point or complex. ",
        "11",
    ),
    ("ValueError: can't optimize a non-leaf Tensor", "08"),
    ("RecursionError: maximum recursion depth exceeded in comparison", "14"),
    ("RecursionError: maximum recursion depth exceeded while calling a Python object", "14"),
    (
        "RuntimeError: mul(): functions with out=... arguments don't support automatic "
        "differentiation, but one of the arguments requires grad.",
        "10",
    ),
    (
        "RuntimeError: The differentiated Tensor at index 1 appears to not have been used in the "
        "graph. Set allow_unused=True if this is the desired behavior.",
        "08",
    ),
    (
        "UserWarning: To copy construct from a tensor, it is recommended to use "
        "sourceTensor.detach().clone(), rather than torch.tensor(sourceTensor).",
        "08",
    ),
    ("RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.", "12"),
    (
        "RuntimeError: The total norm of order inf for gradients from `parameters` is non-finite, "
        "so it cannot be clipped. To disable this error",
        "12",
    ),
    (
        "UserWarning: Error detected in LogBackward0. Traceback of forward call that caused the "
        'error:\n  File "a.py", line 3, in <module>',
        "12",
    ),
    (
        "RuntimeError: function ScaleBackward returned an incorrect number of gradients (expected "
        "2, got 1)",
        "13",
    ),
    (
        "RuntimeError: Legacy autograd function with non-static forward method is deprecated. "
        "Please use new-style autograd function with static forward method. (Example: "
        "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
        "13",
    ),
    (
        "RuntimeError: In order to use an autograd.Function with functorch transforms (vmap, grad, "
        "jvp, jacrev, ...), it must override the setup_context staticmethod.",
        None,
    ),
    ("UserWarning: None of the inputs have requires_grad=True. Gradients will be None", "08"),
    (
        "RuntimeError: Output 0 of Unbind is a view and is being modified inplace. This view is "
        "the output of a function that returns multiple views.",
        "10",
    ),
    (
        "RuntimeError: Setting requires_grad=True on inference tensor outside InferenceMode is not "
        "allowed.",
        None,
    ),
    (
        "RuntimeError: a view of a leaf Variable that requires grad is being used in an in-place "
        "operation.",
        "10",
    ),
    ("RuntimeError: cannot register a hook on a tensor that doesn't require gradient", "13"),
    ("RuntimeError: mat1 and mat2 must have the same dtype, but got Double and Float", "16"),
    ("ValueError: only one element tensors can be converted to Python scalars", "08"),
    ("TypeError: unsupported operand type(s) for +: 'int' and 'str'", None),
    ("AttributeError: 'NoneType' object has no attribute 'shape'", None),
    # An error of the reader's own, of which a message holds each word.
    ("RuntimeError: one", None),
    ("", None),
]


@pytest.mark.parametrize(("said", "lesson"), ASKED)
def test_a_line_as_python_prints_it_leads_to_its_lesson(said, lesson):
    found = rows_for(said)
    assert [row.sections[0].lesson[:2] for row in found] == ([lesson] if lesson else [])


def test_a_whole_traceback_and_a_wrapped_line_are_found_too():
    coloured = TWICE.replace("the graph", "the \x1b[31mgraph\x1b[0m")
    traceback = f'Traceback (most recent call last):\n  File "a.py", line 3\n{coloured}\n'
    assert rows_for(traceback) == rows_for(TWICE)
    assert rows_for(TWICE.replace(" ", "\n    ")) == rows_for(TWICE)


def test_a_piece_is_found_if_it_is_not_too_short():
    (row,) = rows_with("through the  GRAPH a second time")
    assert row.explains(TWICE)
    assert not rows_with("the gr") and not rows_with("through the graph a third time")


def test_a_section_says_its_lesson_and_its_heading():
    section = Section("06_linear_regression", "Update by `w = w * g`, *twice*")
    assert str(section) == "06, Update by w = w * g, *twice*"
    assert section.link == "06_linear_regression.ipynb#Update-by-w-=-w-*-g,-twice"
