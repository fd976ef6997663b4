"""One exception for each status of the library. Each is an Error, and what Python calls it
besides."""

from __future__ import annotations

from . import _abi


class Error(Exception):
    """A call of libgan failed; the text is the library's line about it."""

    status = 0


class ArgumentError(Error, ValueError):
    """An argument is wrong: of another kind, of another context, or out of its range."""

    status = _abi.GAN_E_ARGUMENT


class OutOfMemoryError(Error, MemoryError):
    """An allocation failed, or a size does not fit."""

    status = _abi.GAN_E_MEMORY


class TextError(Error, ValueError):
    """A description breaks the grammar or names what there is not."""

    status = _abi.GAN_E_TEXT


class ShapeError(Error, ValueError):
    """Shapes or types of arrays do not go together."""

    status = _abi.GAN_E_SHAPE


class FileError(Error, OSError):
    """A file cannot be opened, read, written or renamed."""

    status = _abi.GAN_E_FILE


class FormatError(Error, ValueError):
    """A file's content is not what its format demands."""

    status = _abi.GAN_E_FORMAT


class StateError(Error, RuntimeError):
    """Not ready for this call: a role, a feed or a value is missing, or the object was closed."""

    status = _abi.GAN_E_STATE


class BusyError(Error, RuntimeError):
    """The context is in use on another thread."""

    status = _abi.GAN_E_BUSY


class CancelledError(Error, RuntimeError):
    """A callback stopped the call."""

    status = _abi.GAN_E_CANCELLED


class DivergedError(Error, ArithmeticError):
    """A loss or a gradient is not finite; nothing was changed."""

    status = _abi.GAN_E_DIVERGED


class UnsupportedError(Error, NotImplementedError):
    """Valid, but not served by this version or this build."""

    status = _abi.GAN_E_UNSUPPORTED


class InternalError(Error, SystemError):
    """A defect of libgan: please report it."""

    status = _abi.GAN_E_INTERNAL


BY_STATUS = {kind.status: kind for kind in Error.__subclasses__()}


def of_status(status: int, line: str) -> Error:
    """The exception for a status, with the library's line."""
    return BY_STATUS.get(status, Error)(line or f"status {status}")
