"""Writes libgan/_abi.py, the public functions for ctypes, from the headers in include/gan.

    python generate_abi.py [--check]        needs pycparser

Nothing in _abi.py is written by hand. --check compares instead of writing."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from pathlib import Path

from pycparser import c_ast, c_generator, c_parser

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parent.parent / "include" / "gan"
TARGET = HERE / "src" / "libgan" / "_abi.py"
# What the headers of the C library declare, as ctypes and as a type of Python's.
SCALARS = {
    "int": ("c_int", "int"),
    "int32_t": ("c_int32", "int"),
    "int64_t": ("c_int64", "int"),
    "uint64_t": ("c_uint64", "int"),
    "size_t": ("c_size_t", "int"),
    "float": ("c_float", "float"),
    "double": ("c_double", "float"),
    "void": ("None", "None"),
}
HEAD = '''\
"""The public functions of libgan, typed for ctypes. Made by generate_abi.py.

A handle is a c_void_p. A text that the library reads or lends is bytes."""

from __future__ import annotations

from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint64,
    c_void_p,
)
from typing import Any, Callable

'''
LIBRARY = '''\
class Library:
    """libgan, loaded from a file: each function with the types that its header declares."""

'''
LOAD = """
    def __init__(self, path: str) -> None:
        loaded = CDLL(path)
        for name, result, arguments in PROTOTYPES:
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
"""


def read_headers() -> dict[str, str]:
    """The headers, those that others include first, without comments."""
    texts = {
        path.name: re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
        for path in sorted(HEADERS.glob("*.h"))
    }
    ordered: dict[str, str] = {}

    def visit(name: str) -> None:
        for other in re.findall(r"#include <gan/(\w+\.h)>", texts[name]):
            visit(other)
        ordered.setdefault(name, texts[name])

    for name in texts:
        visit(name)
    return ordered


def read_constants(text: str) -> list[tuple[str, str]]:
    text = text.replace("\\\n", " ")
    return re.findall(r"^#define (GAN_\w+) +\(?(-?\d+)\)?\s*$", text, flags=re.M)


def parse(texts: dict[str, str]) -> c_ast.FileAST:
    text = "\n".join(texts.values()).replace("\\\n", " ")
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    text = re.sub(r"\bGAN_(API|BEGIN|END)\b", "", text)
    known = "".join(f"typedef int {name};\n" for name in SCALARS if name.endswith("_t"))
    return c_parser.CParser().parse(known + text)


class Writer:
    """Declarations as Python's source."""

    def __init__(self) -> None:
        self.handles: set[str] = set()
        self.names: dict[str, str] = {}  # of a typedef
        self.types: list[str] = []
        self.functions: list[tuple[str, str, str, list[str], str]] = []

    def read(self, tree: c_ast.FileAST) -> None:
        for node in tree.ext:
            if isinstance(node, c_ast.Typedef) and node.name not in SCALARS:
                self.read_typedef(node)
            elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
                self.read_function(node)

    def read_typedef(self, node: c_ast.Typedef) -> None:
        inner = node.type.type
        if isinstance(inner, c_ast.Struct) and inner.decls is None:
            self.handles.add(node.name)
        elif isinstance(inner, c_ast.Struct):
            fields = [f"        ({d.name!r}, {self.of(d.type)}),\n" for d in inner.decls]
            fields = [line.replace("'", '"') for line in fields]
            self.types.append(
                f"class {node.name}(Structure):\n    _fields_ = [\n{''.join(fields)}    ]\n"
            )
        elif isinstance(inner, c_ast.FuncDecl):
            self.types.append(f"{node.name} = {self.of(node.type)}\n")
        else:
            self.names[node.name] = self.of(node.type)

    def read_function(self, node: c_ast.Decl) -> None:
        arguments = [self.of(p.type) for p in node.type.args.params]
        if arguments == ["None"]:
            arguments = []
        result = self.of(node.type.type)
        prototype = " ".join(c_generator.CGenerator().visit(node).split())
        self.functions.append((node.name, result, self.hint(result), arguments, prototype))

    @staticmethod
    def hint(result: str) -> str:
        """What a call returns, to a checker of types."""
        hints = dict(SCALARS.values())
        hints.update({"c_void_p": "int | None", "c_char_p": "bytes | None"})
        return hints.get(result, "Any")

    def of(self, node: c_ast.Node) -> str:
        if isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
            return self.pointer(node.type)
        if isinstance(node, c_ast.FuncDecl):
            kinds = [self.of(node.type)] + [self.of(p.type) for p in node.args.params]
            return f"CFUNCTYPE({', '.join(kinds)})"
        return self.base(" ".join(node.type.names))

    def base(self, name: str) -> str:
        if name in SCALARS:
            return SCALARS[name][0]
        return self.names.get(name, name)

    def pointer(self, to: c_ast.Node) -> str:
        if isinstance(to, c_ast.FuncDecl):
            return self.of(to)
        if isinstance(to, c_ast.TypeDecl):
            name = to.type.names[0] if isinstance(to.type, c_ast.IdentifierType) else to.type.name
            if name == "char":
                return "c_char_p"
            if name == "void" or name in self.handles:
                return "c_void_p"
        return f"POINTER({self.of(to)})"


def wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, 96, initial_indent=indent, subsequent_indent=indent + "    ")


def generate() -> str:
    texts = read_headers()
    writer = Writer()
    writer.read(parse(texts))
    out = [HEAD]
    for name, value in read_constants("\n".join(texts.values())):
        out.append(f"{name} = {value}\n")
    out += [f"\n\n{text}" if text.startswith("class") else f"\n{text}" for text in writer.types]
    out.append("\nPROTOTYPES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (\n")
    for name, result, _, arguments, _ in writer.functions:
        listed = ", ".join(arguments) + ("," if len(arguments) == 1 else "")
        out.append(f'    ("{name}", {result}, ({listed})),\n')
    out.append(")\n\n\n" + LIBRARY)
    for name, _, hint, _, prototype in writer.functions:
        out.append(f"    {name}: Callable[..., {hint}]\n")
        out.append(wrapped(f'"""{prototype}"""', "    ") + "\n")
    out.append(LOAD)
    return "".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    made = generate()
    if not parser.parse_args().check:
        TARGET.write_text(made, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != made:
        print(f"{TARGET.name} is not what the headers say: run {Path(__file__).name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
