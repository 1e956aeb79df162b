"""How a report writes values."""

from plainjudge.answers import numbers_in
from plainjudge.values import Array, Odd

#: Characters of an error's message, and of a value that holds no numbers.
LONGEST = 90
#: Numbers of a list or an array that are written out.
MOST_NUMBERS = 6


def written(value: object) -> str:
    """A plain value in a report: numbers with six digits, anything else cut short."""
    if isinstance(value, Array) and value.is_tensor and not value.is_floating_point:
        whole = bool if value.dtype == "bool" else int
        parts = nested([whole(one) for one in value.values], value.shape)
        return f"{shortened(str(parts))}, torch.{value.dtype}"
    numbers = numbers_in(value)
    if numbers is None:
        return _written_otherwise(value)
    parts = [f"{part:.6g}" for part in numbers.values[:MOST_NUMBERS]]
    if not numbers.shape:
        return parts[0]
    if len(numbers.values) > MOST_NUMBERS:
        parts.append("…")
    of_shape = f" of shape {numbers.shape}" if len(numbers.shape) > 1 else ""
    return f"[{', '.join(parts)}]{of_shape}"


def nested(values: list, shape: tuple[int, ...]) -> object:
    """Values, given row after row, as lists within lists; of no shape, the only one itself."""
    if not shape:
        return values[0]
    step = len(values) // shape[0] if shape[0] else 0
    return [nested(values[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])]


def _written_otherwise(value: object) -> str:
    """A value that holds no numbers."""
    if isinstance(value, list | tuple):
        return shortened(f"[{', '.join(map(written, value))}]")
    if isinstance(value, dict):
        parts = (f"{name!r}: {written(one)}" for name, one in value.items())
        return shortened(f"{{{', '.join(parts)}}}")
    return shortened(value.text if isinstance(value, Odd) else repr(value))


def shortened(text: str) -> str:
    """The first line of a text, cut to `LONGEST` characters."""
    first = text.split("\n")[0]
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"
