#!/usr/bin/env python3
"""Makes the single-file build: gan.c, which is all of lib/, and gan.h, which is all of include/gan/.

    single_file.py [OUT]     OUT: the folder gan.c, gan.h and LICENSE are written into, by default ./gan

A project that has this folder compiles gan.c and finds <gan/gan.h>; nothing else is needed. A local
header stands where it is first included; one without an include guard is a template and stands at each
place. Nothing but #include lines is changed.
"""
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOCAL = re.compile(r'#include "(.*)"')
PUBLIC = re.compile(r"#include <(gan/.*)>")
SYSTEM = re.compile(r"#include <(.*)>")
GUARD = re.compile(r"^#ifndef (GAN\w*_H)\n#define \1\n.*\n#endif[^\n]*\s*\Z", re.MULTILINE | re.DOTALL)

HEADER = """\
/* gan.h: the interface of libgan {version} as one file. Made by cmake/single_file.py of libgan's sources. */
"""
SOURCE = """\
/* gan.c: libgan {version} as one file. Made by cmake/single_file.py of libgan's sources, where changes
 * belong. Its results are the same bits as those of the library built from them.
 *
 *     cc -std=c11 -O3 -fno-trapping-math -ffp-contract=off -falign-functions=64 -falign-loops=32 \\
 *        -fvisibility=hidden -c gan.c
 *
 * and -pthread -lm to link. Which level of optimisation is chosen changes the speed and no bit;
 * -ffast-math and its kin are refused. Define GAN_STATIC for gan.c and for what includes gan.h, if they
 * end in one program or library; GAN_BUILDING for gan.c alone, to make a shared library of it; GAN_OPENMP,
 * with -fopenmp, for loops that run on OpenMP. */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* before any header of the system's */
#endif

#include "gan.h"
"""


def version() -> str:
    text = (ROOT / "include/gan/status.h").read_text()
    return re.search(r'^#define GAN_VERSION "(.*)"$', text, re.MULTILINE)[1]


class Merger:
    """Text with every #include of the project's own replaced by what it names."""

    def __init__(self, present: set[str]) -> None:
        self.lines: list[str] = []
        self.present = present  # names of headers whose text stands above, whatever is defined

    def add(self, path: pathlib.Path, conditions: int = 0) -> None:
        """Appends the file. `conditions`: how many #if hold around the place."""
        text = path.read_text()
        guard = GUARD.search(text)
        depth = conditions - bool(guard)
        self.lines.append(f"\n/* ======== {path.relative_to(ROOT)} ======== */")
        for line in text.splitlines():
            if re.match(r"\s*#\s*if", line):
                depth += 1
            elif re.match(r"\s*#\s*endif", line):
                depth -= 1
            self.add_line(line, path, depth)

    def add_line(self, line: str, path: pathlib.Path, depth: int) -> None:
        local, public, system = LOCAL.match(line), PUBLIC.match(line), SYSTEM.match(line)
        if not local and not system:
            self.lines.append(line)
            return
        name = (local or public or system)[1]
        header = None
        if local:
            beside, within = path.parent / name, ROOT / "lib" / name
            header = within if within.exists() else beside
            name = str(header)
        elif public:
            header = ROOT / "include" / name
        if name in self.present:
            return
        template = header and not GUARD.search(header.read_text())
        if depth == 0 and not template:
            self.present.add(name)
        if header:
            self.add(header, depth)
        else:
            self.lines.append(line)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def interface() -> tuple[str, set[str]]:
    """gan.h, and the headers it holds."""
    merger = Merger(set())
    merger.add(ROOT / "include/gan/gan.h")
    return HEADER.format(version=version()) + merger.text(), merger.present


def library(present: set[str]) -> str:
    """gan.c, below a gan.h that holds `present`."""
    merger = Merger(present)
    for path in sorted([*ROOT.glob("lib/*/*.c"), *ROOT.glob("lib/kernels/*/*.c")]):
        merger.add(path)
    return SOURCE.format(version=version()) + merger.text()


def main(out: str = "gan") -> None:
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    header, present = interface()
    (folder / "gan.h").write_text(header)
    (folder / "gan.c").write_text(library(present))
    shutil.copy(ROOT / "LICENSE", folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
