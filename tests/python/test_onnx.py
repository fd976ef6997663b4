"""A model on its way to other engines: what PyTorch exports of it, run by onnxruntime, beside its own runner."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

from libgan.torch import to_torch  # noqa: E402

MODELS = {
    "dcgan": "input 8; dense 4*4*16 bias=no; reshape 4 4 16; batchnorm; relu;"
    "conv_transpose2d 8 kernel=4 stride=2 pad=1 bias=no; batchnorm; relu;"
    "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh",
    "residual": "input 12 20 3; conv2d 8 kernel=7 pad=reflect:3; instancenorm; relu;"
    "residual { conv2d 8 kernel=3 pad=reflect:1; instancenorm; relu; conv2d 8 kernel=3 pad=1 };"
    "upsample 2; conv2d 3 kernel=3 pad=1; tanh",
    "unet": "input 16 24 2; a = conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2;"
    "conv2d 8 kernel=4 stride=2 pad=1; relu; conv_transpose2d 4 kernel=4 stride=2 pad=1;"
    "b = batchnorm; concat from a b; conv_transpose2d 1 kernel=4 stride=2 pad=1; sigmoid",
    "critic": "input 15 17 3; conv2d 8 kernel=5 stride=2 pad=2 spectral=yes; leaky_relu 0.2;"
    "conv2d 8 kernel=3 stride=2 pad=1 groups=4; silu; dense 4",
}


def exported(model, x, path):
    """What onnxruntime makes of the model's network of torch.nn, channels before pixels."""
    network = to_torch(model).eval()
    torch.onnx.export(network, (torch.from_numpy(x),), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {session.get_inputs()[0].name: x})
    return made


@pytest.mark.parametrize("name", MODELS)
def test_onnx(ctx, tmp_path, name):
    model = ctx.model(MODELS[name])
    shape = model.input_shape(0)
    x = np.random.default_rng(3).standard_normal((2, *shape)).astype(np.float32)
    given = x.reshape(2, -1) if shape[:2] == (1, 1) else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    found = exported(model, given, str(tmp_path / "model.onnx"))
    own = np.asarray(model(x))
    own = own.reshape(found.shape) if found.ndim == 2 else own.transpose(0, 3, 1, 2)
    assert np.abs(found - own).max() < 1e-4
    assert np.abs(own).max() > 1e-3
