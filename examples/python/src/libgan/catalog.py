"""What the library can be told: kinds, their options and members, asked of the library itself.

    libgan.kinds.KIND                 a function: libgan.kinds.KIND(64, kernel=4) is a description
    libgan.kinds.GROUP.KIND           the same, where two groups have a kind of one name
    help(libgan.kinds.KIND)           options with defaults, ranges and help lines

Nothing here names a kind: one that the library gains needs no line of Python."""

from __future__ import annotations

import ctypes
import functools
import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._handle import text_of
from ._library import lib


@dataclass(frozen=True)
class Option:
    """One option of a kind. Texts are the library's."""

    name: str
    type: str
    default: str
    choices: tuple[str, ...]
    help: str
    required: bool
    positional: bool
    range: tuple[float, float] | None  # None: no bounds

    def limits(self) -> str:
        """What it takes, in brackets; "" for anything."""
        if self.choices:
            return f"[{'|'.join(self.choices)}]"
        return f"[{self.range[0]:.10g} to {self.range[1]:.10g}]" if self.range else ""

    def usual(self) -> Any:
        """The default as a value of Python; None where it is left open."""
        if self.default == "":
            return None
        if self.type == "yes or no":
            return self.default == "yes"
        kinds: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}
        return kinds.get(self.type, str)(self.default)

    def line(self) -> str:
        shown = f"{self.name}={self.default}"
        need = "[required]" if self.required else ""
        return " ".join(part for part in (f"{shown:28}", self.help, need, self.limits()) if part)


@dataclass(frozen=True)
class Member:
    """What a trainer has a name for: its type is "role", "feed", "group" or "value"."""

    type: str
    name: str
    help: str


@dataclass(frozen=True)
class Kind:
    """Something that can be described."""

    group: str
    name: str
    help: str
    options: tuple[Option, ...]
    members: tuple[Member, ...]

    def describe(self, *values: Any, **options: Any) -> str:
        """The description with these options. Values without a name go to the positional options
        in order. A wrong keyword is a TypeError with the nearest name."""
        known = {option.name: option for option in self.options}
        words = [] if self.group == self.name else [self.name]
        words += self._place(values)
        for name, value in options.items():
            if name not in known:
                raise TypeError(unknown(self.name, "option", name, known))
            if value is not None:
                words.append(self._word(known[name], value))
        return " ".join(words)

    def _place(self, values: tuple[Any, ...]) -> list[str]:
        slots = [option for option in self.options if option.positional]
        if slots and slots[0].type == "text" and values and not isinstance(values[0], str):
            slots = slots[1:]  # a name in front of numbers may be left out
        if slots and slots[-1].type == "shape" and len(values) >= len(slots):
            head, rest = values[: len(slots) - 1], values[len(slots) - 1 :]
            values = (*head, rest)
        if len(values) > len(slots):
            raise TypeError(
                f"{self.name}: {len(values)} values without a name, at most {len(slots)}"
            )
        return [word(value, slot.type) for slot, value in zip(slots, values)]

    @staticmethod
    def _word(option: Option, value: Any) -> str:
        text = word(value, option.type)
        return text if option.type == "shape" else f"{option.name}={text}"

    def signature(self) -> inspect.Signature:
        """Of the kind as a function."""
        make = inspect.Parameter
        parameters = []
        for option in self.options:
            where = make.POSITIONAL_OR_KEYWORD if option.positional else make.KEYWORD_ONLY
            if option.type == "shape":
                parameters.append(make(option.name, make.VAR_POSITIONAL))
            elif option.required:
                parameters.append(make(option.name, where))
            else:
                parameters.append(make(option.name, where, default=option.usual()))
        # Python wants those without a default first.
        parameters.sort(key=lambda p: (p.kind, p.kind < 2 and p.default is not p.empty))
        return inspect.Signature(parameters, return_annotation=str)

    def text(self) -> str:
        """What help() shows."""
        lines = [f"{self.name} ({self.group}): {self.help}", ""]
        lines += [f"    {option.line()}" for option in self.options]
        lines += [f"    {m.type} {m.name:20} {m.help}".rstrip() for m in self.members]
        return "\n".join(lines)


def unknown(what: str, noun: str, name: str, names: Iterable[str]) -> str:
    """ "KIND: unknown option 'los', did you mean 'loss'?" """
    import difflib

    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"{what}: unknown {noun} '{name}'" + (f", did you mean '{near[0]}'?" if near else "")


_BETWEEN = {"size": "x", "shape": " "}  # else a comma


