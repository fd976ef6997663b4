"""Arrays in and out. This is the one place where memory of others becomes a tensor, and a tensor an
array of others.

Pictures are N, H, W, C in this order, whatever their order in memory: an array stored as N, C, H, W
goes in without a copy as array.transpose(0, 2, 3, 1). float32, uint8, int32 and int64 are taken as
they are; float64 and smaller floating-point types become float32, int8, int16 and uint16 int32,
uint32 int64, bool uint8."""

from __future__ import annotations

import ctypes
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import _abi, _dlpack
from ._handle import Handle, Root, integer, lasting, path_of
from ._library import bare, lib

Array = np.ndarray[Any, np.dtype[Any]]

_CODES: dict[np.dtype[Any], int] = {
    np.dtype(np.float32): _abi.GAN_FLOAT32,
    np.dtype(np.uint8): _abi.GAN_UINT8,
    np.dtype(np.int32): _abi.GAN_INT32,
    np.dtype(np.int64): _abi.GAN_INT64,
}
_TYPES = {code: kind for kind, code in _CODES.items()}
_CONVERTED = {
    np.dtype(np.float64): np.float32,
    np.dtype(np.int8): np.int32,
    np.dtype(np.int16): np.int32,
    np.dtype(np.uint16): np.int32,
    np.dtype(np.uint32): np.int64,
    np.dtype(np.bool_): np.uint8,
}
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_NOTHING = _Release()


class Tensor(Handle, NDArrayOperatorsMixin):
    """An array of the library: float32, uint8, int32 or int64, with any strides.

    NumPy, PyTorch, JAX and whoever else knows DLPack or NumPy's interface share its memory, which
    lives as long as one of them: np.asarray(t), torch.from_dlpack(t). Indexing and arithmetic give
    arrays of NumPy."""

    __slots__ = ("_array", "_shape")
    _noun = "tensor"

    # `_array` is what keeps the memory alive, where the library does not.
    def __init__(self, *arguments: Any) -> None:
        raise TypeError("a tensor is made by Context.tensor, or comes out of a call")

    def _begin(self, root: Root, pointer: int | None) -> None:
        self.root = root
        self._pointer = pointer
        self._alone = None
        self._array: Array | None = None
        self._shape: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        if self._shape is None:
            rank = lib.gan_tensor_rank(self.handle)
            self._shape = tuple(lib.gan_tensor_shape(self.handle)[:rank])
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return lib.gan_tensor_count(self.handle)

    @property
    def dtype(self) -> np.dtype[Any]:
        kind: np.dtype[Any] = _TYPES[lib.gan_tensor_dtype(self.handle)]
        return kind

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one element to the next, as NumPy counts them."""
        steps = lib.gan_tensor_strides(self.handle)[: self.ndim]
        return tuple(step * self.dtype.itemsize for step in steps)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return {
            "version": 3,
            "typestr": self.dtype.str,
            "shape": self.shape,
            "strides": self.strides,
            "data": (lib.gan_tensor_data(self.handle) or 0, self.read_only),
        }

    @property
    def read_only(self) -> bool:
        """Whether the memory must not be written: it was lent so."""
        return bool(lib.gan_tensor_read_only(self.handle))

    def numpy(self) -> Array:
        """The same memory as an array of NumPy; it keeps the memory alive."""
        return np.asarray(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = np.asarray(self)
        if dtype is not None and np.dtype(dtype) != array.dtype:
            if copy is False:
                raise ValueError(f"{array.dtype} is {np.dtype(dtype)} by a copy alone")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **arguments: Any) -> Any:
        array: Any = self.numpy()
        try:
            return array.__dlpack__(**arguments)
        except BufferError:  # the struct of the time before versions cannot say "read-only"
            if array.flags.writeable or arguments.get("copy") is False:
                raise
            return array.copy().__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # the processor

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **arguments: Any) -> Any:
        inputs = tuple(x.numpy() if isinstance(x, Tensor) else x for x in inputs)
        if "out" in arguments:
            arguments["out"] = tuple(
                x.numpy() if isinstance(x, Tensor) else x for x in arguments["out"]
            )
        if isinstance(arguments.get("where"), Tensor):
            arguments["where"] = arguments["where"].numpy()
        return getattr(function, method)(*inputs, **arguments)

    def __getitem__(self, key: Any) -> Any:
        return self.numpy()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.numpy()[key] = value

    def __len__(self) -> int:
        return len(self.numpy())

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __repr__(self) -> str:
        return f"libgan.Tensor({self.numpy()!r})"

    def tolist(self) -> Any:
        return self.numpy().tolist()

    def item(self) -> Any:
        return self.numpy().item()

    def transpose(self, *order: int) -> Tensor:
        """A view with the dimensions in another order, as NumPy has it."""
        listed = order or tuple(reversed(range(self.ndim)))
        given = (ctypes.c_int32 * len(listed))(*listed)
        if len(listed) != self.ndim:
            raise ValueError(f"{len(listed)} numbers for {self.ndim} dimensions")
        return self._view(lib.gan_tensor_permute, given)

    def slice(self, dim: int, start: int, length: int) -> Tensor:
        """A view of dimension `dim` from `start` on."""
        numbers = [integer(number) for number in (dim, start, length)]
        return self._view(lib.gan_tensor_slice, *numbers)

    def _view(self, function: Any, *arguments: Any) -> Tensor:
        made = Tensor._make(self.root, function, self.handle, *arguments)
        made._array = self._array
        return made

    def copy_from(self, source: Any) -> None:
        """Copies all numbers of another array of this shape; types may differ. float32 to integers
        rounds to nearest and saturates, NaN becomes 0."""
        given = tensor_of(self.root, source)
        self.root.check(lib.gan_tensor_copy(self.handle, given.handle))

    def save(self, path: Any) -> None:
        """Writes an NPY file in one step."""
        self.root.check(lib.gan_tensor_save(self.handle, path_of(path)))

    def _repr_png_(self) -> bytes | None:
        """A picture, in a notebook."""
        from . import image

        return image.png_of_picture(self)

    def pil(self) -> Any:
        """A picture (H, W) or (H, W, C), uint8, as one of Pillow's."""
        from PIL import Image

        array = self.numpy()
        return Image.fromarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array)

    def __reduce__(self) -> tuple[Any, ...]:
        return (np.array, (self.numpy(),))


