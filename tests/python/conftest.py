"""What the tests of the Python package share: small networks, pictures, and where things are.

Run as  LIBGAN_LIBRARY=build/check/libgan.so PYTHONPATH=examples/python/src pytest tests/python"""

from pathlib import Path

import numpy as np
import pytest

import libgan

SOURCE = Path(__file__).resolve().parents[2]
GENERATOR = "input 6; dense 24; leaky_relu 0.2; dense 64; tanh; reshape 8 8 1"
DISCRIMINATOR = "input 8 8 1; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1"


@pytest.fixture
def ctx():
    return libgan.Context(threads=1, seed=7)


@pytest.fixture
def pictures():
    return np.random.default_rng(1).uniform(-1, 1, (16, 8, 8, 1)).astype(np.float32)


def make_trainer(ctx, **named):
    named.setdefault("generator", ctx.model(GENERATOR))
    named.setdefault("discriminator", ctx.model(DISCRIMINATOR))
    return ctx.trainer("gan batch=16", **named)
