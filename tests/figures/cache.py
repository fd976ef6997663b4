"""What was measured already: one JSON file for each measurement, named by all that it depends on.

A measurement is found again only for the same library (its bytes), the same machine, recipe, options,
seed and source of the measuring code. The commit is kept beside it, for the reader."""
import datetime
import hashlib
import json
import os
import platform
import subprocess
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def machine():
    """The CPU's name and how many of it this process may use."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return "%s, %d core%s" % (name, cores, "s" if cores != 1 else "")


def commit():
    """With a + where files of the project were changed since."""
    def git(*words):
        return subprocess.run(["git", "-C", SOURCE, *words], check=True, capture_output=True,
                              text=True).stdout.strip()
    try:
        return git("rev-parse", "--short=10", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def write_json(path, value):
    """In one step: what is there is the old file or the new."""
    beside = path + ".tmp"
    with open(beside, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(beside, path)


def read_json(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


class Cache:
    def __init__(self, folder, library):
        self.folder = os.path.abspath(folder)
        self.common = {"library": checksum(library), "machine": machine()}
        self.commit = commit()

    def place(self, kind, name, identity):
        """The path for what has this identity (plain values), and the identity in full."""
        whole = {"name": name, **self.common, **identity}
        digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]
        os.makedirs(os.path.join(self.folder, kind), exist_ok=True)
        return os.path.join(self.folder, kind, "%s-%s" % (name, digest)), whole

    def once(self, kind, name, identity, function, holds=lambda value: True):
        """What function() gave, as JSON has it, with commit, date and seconds; called where no earlier
        result is there that still holds."""
        path, whole = self.place(kind, name, identity)
        found = read_json(path + ".json")
        if found and found.get("identity") == whole and holds(found["value"]):
            return found
        started = time.perf_counter()
        value = function()
        made = {"identity": whole, "commit": self.commit,
                "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
                "seconds": time.perf_counter() - started, "value": value}
        write_json(path + ".json", made)
        return read_json(path + ".json")

    def newest(self, kind, **identity):
        """The last one made of those whose identity has these values, whatever the rest is."""
        folder = os.path.join(self.folder, kind)
        found = []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            made = read_json(path) if name.endswith(".json") else None
            if made and all(made["identity"].get(key) == value for key, value in identity.items()):
                found.append((os.stat(path).st_mtime_ns, name, made))
        return max(found)[2] if found else None