def new(root: Root, dtype: Any, shape: Sequence[int]) -> Tensor:
    """A zeroed tensor, row-major."""
    return zeros(root, np.dtype(dtype), tuple(map(integer, shape)))


def zeros(root: Root, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Tensor:
    """The same where the numbers are known to be whole."""
    code = _CODES.get(dtype)
    if code is None:
        raise TypeError(f"a tensor is float32, uint8, int32 or int64, not {dtype}")
    given, _, rank = _layout(shape, shape, 1)
    out = ctypes.c_void_p()
    alone = ctypes.byref(out)
    status = bare.gan_tensor_create(alone, root.reference, code, rank, given)
    if status:
        root.fail(status)
    made = Tensor._own(root, out.value)
    made._alone, made._shape = alone, shape
    return made


def array_of(value: Any) -> Array:
    """The value as an array with a type that the library takes; shares memory where it can."""
    if not isinstance(value, np.ndarray):
        value = _foreign(value)
    if value.dtype in _CODES:
        return _in_place(value)
    return cast(Array, value.astype(_wanted(value.dtype.newbyteorder("="))))


def _wanted(dtype: np.dtype[Any]) -> Any:
    """What an array of this type becomes."""
    if dtype in _CODES:
        return dtype
    if dtype in _CONVERTED:
        return _CONVERTED[dtype]
    if np.can_cast(dtype, np.float32):  # float16, and bfloat16 of those who add it to NumPy
        return np.float32
    raise TypeError(f"an array of {dtype} is none that libgan takes")


def _foreign(value: Any) -> Array:
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError, ValueError):
            pass  # of another device or type, or part of a graph: NumPy tells it, or knows a way
    return np.asarray(value)


def _in_place(array: Array) -> Array:
    """The array, or a copy where its memory cannot be described in whole elements."""
    if array.flags.carray:
        return array
    whole = all(step % array.itemsize == 0 for step in array.strides)
    return array if whole and array.flags.aligned else array.copy()


