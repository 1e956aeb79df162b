"""Tensors and numbers in a few words."""

import torch

#: A longer name, value or label is shortened to this many characters.
LONGEST = 40


def clip(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, every character printable, at most ``longest`` of them."""
    head = str(text)[: longest + 1]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else "�" for c in head)
    return head if len(head) <= longest else head[: longest - 1] + "…"


def number(value) -> str:
    """A Python number with at most four decimals, or in scientific form where these would show too
    little.
    """
    if isinstance(value, complex):
        return f"{number(value.real)}{'' if value.imag < 0 else '+'}{number(value.imag)}j"
    if isinstance(value, bool) or not isinstance(value, float):
        return clip(str(value))
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        text = f"{value:.4f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def summary(tensor: torch.Tensor) -> str:
    """The value of a tensor in a few words.

    One number, up to four numbers in brackets, or the smallest and the largest. Empty where the
    tensor holds no values that can be read (on the meta device, say). Changes neither the tensor
    nor the random state."""
    try:
        with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
            return _summary(tensor.detach())
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        return ""


def _summary(tensor: torch.Tensor) -> str:
    if tensor.device.type == "meta":
        return ""
    if tensor.numel() == 0:
        return "empty"
    if tensor.dim() == 0:
        return number(tensor.item())
    if tensor.dim() == 1 and tensor.numel() <= 4:
        return "[" + ", ".join(number(v) for v in tensor.tolist()) + "]"
    if tensor.is_complex() or tensor.layout != torch.strided:
        return ""
    if tensor.is_floating_point():
        tensor = tensor.to(torch.promote_types(tensor.dtype, torch.float32))
        missing = int(tensor.isnan().sum())
        if missing:
            return f"nan in {missing} of {tensor.numel()}"
    low, high = (end.item() for end in tensor.aminmax())
    return f"all {number(low)}" if low == high else f"{_rough(low)} … {_rough(high)}"


def _rough(value) -> str:
    """Three digits are enough for a range."""
    return number(float(f"{value:.3g}")) if isinstance(value, float) else number(value)


def dtype_name(dtype: torch.dtype) -> str:
    """``"float32"`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def kind_of(thing) -> str:
    """``"an int"`` for 3: what an error says was passed."""
    kind = type(thing).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
