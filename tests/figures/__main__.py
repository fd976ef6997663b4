"""Trains, measures and prints the table of figures: one row a figure, with its goal and its result.

    python tests/figures BUILD [ROW ...] [--seeds 3] [--json FILE] [--markdown FILE] [--readme README.md]

BUILD is the folder of a build with the command and the shared library (cmake --preset bench). Each row
trains by `gan train`, measures with the library or, where a comparison is named, beside PyTorch, and is kept
in the cache with its commit and machine, seed by seed; an interrupted row goes on where it stopped. So the
table need not be one run: with --cached it is printed of whatever was measured before, of any commit, and
nothing is trained.

The exit code is 1 if a goal is missed or a row fails. Rows that need what is not installed (PyTorch) are
skipped by name. --quick goes the same ways with two steps for each training, a few held-out examples and one
seed; goals are not judged then."""
import argparse
import json
import os
import sys
import traceback

import metrics
import table
from every_row import ROWS
from library import Failure
from rows import Work


def tell(line):
    print(line, file=sys.stderr, flush=True)


def measure(row, work, seeds, cached, without):
    """The row's cached or new measurements, a list, and why there are none."""
    if cached:
        found = [work.cache.newest("rows", row=row.name, seed=seed, quick=work.quick) for seed in seeds]
        found = [made for made in found if made and all(f.key in made["value"] for f in row.figures)]
        return found, "" if found else "nothing is in the cache", ""
    if row.missing(without):
        return [], "needs %s" % row.missing(without), ""
    try:
        return [work.row(row, seed) for seed in seeds], "", ""
    except Exception as failure:
        if not isinstance(failure, Failure):
            traceback.print_exc()
        return [], "", str(failure) or type(failure).__name__


def report(row, made, skipped, error, quick):
    """The row as the JSON has it."""
    values = [one["value"] for one in made]
    result, met = row.result(values) if values else ("", None)
    return {
        "name": row.name, "title": row.title, "goal": row.goal(), "result": result,
        "met": None if quick else met, "skipped": skipped, "error": error,
        "seconds": sum(one["seconds"] for one in made),
        "figures": {figure.key: dict(zip(("mean", "low", "high"), metrics.interval(
            [value[figure.key] for value in values]))) for figure in row.figures} if values else {},
        "seeds": [{"seed": one["identity"]["seed"], "machine": one["identity"]["machine"],
                   "commit": one["commit"], "date": one["date"], "seconds": one["seconds"],
                   "value": one["value"]} for one in made]}


def read_arguments():
    parser = argparse.ArgumentParser(prog="tests/figures", description=__doc__.splitlines()[0])
    parser.add_argument("build", help="the folder of a build", nargs="?")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="which ones; none: all")
    parser.add_argument("--seeds", type=int, default=3, choices=[1, *metrics.STUDENT])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="two steps a training, nothing is judged")
    parser.add_argument("--cache", metavar="FOLDER", help="BUILD/figures if not given")
    parser.add_argument("--cached", action="store_true", help="prints what was measured, trains nothing")
    parser.add_argument("--without", metavar="MODULE", default="", help="as if it were not installed")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE", help="- or none: standard output")
    parser.add_argument("--readme", metavar="FILE", help="its table is replaced, between its marks")
    parser.add_argument("--list", action="store_true", help="prints the rows' names")
    a = parser.parse_intermixed_args()
    unknown = sorted(set(a.rows) - {row.name for row in ROWS})
    if unknown:
        parser.error("no row is called %s; there are %s" % (
            ", ".join(unknown), ", ".join(row.name for row in ROWS)))
    if a.readme and a.rows:
        parser.error("--readme takes all rows; with --cached none is trained")
    if not a.build and not a.list:
        parser.error("give the folder of a build")
    return a


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    a = read_arguments()
    if a.list:
        print("\n".join(row.name for row in ROWS))
        return 0
    work = Work(a.build, a.cache or os.path.join(a.build, "figures"), a.threads, a.quick, tell)
    made = []
    for row in ROWS:
        if a.rows and row.name not in a.rows:
            continue
        tell(row.name)
        seeds = range(1, 2 if a.quick or not row.seeded else max(a.seeds, row.seeds) + 1)
        made.append(report(row, *measure(row, work, seeds, a.cached, a.without), a.quick))
        tell("  " + table.mark(made[-1]))
    text = table.markdown(made)
    if a.json:
        write(a.json, json.dumps({"quick": a.quick, "rows": made}, indent=1) + "\n")
    if a.markdown not in (None, "-"):
        write(a.markdown, text)
    else:
        print(text, end="")
    if a.readme:
        with open(a.readme, encoding="utf-8") as file:
            before = file.read()
        write(a.readme, table.place(before, text))
    missed, failed, skipped = (sum(map(bool, kind)) for kind in zip(
        *((row["met"] is False, row["error"], row["skipped"]) for row in made)))
    tell("%d rows: %d missed, %d failed, %d skipped" % (len(made), missed, failed, skipped))
    return 1 if missed or failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        tell("interrupted: the same command goes on from here")
        sys.exit(130)
