"""What the tests of the gan command share: each is called as test_NAME.py GAN SOURCE.

GAN is the program, SOURCE the project's folder. Every test works in a folder of its own, with small
networks on pictures of 12 x 12 that it writes itself. Python's standard library is all it needs."""

import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

GAN = SOURCE = None
LIMIT = 120  # seconds for one call, on a machine that does other things

RECIPE = """[context]
seed=3 threads=1

[model.generator]
input 8
dense 24; leaky_relu 0.2
dense 144; tanh
reshape 12 12 1

[model.discriminator]
input 12 12 1
dense 16; leaky_relu 0.2
dense 1

[data.real]
idx path=pictures.idx

[trainer]
gan loss=non_saturating

[run]
steps=20 batch=8
sample_every=10 save_every=5 log_every=5 samples=9
"""


def cycle_recipe(run, files, labels="", parts=""):
    """Translators of pictures and their negatives: steps and files of [run], options of both data sets."""
    return f"""[context]
seed=3 threads=1

[model.xy, model.yx]
input any any 1
conv2d 4 kernel=3 pad=1; instancenorm; relu
conv2d 1 kernel=3 pad=1; tanh

[model.discriminator_x, model.discriminator_y]
input 12 12 1
dense 8; leaky_relu 0.2; dense 1

[data.x]
idx path=pictures.idx{labels}{parts}

[data.y]
idx path=pictures.idx{labels} transform=negative{parts}

[trainer]
cyclegan pool=4

[run]
{run}
sample_every=0 {files}
"""

# Codes of the same pictures, and pictures from codes.
VAE = """[context]
seed=3 threads=1

[model.encoder]
input 12 12 1
dense 16; h = leaky_relu 0.2
mean = dense 6; log_variance = dense 6 from h
output mean log_variance

[model.decoder]
input 6
dense 24; leaky_relu 0.2
dense 144
reshape 12 12 1

[data.real]
idx path=pictures.idx

[trainer]
vae likelihood=bernoulli

[run]
steps=20 batch=8
sample_every=10 save_every=5 log_every=5 samples=9
"""

PROGRESS = re.compile(
    r"step \d+/\d+  loss disc \d+\.\d{3} gene \d+\.\d{3}  \d+ images/s  (\d+:)?\d+:\d\d left"
    r"  accuracy real \d\.\d{3} fake \d\.\d{3}"
)
RUN_FILES = [
    "checkpoint.safetensors",
    "generator.safetensors",
    "log.jsonl",
    "run.recipe",
    "sheet.png",
    "sheets",
]


def write_idx(path, count, height, width):
    pixels = bytes((i * i + 7 * i // width) % 256 for i in range(count * height * width))
    with open(path, "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, count, height, width) + pixels)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def read_text(path):
    return read_bytes(path).decode()


def write_text(path, text):
    with open(path, "w") as file:
        file.write(text)


def read_npy(path):
    """Shape and bytes of an array of uint8 in row order."""
    data = read_bytes(path)
    magic, major, minor, length = struct.unpack("<6sBBH", data[:10])
    header = data[10 : 10 + length].decode("latin-1")
    assert (magic, major, minor) == (b"\x93NUMPY", 1, 0), data[:10]
    assert (10 + length) % 64 == 0 and header.endswith("\n"), header
    shape = re.fullmatch(
        r"\{'descr': '\|u1', 'fortran_order': False, 'shape': \(([0-9, ]+)\), \} *\n", header
    )
    assert shape, header
    return tuple(int(n) for n in shape.group(1).split(",") if n.strip()), data[10 + length :]


def read_codes(path):
    """Shape and numbers of an array of float32."""
    data = read_bytes(path)
    (length,) = struct.unpack("<H", data[8:10])
    header = data[10 : 10 + length].decode("latin-1")
    shape = re.search(r"'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]+)\)", header)
    assert shape, header
    sizes = tuple(int(n) for n in shape.group(1).split(",") if n.strip())
    return sizes, struct.unpack("<%df" % math.prod(sizes), data[10 + length :])


def read_png(path):
    """Width, height, channels and pixels of an 8-bit PNG without palette or interlace."""
    data = read_bytes(path)
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + body) == check, kind
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">2I5B", body)
            assert depth == 8 and not interlace
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    return width, height, channels, unfilter(zlib.decompress(packed), width * channels, channels)


def cells(path, side=12):
    """The pictures of a sheet, row after row, and how many there are in one."""
    width, height, channels, pixels = read_png(path)
    assert (width + 1) % (side + 1) == 0 and (height + 1) % (side + 1) == 0, (width, height)
    across, down = (width + 1) // (side + 1), (height + 1) // (side + 1)
    stride, out = width * channels, []
    for i in range(across * down):
        start = i // across * (side + 1) * stride + i % across * (side + 1) * channels
        rows = [pixels[start + y * stride :][: side * channels] for y in range(side)]
        out.append(b"".join(rows))
    return out, across


def unfilter(raw, stride, step):
    above, pixels = bytearray(stride), bytearray()
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            a = line[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth)[raw[start]]) % 256
        pixels += line
        above = line
    return bytes(pixels)


