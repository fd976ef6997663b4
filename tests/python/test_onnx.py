"""A model on its way to other engines: what onnxruntime makes of to_torch(model), exported by
PyTorch, beside the model's own numbers."""

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
    "condition": "input noise 5; input class 3; concat from noise class; dense 4*6*8; relu;"
    "reshape 4 6 8; layernorm; pixel_shuffle 2; conv2d 2 kernel=3x5 pad=1,2,1,2; sigmoid",
}


def with_other_numbers(model):
    """Biases, scales and running statistics that are not 0 or 1: each must go over."""
    made = np.random.default_rng(5)
    for name in model.parameters():
        if len(model.shape(name)) == 1:
            model.write(name, model.read(name) + made.uniform(0.1, 0.6, model.shape(name)))
    return model


def as_torch(x):
    """Channels before pixels."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if x.ndim == 4 else x


@pytest.fixture(params=MODELS)
def model(ctx, request):
    return with_other_numbers(ctx.model(MODELS[request.param]))


def inputs_of(model, count):
    made = np.random.default_rng(3)
    shapes = [(c,) if h * w == 1 else (h, w, c) for h, w, c in model.ports.input_shapes]
    return [made.standard_normal((count, *shape)).astype(np.float32) for shape in shapes]


def exported(model, path):
    """What runs the model as onnxruntime has it, for any number of samples."""
    inputs = tuple(torch.from_numpy(as_torch(x)) for x in inputs_of(model, 2))
    net = to_torch(model).eval()
    free = ({0: torch.export.Dim.DYNAMIC},) * len(inputs)
    shapes = free if isinstance(net, torch.nn.Sequential) else (free,)
    torch.onnx.export(net, inputs, path, dynamo=True, dynamic_shapes=shapes, verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return lambda given: session.run(None, dict(zip(names, map(as_torch, given))))[0]


def test_onnx(model, tmp_path):
    run = exported(model, str(tmp_path / "model.onnx"))
    for count in (1, 2, 5):
        inputs = inputs_of(model, count)
        own, found = as_torch(np.asarray(model(*inputs))), run(inputs)
        np.testing.assert_allclose(found, own, rtol=1e-4, atol=1e-5)
        assert own.std() > 1e-2
