"""A training one of whose examples cannot be used: what can be saved is saved, what cannot is named."""

import os
import struct

import case
from case import *

NAMES = ["checkpoint.safetensors", "decoder.safetensors", "encoder.safetensors"]
CODER = """[context]
seed=3 threads=1

[model.encoder]
input 6 6 1
dense 8; batchnorm; dense 3

[model.decoder]
input 3
dense 8; batchnorm; dense 36
reshape 6 6 1

[data.real]
images path=pictures

[trainer]
autoencoder average=0.9

[run]
steps=4 batch=4 save_every=2 sample_every=0 log_every=0
"""
CONDITIONED = """[context]
seed=3 threads=1

[model.generator]
input noise 4
input condition 2
concat from condition noise
dense 8; batchnorm; dense 36; tanh
reshape 6 6 1

[model.discriminator]
input image 6 6 1
input condition 2
h = dense 8 from image
concat from h condition
dense 1

[data.real]
npy path=pictures.npy vectors=vectors.npy

[trainer]
cgan average=0.9

[run]
steps=4 batch=4 save_every=2 sample_every=2 log_every=0
"""


def write_npy(path, shape, values):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % (shape,)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%df" % len(values), *values))


class Saving(Case):
    def pictures(self, broken):
        os.makedirs("pictures", exist_ok=True)
        for i in range(50):
            pixels = bytes((i * i + 7 * k) % 256 for k in range(36))
            with open("pictures/%02d.pgm" % i, "wb") as file:
                file.write(b"P5 6 6 255\n" + pixels[: 3 if i in broken else 36])

    def conditions(self, huge):
        """A recipe with conditions, that of one example beyond what a variance can be made of."""
        vectors = [i % 7 / 7 for i in range(100)]
        vectors[2 * huge] = 1e30
        write_npy("vectors.npy", (50, 2), vectors)
        write_npy("pictures.npy", (50, 6, 6, 1), [(i * i % 64 - 32) / 32 for i in range(1800)])
        write_text("a.recipe", CONDITIONED)

    def test_a_broken_picture(self):
        """Of those that no step sees the averages' statistics would be made, too."""
        write_text("a.recipe", CODER)
        self.pictures([])
        self.good("train", "a.recipe", "--out", "whole")
        self.pictures([3])
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (0, "run/sheet.png\n"), err)
        warning = (
            "gan train: warning: autoencoder: the average of the %s keeps the batch statistics of the"
            " trained weights: data: example 3: %s/pictures/03.pgm: byte 11: the picture needs"
            " 36 bytes, 3 remain"
        )
        each = [warning % (role, self.folder) for role in ("encoder", "decoder")]
        self.assertEqual(err.splitlines(), 2 * each)
        self.assertEqual(sorted(set(os.listdir("run")) & set(NAMES)), NAMES)
        whole, run = (read_safetensors(d + "/checkpoint.safetensors")[1] for d in ("whole", "run"))
        differ = {name for name in whole if whole[name] != run[name]}
        kept = ("running_mean", "running_var", "num_batches_tracked")
        roles = ("encoder", "decoder")
        self.assertEqual(differ, {"average.%s.1.%s" % (r, k) for r in roles for k in kept})

    def test_a_step_that_fails(self):
        """What was trained until then is there: after the first steps all pictures are broken."""
        endless = CODER.replace("steps=4", "steps=1000000000").replace("save_every=2", "save_every=0")
        write_text("a.recipe", endless.replace("log_every=0", "log_every=1"))
        self.pictures([])
        with open("shown", "w") as shown:
            process = self.start("train", "a.recipe", "--out", "run", stderr=shown)
        self.wait_for(lambda: os.path.exists("run/log.jsonl") and self.steps("run", True))
        self.pictures(range(50))
        self.assertEqual(process.wait(timeout=LIMIT), 3)
        self.assertEqual(sorted(set(os.listdir("run")) & set(NAMES)), NAMES)

    def test_what_is_not_saved_is_named(self):
        """Statistics that are not finite are not saved: a message for each file that is missing."""
        self.conditions(5)  # which no step sees
        message = (
            "gan train: run/%s was not saved: cgan: the average of generator: 2.running_var is"
            " estimated to be not finite"
        )
        lines = [
            message % "checkpoint.safetensors" + "; the training goes on without it",
            message % "sheets/000002.png" + "; the training goes on without it",
            message % "checkpoint.safetensors",
            message % "sheet.png",
        ]
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out, err.splitlines()), (4, "", lines))
        self.assertIn("generator.safetensors", os.listdir("run"))

    def test_what_is_not_kept_is_named(self):
        """The same for the state before a step that diverges."""
        self.conditions(11)  # which the second step sees
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (5, ""))
        start = "gan train: run/before-divergence.safetensors was not saved: cgan: the average of "
        self.assertTrue(err.splitlines()[-2].startswith(start), err)


if __name__ == "__main__":
    case.main()
