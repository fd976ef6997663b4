"""Data sets: from descriptions of files, from arrays, or from any sequence of examples."""

from __future__ import annotations

import ctypes
import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from . import _abi, catalog
from ._handle import Closable, Root, bytes_of, lasting, text_of
from ._interrupt import Deferred
from ._library import lib
from .tensor import _CODES, Array, Tensor, array_of, handles_of, output_of, tensor_of

Field = tuple[np.dtype[Any], tuple[int, ...]]


class Dataset(Closable):
    """Made by Context.dataset: examples with named fields, `image`, `label` and `vector`."""

    __slots__ = ()
    _noun = "dataset"

    def __len__(self) -> int:
        return lib.gan_dataset_count(self.handle)

    @property
    def fields(self) -> list[str]:
        count = lib.gan_dataset_field_count(self.handle)
        return [text_of(lib.gan_dataset_field_name(self.handle, i)) for i in range(count)]

    def shape(self, field: str) -> tuple[int, ...]:
        """Of one example, as it is drawn: H, W, C of an image, C of a vector, () of a label."""
        rank, shape = ctypes.c_int32(), (ctypes.c_int64 * 3)()
        arguments = (bytes_of(field), ctypes.byref(rank), shape, None)
        self.root.check(lib.gan_dataset_field_shape(self.handle, *arguments))
        return tuple(shape[: rank.value])

    @property
    def class_count(self) -> int:
        """Of the labels; 0 if there are none, or where it is not known."""
        return lib.gan_dataset_class_count(self.handle)

    @property
    def class_names(self) -> list[str | None]:
        """Of the classes in order; None for one without a name."""
        found = [lib.gan_dataset_class_name(self.handle, i) for i in range(self.class_count)]
        return [None if name is None else text_of(name) for name in found]

    def read(self, field: str, indices: Any, dtype: Any = None, out: Any = None) -> Array:
        """Examples by number, as an array (n, ...): pictures in float32 in [-1, 1], or uint8 as
        `dtype` says; labels in int64; vectors in float32. Or into `out`, which is returned."""
        given = np.asarray(indices)
        if given.size and given.dtype.kind not in "iu":
            raise TypeError(f"read: examples are numbered by integers, not by {given.dtype}")
        numbers = np.ascontiguousarray(given, np.int64).reshape(-1)
        if out is None:
            kind = dtype or (np.int64 if field == "label" else np.float32)
            out = np.empty((len(numbers), *self.shape(field)), kind)
        tensor = output_of(self.root, out)
        if tensor.shape[:1] != numbers.shape:
            raise ValueError(f"read: {len(numbers)} examples, and room for {tensor.shape[0]}")
        pointer = numbers.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
        arguments = (bytes_of(field), pointer, tensor.handle)
        with Deferred():
            self.root.check(lib.gan_dataset_read(self.handle, *arguments))
        return cast(Array, out)

    def __getitem__(self, key: Any) -> dict[str, Array]:
        """Examples as {field: array}: one by number, several by a slice, by numbers, or by one bool
        for each example."""
        count = len(self)
        single = not isinstance(key, slice) and np.ndim(key) == 0
        numbers = [operator.index(key)] if single else self._numbers(key)
        for i in numbers:
            if not -count <= i < count:
                raise IndexError(f"example {i} of {count}")
        numbers = [i % count for i in numbers]
        found = {field: self.read(field, numbers) for field in self.fields}
        return {field: array[0] for field, array in found.items()} if single else found

    def _numbers(self, key: Any) -> list[int]:
        """What a key stands for."""
        count = len(self)
        if isinstance(key, slice):
            return list(range(*key.indices(count)))
        given = np.asarray(key)
        if given.dtype == np.bool_:
            if given.shape != (count,):
                raise IndexError(f"{given.size} bools for {count} examples")
            return [int(i) for i in np.flatnonzero(given)]
        return [operator.index(i) for i in given.reshape(-1).tolist()]

    def mixture(self) -> tuple[Tensor, float]:
        """The centres (K, C) of data that are drawn from Gaussians, and their deviation."""
        out, deviation = ctypes.c_void_p(), ctypes.c_double()
        arguments = (ctypes.byref(out), ctypes.byref(deviation), self.handle)
        self.root.check(lib.gan_dataset_mixture(*arguments))
        return Tensor._own(self.root, out.value), deviation.value

    def __repr__(self) -> str:
        shapes = ", ".join(f"{field} {self.shape(field)}" for field in self.fields)
        return f"<libgan.Dataset: {len(self)} examples, {shapes}>"


def create(root: Root, source: Any, options: dict[str, Any]) -> Dataset:
    """A data set of a description with options, of arrays, or of a sequence of examples."""
    if isinstance(source, str):
        text = catalog.describe("data", source, options)
        return Dataset._make(root, lib.gan_dataset_open, root.pointer, bytes_of(text))
    arrays: dict[str, Any] = dict(options)
    if isinstance(source, Mapping):
        arrays.update(source)
    elif isinstance(source, (np.ndarray, Tensor)) or hasattr(source, "__array__"):
        arrays["image"] = source
    elif source is not None:
        return of_sequence(root, source, **options)
    return of_arrays(root, arrays)


