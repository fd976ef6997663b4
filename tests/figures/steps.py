"""Rows of a training step's time beside PyTorch's: tests/bench/compare_torch.py, one case a row."""
import json
import os
import subprocess
import sys

from library import Failure
from rows import SOURCE, Figure, Row, torch_version

BENCH = os.path.join(SOURCE, "tests", "bench")
SCRIPT = os.path.join(BENCH, "compare_torch.py")
ROUNDS = 7


def goal(least):
    return (Figure("ratio", "PyTorch / libgan", "%.2f", least=least),)


class Step(Row):
    modules = ("torch",)
    seeded = False

    def __init__(self, case, title, figures=goal(1.0)):
        self.case, self.title, self.figures = case, "a step of %s beside PyTorch's" % title, figures
        self.name = "step-" + case

    def sources(self):
        return [*super().sources(), SCRIPT,
                *(os.path.join(BENCH, "torch_%s.py" % part) for part in ("ways", "noise", "domains"))]

    def measure(self, work, seed):
        command = [sys.executable, SCRIPT, work.gan, "--case", "train." + self.case, "--json", "--threads",
                   str(work.threads), "--rounds", str(2 if work.quick else ROUNDS)]
        own = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
        done = subprocess.run(command, capture_output=True, text=True, env=own)
        if done.returncode:
            raise Failure((done.stderr.strip().splitlines() or ["no message"])[-1])
        return {**json.loads(done.stdout.strip().splitlines()[-1]), "version": torch_version()}

    def result(self, values):
        (v,) = values
        _, met = super().result(values)
        return "%.2f times as fast [%.2f .. %.2f]: libgan %.3g ms, PyTorch %s %.3g ms; A/A " \
            "%.2f; memory %.0f, %.0f MiB" % (v["ratio"], *v["spread"], v["libgan_ms"], v["version"],
                                             v["torch_ms"], v["self"],
                                             *(kib / 1024 for kib in v["memory_kib"])), met


ROWS = (Step("mlp", "the MLP GAN, 28x28"), Step("dcgan28", "DCGAN, 28x28"), Step("dcgan64", "DCGAN, 64x64", goal(2.0)),
        Step("single28", "DCGAN, 28x28, batch 1", goal(3.0)),
        Step("wgan_gp28", "WGAN-GP, 28x28", goal(1.5)),
        Step("r1_28", "the GAN with a penalty at real pictures (R1), 28x28"),
        Step("dragan28", "the GAN with a penalty around real pictures (DRAGAN), 28x28"),
        Step("relativistic28", "the relativistic GAN, 28x28"),
        Step("pack28", "the GAN whose discriminator sees packs of two, 28x28"),
        Step("augment28", "the GAN with augmentation, 28x28"),
        Step("langevin28", "the discriminator alone, 20 Langevin steps, 28x28"),
        Step("cgan28", "the conditional GAN, 28x28"), Step("vae28", "the VAE, 28x28"),
        Step("autoencoder28", "the auto-encoder, 28x28"),
        Step("cyclegan128", "CycleGAN, 128x128, batch 1", goal(2.0)),
        Step("hinge64", "the hinge GAN with spectral norm, 64x64", goal(1.9)),
        Step("translate128", "translation one way without a cycle, 128x128, batch 1", goal(1.3)),
        Step("discogan64", "DiscoGAN, three of them in turn, 64x64, batch 16", goal(1.3)),
        Step("dualgan256", "DualGAN, U-Nets of 8 levels, 256x256, batch 1", goal(1.3)),
        Step("vaegan64", "the VAE-GAN, 64x64, batch 16", goal(1.3)),
        Step("cogan28", "CoGAN, 28x28, the reference's widths", goal(1.3)),
        Step("unit64", "UNIT, 64x64, batch 1", goal(1.8)),
        Step("combogan64", "ComboGAN, a pair of three domains, 64x64, batch 1", goal(1.3)))
