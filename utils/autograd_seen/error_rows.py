"""The errors and warnings that lessons explain, as plain data.

Each has its class, the whole message, and the sections in which it is raised and explained, the
best one first, as pairs of a lesson's slug and the heading. In a message … stands for whatever
differs from case to case: a number, a size, a type.
"""

ROWS = (
    (
        "AttributeError",
        "'…' object has no attribute 'backward'",
        (("01_scalar_gradients", "When it refuses"),),
    ),
    (
        "AttributeError",
        "'NoneType' object has no attribute 'zero_'",
        (("04_accumulation", "`'NoneType' object has no attribute 'zero_'`"),),
    ),
    (
        "GradcheckError",
        "Jacobian mismatch for output … with respect to input …,",
        (
            ("11_gradient_checks", "What `gradcheck` lets pass, and what it refuses"),
            ("11_gradient_checks", "A backward that passes under `sum()`"),
        ),
    ),
    (
        "DeprecationWarning",
        "<class '…'> should not be instantiated. Methods on autograd functions are all static, so "
        "you should invoke them on the class itself. Instantiating an autograd function will raise "
        "an error in a future version of PyTorch.",
        (("13_own_derivative", "Two more errors"),),
    ),
    (
        "NotImplementedError",
        "clamp is not supported for complex types",
        (("11_gradient_checks", "A step without a subtraction"),),
    ),
    (
        "NotImplementedError",
        "You must implement either the backward or vjp method for your custom autograd.Function to "
        "use it with backward mode AD.",
        (("13_own_derivative", "Two more errors"),),
    ),
    (
        "RecursionError",
        "maximum recursion depth exceeded",
        (("14_build_it", "Each path by itself"),),
    ),
    (
        "RuntimeError",
        "a leaf Variable that requires grad is being used in an in-place operation.",
        (("06_linear_regression", "In-place update outside `no_grad`"),),
    ),
    (
        "RuntimeError",
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        (("10_in_place", "Writes that are refused at once"),),
    ),
    (
        "RuntimeError",
        "all elements of input should be between 0 and 1",
        (("03_binary_cross_entropy", "One loss takes z, the other takes p"),),
    ),
    (
        "RuntimeError",
        "attempting to assign a gradient of size '…' to a tensor of size '…'. Please ensure that "
        "the gradient and the tensor are the same size",
        (("09_broadcasting", "Attempting to assign a gradient of another size"),),
    ),
    (
        "RuntimeError",
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        (("05_disabling_tracking", "Can't call `numpy()` on a tensor that requires grad"),),
    ),
    (
        "RuntimeError",
        "cannot register a hook on a tensor that doesn't require gradient",
        (("13_own_derivative", "What did a layer compute?"),),
    ),
    (
        "RuntimeError",
        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does "
        "not support crossing process boundaries. If you just want to transfer the data, call "
        "detach() on the tensor before serializing (e.g., putting it on the queue).",
        (("05_disabling_tracking", "Can't call `numpy()` on a tensor that requires grad"),),
    ),
    (
        "RuntimeError",
        "element … of tensors does not require grad and does not have a grad_fn",
        (
            ("01_scalar_gradients", "When it refuses"),
            ("05_disabling_tracking", "Does not require grad: three switches"),
            ("05_disabling_tracking", "Freeze a part, let gradients through"),
            ("08_memory", "A loop that did not run"),
            ("12_kinks", "The index of the largest"),
            ("15_second_derivatives", "`retain_graph` is not `create_graph`"),
        ),
    ),
    (
        "RuntimeError",
        "Function '…' returned nan values in its …th output.",
        (("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    (
        "RuntimeError",
        "Expected to have finished reduction in the prior iteration before starting a new one. "
        "This error indicates that your module has parameters that were not used in producing "
        "loss. …",
        (("16_deep_networks", "Workers of unequal size, and an unused layer"),),
    ),
    (
        "RuntimeError",
        "function … returned an incorrect number of gradients (expected …, got …)",
        (("13_own_derivative", "A solver that autograd cannot see"),),
    ),
    (
        "RuntimeError",
        "functions with out=... arguments don't support automatic differentiation, but one of the "
        "arguments requires grad.",
        (("10_in_place", "Writes that are refused at once"),),
    ),
    (
        "RuntimeError",
        "grad can be implicitly created only for scalar outputs",
        (("01_scalar_gradients", "When it refuses"),),
    ),
    (
        "RuntimeError",
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode in computation tracked by autograd. To work around this, you can make a "
        "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
        "`torch.inference_mode()`.",
        (("05_disabling_tracking", "Inference tensors cannot be saved for backward"),),
    ),
    (
        "RuntimeError",
        "Legacy autograd function with non-static forward method is deprecated. Please use "
        "new-style autograd function with static forward method. (Example: …)",
        (("13_own_derivative", "Two more errors"),),
    ),
    (
        "RuntimeError",
        "mat1 and mat2 must have the same dtype, but got … and …",
        (("16_deep_networks", "Another dtype, another device"),),
    ),
    (
        "RuntimeError",
        "Mismatch in shape: grad_output[…] has a shape of … and output[…] has a shape of ….",
        (("07_vectors", "A vector at the root"),),
    ),
    (
        "RuntimeError",
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: … is at version …; expected version … instead. Hint: enable anomaly "
        "detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False).",
        (
            ("04_accumulation", "Modified by an inplace operation"),
            ("05_disabling_tracking", "A write that PyTorch does not see"),
            ("10_in_place", "A river in a buffer"),
            ("10_in_place", "A `step()` between two passes"),
            ("13_own_derivative", "Save it, or keep it as an attribute?"),
        ),
    ),
    (
        "RuntimeError",
        "Only Tensors of floating point and complex dtype can require gradients",
        (("01_scalar_gradients", "When it refuses"),),
    ),
    (
        "RuntimeError",
        "Output … of … is a view and is being modified inplace. This view is the output of a "
        "function that returns multiple views. Such functions do not allow the output views to be "
        "modified inplace. You should replace the inplace operation by an out-of-place one.",
        (("10_in_place", "Writes that are refused at once"),),
    ),
    (
        "RuntimeError",
        "result type … can't be cast to the desired output type …",
        (("03_binary_cross_entropy", "Targets of another dtype or shape"),),
    ),
    (
        "RuntimeError",
        "Tensor on device … is not on the expected device …!",
        (("16_deep_networks", "Another dtype, another device"),),
    ),
    (
        "RuntimeError",
        "The differentiated Tensor at index … appears to not have been used in the graph. Set "
        "allow_unused=True if this is the desired behavior.",
        (("08_memory", "Why is `x.grad` None?"),),
    ),
    (
        "RuntimeError",
        "The size of tensor a (…) must match the size of tensor b (…) at non-singleton dimension …",
        (("09_broadcasting", "The size of tensor a must match the size of tensor b"),),
    ),
    (
        "RuntimeError",
        "The total norm of order … for gradients from `parameters` is non-finite, so it cannot be "
        "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
        "`error_if_nonfinite=False`",
        (("12_kinks", "What hides a nan"),),
    ),
    (
        "RuntimeError",
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.",
        (
            ("04_accumulation", "Two passes through one graph"),
            ("08_memory", "A state that drags its past along"),
        ),
    ),
    (
        "RuntimeError",
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use "
        "var_no_grad = var.detach().",
        (("05_disabling_tracking", "You can only change requires_grad flags of leaf variables"),),
    ),
    (
        "TypeError",
        "new() received an invalid combination of arguments - got (…, requires_grad=bool), but "
        "expected one of: …",
        (("08_memory", "Tensors made from tensors"),),
    ),
    (
        "TypeError",
        "unsupported operand type(s) for …: '…' and 'NoneType'",
        (("06_linear_regression", "Update by `w = w - lr * w.grad`"),),
    ),
    (
        "UserWarning",
        "Anomaly Detection has been enabled. This mode will increase the runtime and should only "
        "be enabled for debugging.",
        (("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    (
        "UserWarning",
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior. "
        "Consider using tensor.detach() first.",
        (("08_memory", "Tensors made from tensors"),),
    ),
    (
        "UserWarning",
        "Error detected in …. Traceback of forward call that caused the error:",
        (("12_kinks", "The loss is fine, and the weights are nan"),),
    ),
    (
        "UserWarning",
        "Input #… requires gradient and is not a double precision floating point or complex. This "
        "check will likely fail if all the inputs are not of double precision floating point or "
        "complex.",
        (("11_gradient_checks", "What `gradcheck` lets pass, and what it refuses"),),
    ),
    (
        "UserWarning",
        "None of the inputs have requires_grad=True. Gradients will be None",
        (("08_memory", "Fifteen causes of None"),),
    ),
    (
        "UserWarning",
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. "
        "If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor "
        "instead. See github.com/pytorch/pytorch/pull/30531 for more information.",
        (
            ("02_chain_rule", "The number in the middle"),
            ("06_linear_regression", "Update by `w = w - lr * w.grad`"),
        ),
    ),
    (
        "UserWarning",
        "To copy construct from a tensor, it is recommended to use "
        "sourceTensor.detach().clone()…, rather than torch.tensor(sourceTensor).",
        (("08_memory", "Tensors made from tensors"),),
    ),
    (
        "UserWarning",
        "Using a target size (…) that is different to the input size (…). This will likely lead "
        "to incorrect results due to broadcasting. Please ensure they have the same size.",
        (
            ("06_linear_regression", "`(N, 1) − (N,)`: a wrong fit without an error"),
            ("09_broadcasting", "Using a target size that is different to the input size"),
        ),
    ),
    (
        "UserWarning",
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using "
        "autograd.grad when creating the graph to avoid this. If you have to use this function, "
        "make sure to reset the .grad fields of your parameters to None after use to break the "
        "cycle and avoid the leak.",
        (("15_second_derivatives", "`retain_graph` is not `create_graph`"),),
    ),
    (
        "ValueError",
        "can't optimize a non-leaf Tensor",
        (("08_memory", "Can't optimize a non-leaf Tensor"),),
    ),
    (
        "ValueError",
        "only one element tensors can be converted to Python scalars",
        (("08_memory", "Tensors made from tensors"),),
    ),
    (
        "ValueError",
        "Target size (…) must be the same as input size (…)",
        (("03_binary_cross_entropy", "Targets of another dtype or shape"),),
    ),
)