def of_arrays(root: Root, arrays: Mapping[str, Any]) -> Dataset:
    """Shares the arrays, examples along dimension 0: do not write to them any more."""
    tensors = [tensor_of(root, array, hold=True) for array in arrays.values()]
    names = (ctypes.c_char_p * len(arrays))(*[bytes_of(name) for name in arrays])
    arguments = (names, handles_of(tensors), len(tensors))
    return Dataset._make(root, lib.gan_dataset_from_tensors, root.pointer, *arguments)


# ---- from a sequence: the library calls back, on threads of its own ----


_WHOLE = (np.dtype(np.uint8), np.dtype(np.int32), np.dtype(np.int64))


class Reader:
    """Examples of a sequence as the library wants them."""

    def __init__(
        self, root: Root, source: Any, transform: Callable[[Any], Any] | None, layout: str
    ) -> None:
        if not hasattr(source, "__getitem__") or not hasattr(source, "__len__"):
            raise TypeError(f"a {type(source).__name__} is no sequence of examples")
        if layout not in ("HWC", "CHW"):
            raise ValueError(f"layout: 'HWC' or 'CHW', not {layout!r}")
        self.root, self.source, self.transform, self.layout = root, source, transform, layout
        self.fields: dict[str, Field] = {}
        for name, array in self.example(0).items():
            self.fields[name] = (array.dtype, array.shape)

    def example(self, index: int) -> dict[str, Array]:
        """One of them as {field: array}."""
        found = self.source[index]
        if self.transform is not None:
            found = self.transform(found)
        if not isinstance(found, Mapping):
            listed = found if isinstance(found, (tuple, list)) else (found,)
            if len(listed) > 2:
                raise ValueError(
                    f"example {index}: {len(listed)} values; known are a picture and a label, or "
                    "{field: value}, which a transform may make"
                )
            found = dict(zip(("image", "label"), listed))
        return {name: self._field(index, name, value) for name, value in found.items()}

    def _field(self, index: int, name: str, value: Any) -> Array:
        if getattr(value, "mode", None) == "P":  # of Pillow: its numbers are those of a palette
            value = value.convert("RGBA" if "transparency" in value.info else "RGB")
        array = array_of(value)
        if name == "label":
            self._check(index, name, value, array.dtype in _WHOLE, "a whole number")
            return array.astype(np.int64).reshape(())
        if name != "image":
            return array.astype(np.float32)
        known = array.dtype in (np.float32, np.uint8)
        self._check(index, name, value, known, "uint8 or floating-point")
        if getattr(value, "dtype", None) == np.bool_ or getattr(value, "mode", None) == "1":
            array = array * np.uint8(255)
        if array.ndim == 2:
            return array[:, :, None]
        return array.transpose(1, 2, 0) if self.layout == "CHW" else array

    @staticmethod
    def _check(index: int, name: str, value: Any, known: bool, wanted: str) -> None:
        if not known:
            kind = getattr(value, "dtype", type(value).__name__)
            raise TypeError(f"example {index}: {name} is {kind}; it must be {wanted}")

    def fill(self, index: int, buffers: Any) -> None:
        example = self.example(index)
        for i, (name, (dtype, shape)) in enumerate(self.fields.items()):
            array = example[name]
            if array.dtype != dtype or array.shape != shape:
                raise ValueError(
                    f"example {index}: {name} is {array.dtype} {array.shape}, that of example 0 is "
                    f"{dtype} {shape}"
                )
            size = dtype.itemsize * array.size
            memory: Any = (ctypes.c_char * size).from_address(buffers[i])
            np.frombuffer(memory, dtype).reshape(shape)[...] = array


_readers: dict[int, Reader] = {}
_numbers = itertools.count(1)


def _read(user: int | None, index: int, buffers: Any) -> int:
    reader = _readers.get(user or 0)
    try:
        if reader is None:
            return 1
        reader.fill(index, buffers)
    except BaseException as fault:
        # It comes out of the call that needs the example.
        cast(Reader, reader).root.raised = fault
        return 1
    return 0


def _forget(user: int | None, readers: dict[int, Reader] = _readers) -> None:
    readers.pop(user or 0, None)


_read_function = lasting(_abi.gan_dataset_read_function(_read))
_forget_function = lasting(ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_forget))


def of_sequence(
    root: Root,
    source: Sequence[Any],
    transform: Callable[[Any], Any] | None = None,
    layout: str = "HWC",
) -> Dataset:
    """Anything with len() and [i], such as a Dataset of torch: an example is a picture, a pair of
    picture and label, or {field: value}; `transform` makes one of what is there. Pictures are
    Pillow's, uint8, bool (black and white), or floating-point in [-1, 1], of the `layout` "HWC" or
    "CHW". Examples are asked for
    ahead, on a thread of the library."""
    reader = Reader(root, source, transform, layout)
    fields = (_abi.gan_dataset_field * len(reader.fields))()
    kept = []
    for field, (name, (dtype, shape)) in zip(fields, reader.fields.items()):
        kept.append((ctypes.c_int64 * len(shape))(*shape))
        field.size = ctypes.sizeof(_abi.gan_dataset_field)
        field.name, field.dtype, field.rank = bytes_of(name), _CODES[dtype], len(shape)
        field.shape = kept[-1]
    number = next(_numbers)
    _readers[number] = reader
    arguments = (fields, len(fields), len(source), _read_function, _forget_function, number)
    try:
        return Dataset._make(root, lib.gan_dataset_from_callback, root.pointer, *arguments)
    except BaseException:
        _readers.pop(number, None)
        raise
