"""Finds and loads the library and the gan command that goes with it.

The environment variable LIBGAN_LIBRARY names a library; else the one inside the package serves,
else one that the system's loader knows."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator

from . import _abi

PACKAGE = os.path.dirname(os.path.realpath(__file__))
VERSION = f"{_abi.GAN_VERSION_MAJOR}.{_abi.GAN_VERSION_MINOR}"
_NAMES = {"win32": "gan.dll", "cygwin": "gan.dll", "darwin": f"libgan.{VERSION}.dylib"}
NAME = _NAMES.get(sys.platform, f"libgan.so.{VERSION}")


def _candidates() -> Iterator[str]:
    named = os.environ.get("LIBGAN_LIBRARY")
    if named:
        yield named
        return
    for folder in ("lib", "bin"):
        path = os.path.join(PACKAGE, folder, NAME)
        if os.path.exists(path):
            yield path
    yield NAME
    import ctypes.util  # it takes longer than all of this package, and runs programs

    found = ctypes.util.find_library("gan")
    if found:
        yield found


def _load() -> tuple[_abi.Library, str]:
    faults = []
    for path in _candidates():
        try:
            library = _abi.Library(path)
        except (OSError, AttributeError) as fault:
            faults.append(f"{path}: {fault}")
            continue
        version = (library.gan_version() or b"").decode()
        if version.startswith(VERSION + "."):
            return library, path
        # Before 1.0 another minor version is another interface.
        faults.append(f"{path}: is version {version}, and {VERSION} is wanted")
    raise ImportError("no library for libgan: " + "; ".join(faults))


lib, LIBRARY = _load()
# The same functions without a look at their arguments, which takes longer than a small call itself:
# for calls whose pointers are objects of ctypes already, and whose numbers have 32 bits.
bare = ctypes.CDLL(LIBRARY)


def command() -> str:
    """The path of the gan command: that of the package, beside the library, or on the PATH."""
    name = "gan.exe" if sys.platform == "win32" else "gan"
    beside = os.path.dirname(LIBRARY)
    for folder in (beside, os.path.join(os.path.dirname(beside), "bin")):
        if beside and os.path.isfile(os.path.join(folder, name)):
            return os.path.join(folder, name)
    import shutil

    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"the gan command is neither beside {LIBRARY} nor on the PATH")
    return found
