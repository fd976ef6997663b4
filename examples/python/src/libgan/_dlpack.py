"""Arrays of other libraries, by the library's own DLPack: no detour by NumPy, so bfloat16 too."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_int, c_void_p, py_object
from typing import Any

from . import _abi
from ._handle import lasting
from ._library import lib

# The names of a capsule: as it is lent, and once it was taken. Capsules point at them.
_VERSIONED = lasting(b"dltensor_versioned"), lasting(b"used_dltensor_versioned")
_LEGACY = lasting(b"dltensor"), lasting(b"used_dltensor")

if hasattr(ctypes, "pythonapi"):
    _api: Any = ctypes.pythonapi
    _is_valid = ctypes.PYFUNCTYPE(c_int, py_object, c_char_p)(("PyCapsule_IsValid", _api))
    _pointer = ctypes.PYFUNCTYPE(c_void_p, py_object, c_char_p)(("PyCapsule_GetPointer", _api))
    _set_name = ctypes.PYFUNCTYPE(c_int, py_object, c_char_p)(("PyCapsule_SetName", _api))


def is_served(value: Any) -> bool:
    """Whether its memory can be borrowed so."""
    return hasattr(value, "__dlpack__") and hasattr(ctypes, "pythonapi")


def borrow(out: Any, context: int, value: Any, share: bool) -> int:
    """gan_tensor_from_dlpack of what the value lends; the status."""
    try:
        capsule = value.__dlpack__(max_version=(1, 1))
    except TypeError:  # of the time before versions
        capsule = value.__dlpack__()
    names, flags = _VERSIONED, 0
    if not _is_valid(capsule, names[0]):
        names, flags = _LEGACY, _abi.GAN_DLPACK_LEGACY
    if not _is_valid(capsule, names[0]):
        raise TypeError(f"__dlpack__ of a {type(value).__name__} gave no array")
    managed = _pointer(capsule, names[0])
    _set_name(capsule, names[1])
    flags |= _abi.GAN_DLPACK_SHARE * bool(share)
    return lib.gan_tensor_from_dlpack(out, context, managed, flags)