def write_png(path, width, height, channels, pixels):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    stride, color = width * channels, {1: 0, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + pixels[y * stride :][:stride] for y in range(height))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, color, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_safetensors(path, metadata, tensors=()):
    header, data = {"__metadata__": metadata}, b""
    for name, shape, values in tensors:
        packed = struct.pack("<%df" % len(values), *values)
        place = [len(data), len(data) + len(packed)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    """Metadata, and shape and numbers of each tensor of float32 or int64."""
    data = read_bytes(path)
    (length,) = struct.unpack("<Q", data[:8])
    header, data = json.loads(data[8 : 8 + length]), data[8 + length :]
    metadata, tensors = header.pop("__metadata__"), {}
    for name, tensor in header.items():
        values = data[slice(*tensor["data_offsets"])]
        form = {"F32": "%df" % (len(values) // 4), "I64": "%dq" % (len(values) // 8)}
        values = struct.unpack("<" + form[tensor["dtype"]], values)
        tensors[name] = (tensor["shape"], values)
    return metadata, tensors


# Preloaded: appends what is made durable and what is moved to the file "calls".
WATCH = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
static void note(const char *what, const char *path)
{
    FILE *file = fopen("calls", "a");
    if (!file) return;
    fprintf(file, "%s %s\n", what, path);
    fclose(file);
}
int fsync(int file)
{
    char link[64], path[4096];
    int (*next)(int);
    *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    note("fsync", path);
    return next(file);
}
int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);
    *(void **)&next = dlsym(RTLD_NEXT, "rename");
    note("rename", to);
    return next(from, to);
}
"""


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="gan-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        home = os.getcwd()
        self.addCleanup(os.chdir, home)
        os.chdir(self.folder)
        write_idx("pictures.idx", 50, 12, 12)
        write_text("a.recipe", RECIPE)

    def start(self, *words, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([GAN, *words], stdin=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def gan(self, *words, **options):
        """Exit code, standard output, standard error."""
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def good(self, *words):
        """Standard output of a call that must succeed."""
        code, out, err = self.gan(*words)
        self.assertEqual(code, 0, err)
        return out

    def bad(self, code, message, *words):
        """A call that must fail, with this and nothing else on standard error."""
        self.assertEqual(self.gan(*words), (code, "", message + "\n"), words)

    def edit(self, old, new):
        self.assertIn(old, RECIPE)
        write_text("b.recipe", RECIPE.replace(old, new))

    def same(self, a, b, names=("checkpoint.safetensors", "generator.safetensors", "sheet.png")):
        for name in names:
            self.assertTrue(
                read_bytes(os.path.join(a, name)) == read_bytes(os.path.join(b, name)),
                "%s of %s and %s differ" % (name, a, b),
            )

    def steps(self, folder, running=False):
        """The steps that log.jsonl has lines of; every line is checked to be JSON. While the
        training is running its last line may be half there."""
        lines = read_text(os.path.join(folder, "log.jsonl")).splitlines(True)
        if running and lines and not lines[-1].endswith("\n"):
            lines.pop()
        return [json.loads(line)["step"] for line in lines]

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end, "waited too long")
            time.sleep(0.002)


def main():
    global GAN, SOURCE
    if len(sys.argv) != 3:
        sys.exit("usage: %s GAN SOURCE" % os.path.basename(sys.argv[0]))
    GAN, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(tests)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print("%d passed, %d failed" % (result.testsRun - failed - skipped, failed))
    sys.exit(1 if failed else 0)
