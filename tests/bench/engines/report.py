"""What was measured as tables: one row for each network, batch and number of threads.

A row has `net`, `batch`, `threads`, and `engines`: for each engine, libgan first, `seconds` of every round,
`difference` from the reference (None: there is none), `memory` in KiB and `way`; or an `error`."""
import statistics

LIMIT = 1e-4  # a larger difference is a wrong result: float32 gives 1e-7 to 1e-5
OURS, AGAIN = "libgan", "libgan again"


def wrong(engine):
    far = engine.get("difference")
    return far is not None and not far <= LIMIT


def sound(row):
    """The engines that made the right outputs in every round."""
    return {name: engine for name, engine in row["engines"].items()
            if engine.get("seconds") and not wrong(engine)}


def faults(row):
    """What was wrong, or failed, a line each."""
    place = "%s, batch=%d threads=%d: " % (row["net"], row["batch"], row["threads"])
    made = []
    for name, engine in row["engines"].items():
        if engine.get("error"):
            made.append(place + "%s failed: %s" % (name, engine["error"]))
        elif wrong(engine):
            made.append(place + "%s is wrong by %.1e of the largest output" % (name, engine["difference"]))
    return made


def median(engine):
    return statistics.median(engine["seconds"])


def ratio(engine, ours):
    """Time of the engine / ours in the same round: the median over the rounds, and the quartiles."""
    each = [theirs / own for theirs, own in zip(engine["seconds"], ours["seconds"], strict=True)]
    low, middle, high = statistics.quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    return middle, low, high


def best(row):
    """The name of the fastest rival, or None."""
    good = sound(row)
    rivals = {name: ratio(engine, good[OURS])[0] if OURS in good else median(engine)
              for name, engine in good.items() if name not in (OURS, AGAIN)}
    return min(rivals, key=rivals.get) if rivals else None


def spread(row, name):
    good = sound(row)
    if name not in good or OURS not in good:
        return ""
    return "%.2f [%.2f .. %.2f]" % ratio(good[name], good[OURS])


def cell(row, name):
    engine, good = row["engines"].get(name), sound(row)
    if engine is None:
        return ""
    if name not in good:
        return "wrong" if wrong(engine) else "failed"
    text = "%.2f" % ratio(engine, good[OURS])[0] if OURS in good else "%.3g ms" % (1e3 * median(engine))
    return "**%s**" % text if name == best(row) else text


def names(rows):
    """Of all engines, in the order in which they were first met."""
    return list(dict.fromkeys(name for row in rows for name in row["engines"]))


def line(cells):
    return "| %s |\n" % " | ".join(cells)


def place(row):
    return [row["net"], str(row["batch"]), str(row["threads"])]


def times(rows):
    """Of each engine the ratio; of the best rival and of libgan against itself the spread too."""
    rivals = [name for name in names(rows) if name not in (OURS, AGAIN)]
    head = ["net", "batch", "threads", "libgan, ms", "libgan again", *rivals, "best rival / libgan"]
    text = line(head) + "|---" * len(head) + "|\n"
    for row in rows:
        ours, first = sound(row).get(OURS), best(row)
        text += line([*place(row), "%.3g" % (1e3 * median(ours)) if ours else cell(row, OURS),
                      spread(row, AGAIN), *(cell(row, name) for name in rivals),
                      ("%s %s" % (first, spread(row, first))).rstrip() if first else ""])
    return text


def worst(rows, name):
    """The largest difference in all rows, in millionths."""
    far = [row["engines"][name]["difference"] for row in rows
           if row["engines"].get(name, {}).get("difference") is not None]
    return "%.2g" % (1e6 * max(far)) if far else ""


def memory(rows):
    """MiB, one row for each network and batch: the largest over the threads."""
    every = [name for name in names(rows) if name != AGAIN]
    text = line(["net", "batch", *every]) + "|---" * (len(every) + 2) + "|\n"
    for net, batch in dict.fromkeys((row["net"], row["batch"]) for row in rows):
        here = [row for row in rows if (row["net"], row["batch"]) == (net, batch)]
        peaks = [max(row["engines"].get(name, {}).get("memory") or 0 for row in here) for name in every]
        text += line([net, str(batch), *("%.0f" % (peak / 1024) if peak else "" for peak in peaks)])
    return text + line(["largest difference, millionths", "", *(worst(rows, name) for name in every)])


def markdown(rows, notes):
    """Both tables, and the notes in lines of their own."""
    said = "".join("- %s\n" % note for note in notes)
    return "Time of each engine / time of libgan:\n\n" + times(rows) + \
        "\nPeak memory of each process, MiB:\n\n" + memory(rows) + ("\n" + said if said else "")
