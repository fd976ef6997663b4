"""A GAN variant that the library does not have, its objective in NumPy.

The critic's loss is mean (D(x) - 1)^2 + mean max(0, 1 + D(G(z)))^2; the generator matches the
mean of the critic's scores on real pictures. The derivatives over D's outputs go to the tape as
seeds.

python own_objective.py [STEPS]"""

import sys
from pathlib import Path

import numpy as np

import libgan

CLOTHES = Path(__file__).resolve().parents[1] / "data/fashion-images.gz"
BATCH, LATENT = 32, 32


def critic_loss(real: np.ndarray, fake: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """The loss, and its derivatives over both score vectors."""
    a, b = real - 1, np.maximum(0, 1 + fake)
    loss = np.mean(a**2) + np.mean(b**2)
    return float(loss), [2 * a / len(a), 2 * b / len(b)]


def main(steps: int) -> None:
    ctx = libgan.Context(seed=3)
    g = ctx.model("input 32; dense 128; leaky_relu 0.2; dense 784; tanh; reshape 28 28 1")
    d = ctx.model("input 28 28 1; conv2d 32 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1")
    g_rule = ctx.optimizer("adam", g, lr=5e-4, beta1=0.5)
    d_rule = ctx.optimizer("adam", d, lr=5e-4, beta1=0.5)
    clothes = ctx.dataset("idx", path=CLOTHES)
    tape = ctx.tape()
    for step in range(steps):
        indices = np.arange(step * BATCH, (step + 1) * BATCH) % len(clothes)
        with tape:
            real = tape.input(clothes.read("image", indices))
            fake = tape.apply(g, tape.normal(BATCH, LATENT), mode="training frozen")
            scores = tape.apply(d, real, fake, mode="training groups=2")
            loss, seeds = critic_loss(*(np.asarray(score) for score in scores))
            wanted = float(np.mean(scores[0]))
            tape.backward(scores, seeds=seeds, models=[d])
        d_rule.step()
        d_rule.zero()
        with tape:
            fake = tape.apply(g, tape.normal(BATCH, LATENT))
            mean = tape.loss("mean", tape.apply(d, fake, mode="training frozen"))
            gap = float(mean) - wanted
            tape.backward(mean, seeds=np.float32(2 * gap), models=[g])
        g_rule.step()
        g_rule.zero()
        if step % 20 == 19:
            print(f"step {step + 1}: critic {loss:.3f}, generator {gap**2:.4f}")
    g.save("own_generator.safetensors")
    print("wrote own_generator.safetensors")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
