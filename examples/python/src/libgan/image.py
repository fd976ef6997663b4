"""Pictures as files, as bytes of files, and side by side on a sheet.

A picture is H x W x C or H x W, C from 1 to 4, uint8 or float32 in [-1, 1]. Nothing here needs a
context of the caller's."""

from __future__ import annotations

import threading
from typing import Any

from ._handle import Forks, Root, bytes_of, integer, path_of
from ._library import lib
from .tensor import Tensor, tensor_of

_local = threading.local()


def _root() -> Root:
    """A context of this thread's own, for what needs none of the caller's."""
    root: Root | None = getattr(_local, "root", None)
    if root is None or root.forks != Forks.count:
        from .context import Context

        _local.context = Context(threads=1)
        root = _local.root = _local.context.root
    return root


def load(path: Any) -> Tensor:
    """Reads PNG, JPEG, PNM or PAM, told apart by content: uint8, H x W x C."""
    root = _root()
    return Tensor._make(root, lib.gan_image_load, root.pointer, path_of(path))


def loads(data: bytes) -> Tensor:
    """The same from the bytes of a file."""
    root = _root()
    return Tensor._make(root, lib.gan_image_load_memory, root.pointer, data, len(data))


def save(picture: Any, path: Any) -> None:
    """Writes one picture: .png, .pgm, .ppm or .pam by the name's end, in one step."""
    given = tensor_of(_root(), picture)
    given.root.check(lib.gan_image_save(given.handle, path_of(path)))


def saves(picture: Any, format: str = "png") -> bytes:
    """The bytes of that file."""
    given = tensor_of(_root(), picture)
    made = Tensor._make(given.root, lib.gan_image_save_memory, given.handle, bytes_of(format))
    return made.numpy().tobytes()


def fit(
    picture: Any, height: int = 0, width: int = 0, channels: int = 0, fit: str | None = None
) -> Tensor:
    """The picture as a data set with these options draws it: float32 in [-1, 1], H x W x C. 0: as
    it is; `fit` is "pad", "stretch" or "crop", with " area" behind it for resize=area."""
    given = tensor_of(_root(), picture)
    how = None if fit is None else bytes_of(fit)
    arguments = (given.handle, *map(integer, (height, width, channels)), how)
    return Tensor._make(given.root, lib.gan_image_fit, *arguments)


def sheet(pictures: Any, columns: int = 0) -> Tensor:
    """Pictures N x H x W x C in rows of `columns` (0: about as many as rows), one pixel apart: one
    picture in uint8. A notebook shows it; Tensor.pil and save take it."""
    given = tensor_of(_root(), pictures)
    return Tensor._make(given.root, lib.gan_image_arrange, given.handle, integer(columns))


def save_sheet(pictures: Any, path: Any, columns: int = 0) -> None:
    """Arranges pictures and saves them in one call."""
    given = tensor_of(_root(), pictures)
    given.root.check(lib.gan_image_sheet(given.handle, integer(columns), path_of(path)))


def png_of_picture(tensor: Tensor) -> bytes | None:
    """The PNG of what looks like a picture in bytes, else None."""
    shape = tensor.shape
    shown = len(shape) == 2 or (len(shape) == 3 and 1 <= shape[2] <= 4)
    if not shown or tensor.dtype != "uint8" or not tensor.size:
        return None
    return saves(tensor)


__all__ = ["load", "loads", "save", "saves", "fit", "sheet", "save_sheet"]
