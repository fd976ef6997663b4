"""Every system that the library is for, by every door: its recipe is trained for a few steps by the command, by
a program of the public interface and, where NumPy is, by the Python package, with the same bits, and then used by
all that it is for.

    python test_systems.py GAN SOURCE WALK

WALK is the program walk.c; walk.py does the same. What recipes would have fetched stands there as small files of
the same kind."""
import array
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))
import case

walk = None
if "LIBGAN_LIBRARY" in os.environ:  # of the package: one that a plain Python can load
    try:
        from walk import walk
    except ImportError as fault:
        if "numpy" not in str(fault):
            raise

WALK = os.path.abspath(sys.argv.pop())
STEPS = 2
LARGE = r"(?m)^input (64|128) "  # a step takes seconds
VECTOR = 128  # numbers of a condition of emoji-text

# What the mission names, and a recipe that trains it.
SYSTEMS = {
    "auto-encoder": "fashion-autoencoder",
    "variational auto-encoder": "fashion-vae",
    "discriminator that makes its own negatives": "fashion-discriminator",
    "GAN": "fashion-gan",
    "GAN with a penalty": "fashion-wgan-gp",
    "conditional GAN, by class": "fashion-cgan",
    "conditional GAN, two heads": "fashion-cgan-two-heads",
    "conditional GAN, by a vector": "emoji-text",
    "direct transformation without a cycle": "fashion-edges-translate",
    "CycleGAN": "fashion-edges-cyclegan",
    "DiscoGAN": "fashion-edges-discogan",
    "DualGAN": "fashion-edges-dualgan",
    "VAE-GAN, two side by side": "digits-apart",
    "VAE-GAN, two with one code": "digits-domain-discriminator",
    "CoGAN": "digits-cogan",
    "CoGAN with classes": "mnist-usps-cogan",
    "UNIT": "digits-unit",
    "UNIT with classes": "mnist-usps-unit",
    "ComboGAN": "digits-combogan",
}

def random_bytes(count, seed=1):
    return random.Random(seed).randbytes(count)


def npy(shape, kind, content):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (kind, shape)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + content


def write_digits(path, count, side, **others):
    with zipfile.ZipFile(path, "w") as file:
        for name, side in {"images": side, **others}.items():
            file.writestr(name + ".npy", npy((count, side, side), "|u1", random_bytes(count * side * side)))
        file.writestr("labels.npy", npy((count,), "|u1", bytes(i % 10 for i in range(count))))


