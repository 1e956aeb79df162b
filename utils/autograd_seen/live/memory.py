"""Which tensors share memory."""

import torch

#: Up to so many elements it is worked out exactly where each of them lies.
FEW = 1_000


def share_memory(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors are known to have an element in common."""
    if not storage(one) or storage(one) != storage(other):
        return False
    try:
        if _is_dense(one) and _is_dense(other):
            (first, end), (others_first, others_end) = _extent(one), _extent(other)
            return first < others_end and others_first < end
        return bool(_places(one) & _places(other))
    except (RuntimeError, NotImplementedError):
        return False


def storage(tensor: torch.Tensor) -> int:
    """What tells one storage from another; 0 where a tensor has none.

    It is not the address of the memory: PyTorch warns where that is asked of a FakeTensor."""
    try:
        return tensor.untyped_storage()._cdata
    except (RuntimeError, NotImplementedError):
        return 0


def parts(tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The tensors in which a tensor's numbers lie: itself, or of a sparse one its indices
    and its values."""
    if tensor.layout == torch.strided:
        return (tensor,)
    if tensor.layout == torch.sparse_coo:
        return tensor._indices(), tensor._values()
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return tensor.crow_indices(), tensor.col_indices(), tensor.values()
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return tensor.ccol_indices(), tensor.row_indices(), tensor.values()
    return (tensor,)


def places(tensor: torch.Tensor) -> dict[int, int]:
    """The storages of a tensor, and the bytes of each; a view's is that of its base.

    A tensor without a storage stands for itself.
    """
    found = {}
    for part in parts(tensor):
        try:
            one = part.untyped_storage()
            found[one._cdata] = one.nbytes()
        except (RuntimeError, NotImplementedError):
            found[id(part)] = part.numel() * part.element_size()
    return found


def _extent(tensor: torch.Tensor) -> tuple[int, int]:
    """Where a tensor begins in its storage, in bytes, and where it has ended."""
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    last = sum((length - 1) * stride for length, stride in steps)
    first, size = tensor.storage_offset(), tensor.element_size()
    return first * size, (first + last + 1) * size


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether a tensor has every element between its first and its last."""
    first, end = _extent(tensor)
    return tensor.numel() > 0 and end - first == tensor.numel() * tensor.element_size()


def _places(tensor: torch.Tensor) -> set[int]:
    """Where each element begins in the storage, in bytes; of a large tensor, nothing."""
    if tensor.numel() > FEW:
        return set()
    offsets = {tensor.storage_offset()}
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        offsets = {offset + i * stride for offset in offsets for i in range(length)}
    return {offset * tensor.element_size() for offset in offsets}