def word(value: Any, type: str = "") -> str:
    """A value as the grammar has it: True is yes, (3, 5) is 3x5 for a size; quoted where it
    must."""
    if isinstance(value, bool) or type == "yes or no" and value in (0, 1):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return _BETWEEN.get(type, ",").join(word(each) for each in value)
    if isinstance(value, (str, os.PathLike)):
        return quoted(os.fspath(value))
    if hasattr(value, "__index__"):
        return str(int(value))
    if hasattr(value, "__float__"):
        return repr(float(value))
    raise TypeError(f"a value of {value.__class__.__name__} has no form in a description")


def quoted(text: str) -> str:
    if re.fullmatch(r"[^\s;#{}=\"\\,]+(,[^\s;#{}=\"\\,]+)*", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@functools.cache
def groups() -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """Where the catalogue has each kind of each group."""
    found = {}
    for group in range(lib.gan_catalog_group_count()):
        names = [lib.gan_catalog_kind(group, k) for k in range(lib.gan_catalog_kind_count(group))]
        places = {text_of(name): (group, k) for k, name in enumerate(names)}
        found[text_of(lib.gan_catalog_group(group))] = places
    return found


@functools.cache
def kind_of(group: str, name: str) -> Kind:
    """A kind by its names; KeyError where there is none."""
    g, k = groups()[group][name]
    return Kind(
        group,
        name,
        text_of(lib.gan_catalog_kind_help(g, k)),
        tuple(_option(g, k, o) for o in range(lib.gan_catalog_option_count(g, k))),
        tuple(_member(g, k, m) for m in range(lib.gan_catalog_member_count(g, k))),
    )


def _option(group: int, kind: int, option: int) -> Option:
    def field(name: bytes) -> str:
        return text_of(lib.gan_catalog_option(group, kind, option, name))

    least, most = ctypes.c_double(), ctypes.c_double()
    arguments = (ctypes.byref(least), ctypes.byref(most))
    bounded = lib.gan_catalog_option_range(group, kind, option, *arguments)
    return Option(
        name=field(b"name"),
        type=field(b"type"),
        default=field(b"default"),
        choices=tuple(filter(None, field(b"choices").split("|"))),
        help=field(b"help"),
        required=field(b"required") == "yes",
        positional=field(b"positional") == "yes",
        range=(least.value, most.value) if bounded else None,
    )


def _member(group: int, kind: int, member: int) -> Member:
    fields = (b"type", b"name", b"help")
    return Member(*[text_of(lib.gan_catalog_member(group, kind, member, name)) for name in fields])


def describe(group: str, text: str, options: Mapping[str, Any]) -> str:
    """`text`, which begins with a kind's name or is all options, with more options behind it."""
    if not options:
        return text
    names = groups()[group]
    name = group if list(names) == [group] else (text.split() or [""])[0]
    if name not in names:
        raise TypeError(unknown(group, "kind", name, names))
    made = kind_of(group, name).describe(**options)
    return " ".join(filter(None, (text, made if name == group else made[len(name) + 1 :])))


@functools.cache
def function_of(group: str, name: str) -> Callable[..., str]:
    """The kind as a function that makes a description."""
    kind = kind_of(group, name)

    def make(*values: Any, **options: Any) -> str:
        return kind.describe(*values, **options)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = kind.text()
    make.__module__ = "libgan.kinds"
    made: Any = make
    made.__signature__ = kind.signature()
    made.kind = kind
    return make


class Group:
    """The kinds of one group."""

    def __init__(self, group: str) -> None:
        self._group = group

    def __dir__(self) -> list[str]:
        return list(groups()[self._group])

    def __getattr__(self, name: str) -> Callable[..., str]:
        if name not in groups()[self._group]:
            raise AttributeError(unknown(self._group, "kind", name, groups()[self._group]))
        return function_of(self._group, name)

    def __repr__(self) -> str:
        return f"<libgan.kinds.{self._group}: {' '.join(dir(self))}>"


class Kinds:
    """All kinds: kinds.KIND, kinds.GROUP.KIND, dir(kinds), help(kinds.KIND)."""

    def __dir__(self) -> list[str]:
        names = {name for group in groups().values() for name in group}
        return sorted(names | set(groups()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        having = [group for group, names in groups().items() if name in names]
        if name in groups() and having in ([], [name]) and len(groups()[name]) != 1:
            return Group(name)
        if len(having) > 1:
            either = " or ".join(f"kinds.{group}.{name}" for group in having)
            raise AttributeError(f"several kinds are called {name}: {either}")
        if not having:
            raise AttributeError(unknown("kinds", "kind", name, dir(self)))
        return function_of(having[0], name)

    def __repr__(self) -> str:
        return f"<libgan.kinds: {' '.join(groups())}>"


kinds = Kinds()
