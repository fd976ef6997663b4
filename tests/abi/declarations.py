"""The public functions over ctypes, with types from the headers alone: nothing is cast, no C is compiled."""
import ctypes
import os
import re

SCALARS = {"void": None, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "size_t": ctypes.c_size_t, "float": ctypes.c_float,
           "double": ctypes.c_double, "char": ctypes.c_char}


def split(text, separator=","):
    """Splits outside brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


class Headers:
    """What include/gan declares: constants, types, structs and functions."""

    def __init__(self, folder):
        self.types = dict(SCALARS)
        self.constants, self.functions = {}, {}
        names = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
        texts = {}
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                texts[name] = re.sub(r"/\*.*?\*/", " ", stream.read(), flags=re.S)
        text = "\n".join(texts[name] for name in self.order(texts))
        for name, value in re.findall(r"#define (GAN_\w+) \(?(-?\d+)\)?\s", text):
            self.constants[name] = int(value)
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        for name in set(re.findall(r"typedef struct (\w+) \1;", text)):
            self.types[name] = ctypes.c_void_p  # a handle is its pointer
        statement = re.compile(r"typedef struct (\w+) \{(.*?)\} \1;|typedef (\w+) (\w+);|"
                               r"typedef ([^;{}]*\(\*(\w+)\)[^;]*);|GAN_API ([^;]*);", re.S)
        for match in statement.finditer(text):
            self.read(match)

    @staticmethod
    def order(texts):
        """Those that others include come first."""
        done = []

        def visit(name):
            for other in re.findall(r"#include <gan/(\w+\.h)>", texts[name]):
                visit(other)
            if name not in done:
                done.append(name)

        for name in texts:
            visit(name)
        return done

    def read(self, match):
        struct, fields, old, new, pointer, pointer_name, function = match.groups()
        if struct:
            items = [self.declare(field) for field in fields.split(";") if field.strip()]
            self.types[struct] = type(struct, (ctypes.Structure,), {"_fields_": items})
        elif new:
            self.types[new] = self.types[old]
        elif pointer_name:
            self.types[pointer_name] = self.declare(pointer)[1]
        else:
            result, name, arguments = re.match(r"(.*?)(gan_\w+)\((.*)\)$", function, re.S).groups()
            kinds = [self.declare(a)[1] for a in split(arguments) if a != "void"]
            self.functions[name] = (self.kind(result), kinds)

    def declare(self, text):
        """(name, type) of an argument, a field or a pointer to a function."""
        text = " ".join(text.split())
        match = re.match(r"(.*?)\(\*(\w+)\)\((.*)\)$", text)
        if match:
            kinds = [self.declare(a)[1] for a in split(match[3])]
            return match[2], ctypes.CFUNCTYPE(self.kind(match[1]), *kinds)
        match = re.match(r"(.*?)(\w+)(\[\d*\])?$", text)
        return match[2], self.kind(match[1] + ("*" if match[3] else ""))

    def kind(self, text):
        words = text.replace("*", " * ").replace("const", " ").split()
        base, stars = words[0], words.count("*")
        found = self.types[base]
        if found is ctypes.c_void_p:  # a handle
            stars -= 1
        elif base == "void" and stars:
            found, stars = ctypes.c_void_p, stars - 1
        elif base == "char" and stars:
            # What the library reads is bytes; what it fills is a buffer.
            found, stars = (ctypes.c_char_p, stars - 1)
            if "const" not in text:
                found = ctypes.c_void_p
        for _ in range(stars):
            found = ctypes.POINTER(found)
        return found


class Library:
    """lib.gan_xyz(...), typed as declared; remembers what was called."""

    def __init__(self, path, headers):
        self._loaded, self._headers, self.called = ctypes.CDLL(path), headers, set()

    def __getattr__(self, name):
        result, kinds = self._headers.functions[name]
        function = getattr(self._loaded, name)
        function.restype, function.argtypes = result, kinds

        def call(*arguments):
            assert len(arguments) == len(kinds), name
            self.called.add(name)
            return function(*arguments)

        return call
