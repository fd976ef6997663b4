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


def lent(value: Any) -> tuple[Any, bool]:
    """The capsule that the value lends, and whether it is of the time before versions."""
    try:
        capsule = value.__dlpack__(max_version=(1, 1))
    except TypeError:
        capsule = value.__dlpack__()
    if _is_valid(capsule, _VERSIONED[0]):
        return capsule, False
    if _is_valid(capsule, _LEGACY[0]):
        return capsule, True
    raise TypeError(f"__dlpack__ of a {type(value).__name__} gave no array")


def take(out: Any, context: int, capsule: Any, legacy: bool, share: bool) -> int:
    """gan_tensor_from_dlpack of a capsule; the status."""
    own, used = _LEGACY if legacy else _VERSIONED
    managed = _pointer(capsule, own)
    _set_name(capsule, used)
    flags = _abi.GAN_DLPACK_LEGACY * legacy | _abi.GAN_DLPACK_SHARE * share
    return lib.gan_tensor_from_dlpack(out, context, managed, flags)
