"""What was measured as a table in Markdown and as JSON, and the table's place in a README."""
import re

BEGIN, END = "<!-- figures: made by tests/figures -->", "<!-- /figures -->"


def minutes(seconds):
    return "%.0f s" % seconds if seconds < 100 else "%.0f min" % (seconds / 60)


def mark(row):
    if row["error"]:
        return "**failed**: %s" % row["error"]
    if row["skipped"]:
        return "not measured: %s" % row["skipped"]
    return "**missed**: " * (row["met"] is False) + row["result"]


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def markdown(rows):
    """One line a row. The machine stands above where all rows have the same one."""
    machines = sorted({seed["machine"] for row in rows for seed in row["seeds"]})
    lines = ["Measured on %s." % machines[0], ""] if len(machines) == 1 else []
    lines += ["| row | figure | goal | result (mean over seeds, 95 % interval) | seeds | time | commit |",
              "|---|---|---|---|---|---|---|"]
    for row in rows:
        made = sorted({"%s %s" % (seed["date"], seed["commit"]) for seed in row["seeds"]})
        where = made + (sorted({seed["machine"] for seed in row["seeds"]}) if len(machines) > 1 else [])
        lines.append("| `%s` | %s |" % (row["name"], " | ".join(map(cell, (
            row["title"], row["goal"] or "none", mark(row), str(len(row["seeds"])),
            minutes(row["seconds"]) if row["seeds"] else "", ", ".join(where))))))
    return "\n".join(lines) + "\n"


def place(text, table):
    """The text with the table between the marks, which must be there once."""
    if (text.count(BEGIN), text.count(END)) != (1, 1) or text.index(BEGIN) > text.index(END):
        raise ValueError("the marks %s and %s must each stand there once, in this order" % (BEGIN, END))
    head, rest = text.split(BEGIN)
    return head + BEGIN + "\n" + table + END + rest.split(END)[1]


def names(text):
    """The rows of the table that stands between the marks."""
    inside = text.split(BEGIN)[1].split(END)[0]
    return re.findall(r"^\| `([^`]+)` \|", inside, re.M)