@functools.lru_cache(maxsize=1024)
def _layout(shape: tuple[int, ...], strides: tuple[int, ...], size: int) -> tuple[Any, Any, int]:
    return _integers(shape), _integers([step // size for step in strides]), len(shape)


def _integers(values: Sequence[int]) -> Any:
    """For a call, which takes a reference to the first number quicker than the array."""
    array = (ctypes.c_int64 * max(len(values), 1))(*values)
    return ctypes.byref(ctypes.c_int64.from_buffer(array))


_address_of = ctypes.addressof
_byte_of = ctypes.c_char.from_buffer


def _address(array: Any) -> int:
    """Of element 0, ..., 0."""
    try:  # three times as quick as what serves any array
        return _address_of(_byte_of(array))
    except (BufferError, TypeError, ValueError):  # with gaps, read-only, or empty
        return int(array.__array_interface__["data"][0])


# What tensors hold of others' memory, by a number that the library gives back when it lets go.
_held: dict[int, Array] = {}
_numbers = itertools.count(1)


def _drop(user: int | None, data: int | None, held: dict[int, Array] = _held) -> None:
    held.pop(user or 0, None)


_let_go = lasting(_Release(_drop))


def wrap(root: Root, array: Array, hold: bool) -> Tensor:
    """A tensor over an array's memory. With `hold` it keeps the array alive; else the caller
    does."""
    shape, strides, rank = _layout(array.shape, array.strides, array.itemsize)
    number = None
    if hold:
        number = next(_numbers)
        _held[number] = array
    out = ctypes.c_void_p()
    status = lib.gan_tensor_wrap(
        ctypes.byref(out),
        root.pointer,
        _CODES[array.dtype],
        rank,
        shape,
        strides,
        _address(array),
        _let_go if hold else _NOTHING,
        number,
    )
    if status:
        _held.pop(number or 0, None)
        root.fail(status)
    made = Tensor._own(root, out.value)
    made._array = None if hold else array
    made._shape = array.shape
    return made


def tensor_of(root: Root, value: Any, hold: bool = False) -> Tensor:
    """Any array as a tensor, without a copy where types and strides allow. With `hold` it may
    outlive the array, and be written where the array may."""
    if isinstance(value, Tensor):
        lent = hold and value._array is not None
        return wrap(value.root, value.numpy(), hold=True) if lent else value
    if not isinstance(value, np.ndarray) and _dlpack.is_served(value):
        made = _borrowed(root, value, share=True)
        return cast(Tensor, _borrowed(root, value, share=False)) if made is None else made
    array = array_of(value)
    if hold and not array.flags.writeable:
        return _read_only(root, array)
    return wrap(root, array, hold)


def _read_only(root: Root, array: Array) -> Tensor:
    """Of an array that must not be written, whose DLPack tells the library so."""
    try:
        return cast(Tensor, _borrowed(root, array, share=True))
    except BufferError:  # NumPy before 2.1 does not lend it
        return wrap(root, array.copy(), hold=True)


def _borrowed(root: Root, value: Any, share: bool) -> Tensor | None:
    """What another library lends; None where it would have to be converted to be shared."""
    capsule, legacy = _dlpack.lent(value)
    guarded = _guarded(value) if legacy else None
    if guarded is not None:
        return _read_only(root, guarded)
    out = ctypes.c_void_p()
    status = _dlpack.take(ctypes.byref(out), root.pointer, capsule, legacy, share)
    if share and status == _abi.GAN_E_UNSUPPORTED:
        return None
    root.check(status)
    return Tensor._own(root, out.value)


def _guarded(value: Any) -> Array | None:
    """NumPy's view of what must not be written, as arrays of JAX: the struct of the time before
    versions does not say so."""
    try:
        array = np.asarray(value)
    except (RuntimeError, TypeError, ValueError):
        return None
    return array if array.dtype in _CODES and not array.flags.writeable else None


def output_of(root: Root, value: Any) -> Tensor:
    """An array that is to be filled: never a copy."""
    made: Tensor | None = None
    writeable = True
    if isinstance(value, np.ndarray):
        if value.dtype in _CODES and _in_place(value) is value:
            made, writeable = wrap(root, value, hold=False), value.flags.writeable
    else:
        if isinstance(value, Tensor):
            made = value
        elif _dlpack.is_served(value):
            made = _borrowed(root, value, share=True)
        writeable = made is None or not made.read_only
    if made is None:
        kind = getattr(value, "dtype", type(value).__name__)
        raise TypeError(f"what is written to shares its memory, which {kind} here does not")
    if not writeable:
        raise ValueError("the array to be written to is read-only")
    return made


class Views:
    """The tensors over arrays that come again, as in a loop. All that the library knows of an array
    is where its numbers lie, so that one tensor serves whatever array lies there; it keeps none
    alive: the caller does."""

    __slots__ = ("_known",)
    _MOST = 16

    def __init__(self) -> None:
        self._known: dict[Any, Tensor] = {}

    def clear(self) -> None:
        self._known.clear()

    def tensor_of(self, root: Root, value: Any) -> Tensor:
        """tensor_of(root, value), for a call that does not keep it."""
        if isinstance(value, Tensor):
            return value
        view = self._view(root, value) if isinstance(value, np.ndarray) else None
        return tensor_of(root, value) if view is None else view

    def output_of(self, root: Root, value: Any) -> Tensor:
        """output_of(root, value)."""
        view = self._view(root, value) if isinstance(value, np.ndarray) else None
        if view is None or not value.flags.writeable:
            return output_of(root, value)
        made = cast(Tensor, Tensor._borrow(root, view.handle))
        made._array, made._shape = value, value.shape
        return made

    def _view(self, root: Root, array: Array) -> Tensor | None:
        """None where the array would have to be copied."""
        key = (_address(array), array.shape, array.strides, array.dtype)
        found = self._known.get(key)
        if found is None and array.dtype in _CODES and _in_place(array) is array:
            if len(self._known) >= self._MOST:
                self.clear()
            found = self._known[key] = wrap(root, array, hold=False)
            found._array = None
        return found


def handles_of(items: Sequence[Handle]) -> Any:
    """An array of handles for a call."""
    if len(items) == 1:
        return items[0].alone
    return (ctypes.c_void_p * len(items))(*[item.handle for item in items])


Batch = Any