def write_emoji(path, count=12, side=64):
    """Rows 2i and 2i + 1 are of the two hands."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("image.npy", npy((count, side, side, 3), "|u1", random_bytes(count * side * side * 3)))
        file.writestr("hand.npy", npy((count,), "|u1", bytes(i % 2 for i in range(count))))


def write_sequences(path, count=20, length=256):
    numbers = array.array("f", (byte / 127.5 - 1 for byte in random_bytes(count * length)))
    with open(path, "wb") as file:
        file.write(npy((count, 1, length, 1), "<f4", numbers.tobytes()))


def write_matrices(path, count=20, side=8):
    with open(path, "wb") as file:
        file.write(npy((count, side, side, 1), "|u1", random_bytes(count * side * side)))


def write_pictures(folder, count=4, side=40):
    os.mkdir(folder)
    for i in range(count):
        pixels = random_bytes(3 * side * side, i)
        case.write_png(os.path.join(folder, "%d.png" % i), side, side, 3, pixels)


WRITERS = {
    "mnist.npz": lambda path: write_digits(path, 100, 28),
    "usps.npz": lambda path: write_digits(path, 100, 16, framed=22),
    "emoji-64.npz": write_emoji,
    "ecg.npy": write_sequences,
    "permutations.npy": write_matrices,
    "x": write_pictures,
    "y": write_pictures,
}


class Systems(case.Case):
    def recipes(self):
        folder = os.path.join(case.SOURCE, "examples", "recipes")
        return {name[:-7]: os.path.join(folder, name) for name in sorted(os.listdir(folder))}

    def settings(self, path):
        """What of a recipe is set: few steps on few examples, and what it would have fetched."""
        text, section = case.read_text(path), ""
        steps, samples = (1, 1) if re.search(LARGE, text) else (STEPS, 2)
        settings = ["run.steps=%d" % steps, "run.samples=%d" % samples, "run.eval_every=0", "context.threads=1"]
        settings += ["run.batch=2"] if re.search(r"\bbatch=\d\d", text) else []
        for line in text.splitlines():
            section = (re.findall(r"^\[(.*)\]", line) or [section])[0]
            for name in re.findall(r" path=\.\./data/fetched/(\S+)", line):
                if not os.path.exists(name):
                    WRITERS[name](name)
                settings += ["%s.path=%s" % (section, os.path.abspath(name))]
                settings += ["%s.count=0" % section] if " count=" in line else []
        return settings

    def train(self, name, path):
        """What a program has gone: {type: names}, its kind under "". Of large pictures, whose kinds others have,
        nothing: the command alone trains them."""
        settings = self.settings(path)
        words = [word for setting in settings for word in ("--set", setting)]
        self.good("train", path, "--out", name, *words)
        if re.search(LARGE, case.read_text(path)):
            return {}
        walked = subprocess.run([WALK, path, name + ".safetensors", *settings], timeout=case.LIMIT,
                                     capture_output=True, text=True)
        self.assertEqual(walked.returncode, 0, name + ": " + walked.stderr)
        self.assertTrue(case.read_bytes(name + ".safetensors") ==
                        case.read_bytes(os.path.join(name, "checkpoint.safetensors")),
                        "%s: the program has other bits than the command" % name)
        if walk:
            self.assertEqual(walk(path, name + "-python.safetensors", settings), walked.stdout.splitlines())
            self.assertTrue(case.read_bytes(name + "-python.safetensors") == case.read_bytes(name + ".safetensors"),
                            "%s: Python has other bits than C" % name)
        kind, *lines = walked.stdout.splitlines()
        gone = {"": [kind]}
        for line in lines:
            gone.setdefault(line.split(" ")[0], []).append(line.split(" ", 1)[1])
        return gone

    def use(self, name):
        """Each route, or the first of large pictures, by the command that info names beside it; how many."""
        run = case.read_text(os.path.join(name, "run.recipe"))
        told = self.good("info", name)
        data = dict(re.findall(r"^\[data\.(.+)\]\n(.+)$", run, re.M))
        routes = re.findall(r"^# route (\S.*?) +gan (\w+)$", told, re.M)
        routes = routes[:1] if re.search(LARGE, run) else routes
        for route, command in routes:
            source = route.split(" ")[0]
            out = "%s-%d.npy" % (name, zlib.crc32(route.encode()))
            words = [command, name, "--route", route, "--out", out]
            if command != "sample":
                words += ["--data", data.get(source, data.get("real")), "--count", "1"]
            elif "vector=" in run:
                words += ["--condition", "vector.npy"]
            else:
                words += ["--count", "4"]
            self.good(*words)
            self.assertGreater(os.path.getsize(out), 0)
        return len(routes)

    def test_every_recipe(self):
        kinds = set()
        with open("vector.npy", "wb") as file:
            file.write(npy((1, VECTOR), "<f4", bytes(4 * VECTOR)))
        for name, path in self.recipes().items():
            with self.subTest(recipe=name):
                gone = self.train(name, path)
                kinds.update(gone.get("", ()))
                used = self.use(name)
                if "sample" in gone:
                    self.good("sample", name, "--count", "4", "--out", name + "-chains.npy")
                    used += 1
                self.assertGreater(used, 0)
                self.assertTrue(not gone or gone.get("sheet"))
        listed = re.search(r"\ntrainer\n((?:  .*\n)+)", self.good("help")).group(1)
        self.assertEqual(kinds, set(re.findall(r"^  (\S+)", listed, re.M)), "a kind without a recipe")

    def test_every_system(self):
        recipes = self.recipes()
        for system, name in SYSTEMS.items():
            self.assertIn(name, recipes, system)


case.main()
