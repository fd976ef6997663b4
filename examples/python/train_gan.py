"""Trains a GAN on the bundled pictures of clothes, in less than a minute, and shows what it makes.

python train_gan.py [STEPS]"""

import sys
from pathlib import Path

import numpy as np

import libgan

CLOTHES = Path(__file__).resolve().parents[1] / "data/fashion-images.gz"
GENERATOR = """
default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02
default batchnorm init=normal:1,0.02
input 64; dense 7*7*64 bias=no init=normal:0.02; reshape 7 7 64; batchnorm; relu
conv_transpose2d 48; batchnorm; relu; conv_transpose2d 1; tanh"""
DISCRIMINATOR = """
default conv2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02
default batchnorm init=normal:1,0.02
input 28 28 1; conv2d 32; leaky_relu 0.2
conv2d 96; batchnorm; leaky_relu 0.2; dense 1 init=normal:0.02"""


def main(steps: int) -> None:
    ctx = libgan.Context(seed=7)
    trainer = ctx.trainer(
        "gan",
        loss="non_saturating",
        smoothing=0.1,
        average=0.995,
        batch=32,
        generator=ctx.model(GENERATOR),
        discriminator=ctx.model(DISCRIMINATOR),
        real=ctx.dataset("idx", path=CLOTHES),
        optimizers={
            "generator": libgan.kinds.adam(lr=1e-3, beta1=0.5),
            "discriminator": libgan.kinds.adam(lr=4e-4, beta1=0.5),
        },
    )
    for report in trainer.steps(steps):  # a progress bar; tqdm's, where that is installed
        if report["step"] % 500 == 0:
            libgan.image.save(trainer.sheet(), f"sheet-{report['step']:05.0f}.png")
    for line in trainer.warnings.values():
        print(line)

    trainer.save("run.safetensors")  # everything: Context.load_trainer goes on from it
    trainer.refresh()
    generator = trainer.route("noise", "image")
    generator.save("generator.safetensors")  # the generator alone, for another program
    pictures = generator(np.random.default_rng(0).standard_normal((64, 64)))
    libgan.image.save_sheet(pictures, "sheet.png", columns=8)
    print("wrote run.safetensors, generator.safetensors, sheet.png")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)
