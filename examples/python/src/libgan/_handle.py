"""What every object of the library is in Python: one reference, given back when the object goes.

A call drops the interpreter's lock. One context serves one thread at a time: a call that finds it
in use on another thread raises BusyError."""

from __future__ import annotations

import atexit
import ctypes
import operator
import os
import weakref
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from . import _abi, errors
from ._library import lib

Self = TypeVar("Self", bound="Handle")


class Forks:
    """How many forks lie between this process and the first: in a child the library's threads and
    locks are not what they were, so that objects from before the fork are refused there."""

    count = 0

    @classmethod
    def add(cls) -> None:
        cls.count += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Forks.add)


class Root:
    """A context as its objects know it: they keep it alive, whoever has closed it."""

    __slots__ = ("_reference", "forks", "raised", "__weakref__")

    def __init__(self, pointer: int | None) -> None:
        self._reference = None if pointer is None else ctypes.c_void_p(pointer)
        self.forks = Forks.count
        self.raised: BaseException | None = None  # in a callback
        if pointer is not None:
            lib.gan_context_retain(pointer)

    @property
    def pointer(self) -> int:
        """The C handle, for calls of ctypes; borrowed."""
        return self.reference.value  # type: ignore[return-value]

    @property
    def reference(self) -> ctypes.c_void_p:
        """The same for calls that convert nothing."""
        if self._reference is None or self.forks != Forks.count:
            raise errors.StateError("it was closed, or made before this process was forked")
        return self._reference

    def __del__(self) -> None:
        if self._reference is not None and self.forks == Forks.count:
            lib.gan_context_release(self._reference)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a context cannot be copied or pickled")

    def check(self, status: int) -> None:
        """Raises what a status means; what a callback has raised comes out of the call that ran
        it."""
        if status:
            self.fail(status)

    def fail(self, status: int) -> None:
        if self.raised is not None and status == _abi.GAN_E_CANCELLED:
            raised, self.raised = self.raised, None
            raise raised
        line = lib.gan_context_message(self.pointer) or b""
        raise errors.of_status(status, line.decode("utf-8", "replace"))


_closed = Root(None)


class Handle:
    """An object of the library."""

    __slots__ = ("_alone", "_pointer", "root", "__weakref__")
    _noun: ClassVar[str] = ""
    _release: ClassVar[Callable[[int], None]]
    _retain: ClassVar[Callable[[int], None]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls._noun:
            cls._release = staticmethod(getattr(lib, f"gan_{cls._noun}_release"))
            cls._retain = staticmethod(getattr(lib, f"gan_{cls._noun}_retain"))

    @classmethod
    def _own(cls: type[Self], root: Root, pointer: int | None) -> Self:
        """Takes over a reference."""
        self = cls.__new__(cls)
        self._begin(root, pointer)
        return self

    @classmethod
    def _borrow(cls: type[Self], root: Root, pointer: int | None) -> Self | None:
        """Adds a reference to what was lent; None for NULL."""
        if not pointer:
            return None
        cls._retain(pointer)
        return cls._own(root, pointer)

    @classmethod
    def _make(cls: type[Self], root: Root, function: Callable[..., int], *arguments: Any) -> Self:
        """function(&out, *arguments) makes it."""
        out = ctypes.c_void_p()
        root.check(function(ctypes.byref(out), *arguments))
        return cls._own(root, out.value)

    def _begin(self, root: Root, pointer: int | None) -> None:
        self.root = root
        self._pointer = pointer
        self._alone: Any = None

    @property
    def handle(self) -> int:
        """The C handle, for calls of ctypes; borrowed."""
        if self._pointer is None or self.root.forks != Forks.count:
            self._refuse()
        return self._pointer  # type: ignore[return-value]

    @property
    def reference(self) -> Any:
        """The same for calls that convert nothing."""
        return self.alone._obj

    @property
    def alone(self) -> Any:
        """An array of this handle and no other, for a call: kept, for it takes longer to make than
        many a call."""
        alone = self._alone
        if alone is None or self.root.forks != Forks.count:
            alone = self._alone = ctypes.byref(ctypes.c_void_p(self.handle))
        return alone

    def _refuse(self) -> None:
        what = type(self).__name__
        if self._pointer is None:
            raise errors.StateError(f"{what}: it was closed")
        raise errors.StateError(f"{what}: it was made before this process was forked")

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled")

    def __del__(self) -> None:
        try:
            pointer = self._pointer
        except AttributeError:  # it was never made
            return
        if pointer is not None and self.root.forks == Forks.count:
            self._pointer = None
            type(self)._release(pointer)


_live: weakref.WeakValueDictionary[int, Closable] = weakref.WeakValueDictionary()


class Closable(Handle):
    """An object that can be let go before Python forgets it."""

    __slots__ = ()

    def _begin(self, root: Root, pointer: int | None) -> None:
        super()._begin(root, pointer)
        _live[id(self)] = self

    def close(self) -> None:
        """Gives the reference back; whatever else of the library needs the object keeps it."""
        self.__del__()
        self._pointer = self._alone = None
        self.root = _closed

    def __eq__(self, other: object) -> bool:
        """The same object of the library."""
        if self is other:
            return True
        same = type(self) is type(other) and self._pointer is not None
        return same and self._pointer == getattr(other, "_pointer", None)

    def __hash__(self) -> int:
        return hash(self._pointer)


@atexit.register
def _close_all() -> None:
    # Threads of the library may be waiting for the interpreter, which soon serves nobody.
    for each in list(_live.values()):
        each.close()


def lasting(function: Any) -> Any:
    """A callback that is never freed. The library may call it when its module has gone: what one
    that lets go needs of that is bound to it."""
    if hasattr(ctypes, "pythonapi"):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(function))
    return function


def of(kind: type[Self], value: object, what: str) -> Self:
    """`value`, which must be a `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{what}: a {kind.__name__} is wanted, not a {type(value).__name__}")
    return value


def of_root(root: Root, kind: type[Self], value: object, what: str) -> Self:
    """The same, of the same context."""
    found = of(kind, value, what)
    if found.root is not root:
        raise errors.ArgumentError(f"{what}: it is of another context")
    return found


def integer(value: Any) -> int:
    """A whole number for the library, which ctypes would cut to 64 bits without a word."""
    number = operator.index(value)
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError(f"{number} has more than 64 bits")
    return number


def text_of(value: bytes | None) -> str:
    """A text that the library lends."""
    return value.decode("utf-8") if value is not None else ""


def path_of(path: Any) -> bytes:
    """A path, as the library takes it: UTF-8."""
    return bytes_of(os.fspath(path))


def bytes_of(text: Any) -> bytes:
    """A text for the library. A NUL inside would end it early."""
    if isinstance(text, bytes):
        found = text
    elif isinstance(text, str):
        found = text.encode("utf-8", "surrogateescape")
    else:
        raise TypeError(f"a text is wanted, not a {type(text).__name__}")
    if b"\0" in found:
        raise ValueError("a text for the library has no NUL in it")
    return found
