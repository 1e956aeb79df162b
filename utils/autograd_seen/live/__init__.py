"""All that touches torch: in comes a live tensor, out goes a `Graph` or a `Recording` of plain
data.

Nothing in here lays out, writes or draws; nothing outside looks at a node of PyTorch's backward
graph."""
