"""Clothes from drawings of their edges, and back: two translators, trained without pairs.

The pictures are arrays here, as any program has them.

python translate.py [STEPS]"""

import sys
from pathlib import Path

import numpy as np

import libgan

CLOTHES = Path(__file__).resolve().parents[1] / "data/fashion-images.gz"
# Edges are seen from close by, and by how bright something is; what lies between, from further off.
TO_EDGES = """
default conv2d kernel=3 pad=1
input 28 28 1
conv2d 24; leaky_relu 0.2; conv2d 24; leaky_relu 0.2; conv2d 24; leaky_relu 0.2
conv2d 1; tanh"""
TO_CLOTHES = """
default conv2d kernel=3 pad=1
input 28 28 1
conv2d 16; instancenorm; relu
conv2d 32 kernel=4 stride=2; instancenorm; relu
repeat 2 { residual { conv2d 32; instancenorm; relu; conv2d 32; instancenorm } }
conv_transpose2d 16 kernel=4 stride=2 pad=1; instancenorm; relu
conv2d 1; tanh"""
DISCRIMINATOR = """
default conv2d kernel=4 stride=2 pad=1
input 28 28 1
conv2d 32; leaky_relu 0.2
conv2d 64; instancenorm; leaky_relu 0.2
conv2d 1 kernel=3 stride=1"""
BATCH = 16


def main(steps: int) -> None:
    ctx = libgan.Context(seed=5)
    clothes = ctx.dataset("idx", path=CLOTHES)
    drawings = ctx.dataset("idx", path=CLOTHES, transform="edges")
    trainer = ctx.trainer(
        "cyclegan",
        cycle=3,
        identity=0.5,
        average=0.99,
        batch=BATCH,
        xy=TO_EDGES,
        yx=TO_CLOTHES,
        discriminator_x=DISCRIMINATOR,
        discriminator_y=DISCRIMINATOR,
    )
    for group in trainer.names("group"):
        trainer.set_optimizer(group, "adam", lr=5e-4, beta1=0.5)
    order = np.random.default_rng(5)
    for step in range(steps):
        x = clothes.read("image", order.integers(0, 4500, BATCH))
        y = drawings.read("image", order.integers(4500, 9000, BATCH))  # of other clothes
        report = trainer.step(x=x, y=y)
        if step % 50 == 49:
            shown = {name: value for name, value in report.items() if name.startswith("loss.")}
            print(f"step {step + 1}:", ", ".join(f"{k[5:]} {v:.3f}" for k, v in shown.items()))

    to_clothes = trainer.route("y", "x")
    to_clothes.save("to-clothes.safetensors")
    held = range(9000, 9016)
    y = drawings.read("image", held)
    rows = np.stack([y, to_clothes(y), clothes.read("image", held)], axis=1)
    sheet = libgan.image.sheet(rows.reshape(-1, 28, 28, 1), columns=12)
    libgan.image.save(sheet, "translated.png")  # drawing, clothes made of it, the clothes drawn
    print("wrote to-clothes.safetensors, translated.png")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
