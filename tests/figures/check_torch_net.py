"""Compares networks that torch_net.py makes of texts with libgan's own: the same values in evaluation mode.

    python check_torch_net.py BUILD            (PyTorch, safetensors)

Each text is made by libgan, saved, and made again of the file's text and tensors. Every kind of layer and
block stands in one of them."""
import array
import os
import re
import sys
import tempfile

import torch
from safetensors import safe_open

import library
import rows
import torch_net

COUNT = 3
TEXTS = [
    """define head { input 16 16 8; h = relu; mean = conv2d 3; log_variance = conv2d 3 from h
    output mean log_variance }
    input image 32 32 3; input condition 10
    dense 8 from condition; c = leaky_relu 0.2
    conv2d 4 kernel=4 stride=2 pad=1 from image
    repeat 2 { residual { conv2d 4 kernel=3 pad=reflect:1; instancenorm; batchnorm } }
    residual join=concat { conv2d 4 kernel=3 pad=1,2,1,0 dilation=1 } { conv2d 4 kernel=1 bias=no }
    m,v = part head; concat from m v c; x = conv2d 1; output x m""",
    """define inner { input 4; dense 4 bias=no }
    define outer { input 4; dense 4 bias=no; x = part inner; dense 4 bias=no }
    define again from inner
    input 4; part outer; part inner; part again; dense 2 bias=no; prelu; layernorm; reshape 1 2 1
    upsample 2x3; groupnorm 1; conv_transpose2d 3 kernel=3 stride=2 pad=1,0,0,1; avgpool 2; maxpool 2 pad=1""",
    """input 1; embedding 10 5; dense 4*4*2 spectral=yes; reshape 4 4 2; conv2d 4 pad=replicate:1 spectral=yes
    pixel_shuffle 2; train = elu; clamp -0.5 0.5; affine 2 1; softplus; sqrt; square; flatten; softmax""",
    """input 1; onehot 10; dense 6; silu; a = gelu; dense 6; sigmoid; b = exp; add from a b
    multiply from . a b; dropout 0.5; noise 0.1; c = tanh; prelu per_channel=yes""",
    """input 7 9 4; pad reflect:1,2,3,0; pad 1; conv2d 6 kernel=3x5 stride=2x1 groups=2 dilation=2x1
    conv_transpose2d 4 kernel=3 stride=2 pad=1 output_pad=1 groups=2; upsample 2 mode=bilinear
    avgpool 3 stride=2 pad=1 count_pad=no; minibatch_stddev group=3; batchnorm affine=no
    x = layernorm affine=no; y = global_avgpool; concat from x y""",
    """input a 6 6 3; input b 6 6 1; multiply from a b
    repeat 2 { g = conv2d 3 pad=1; residual { conv2d 3 pad=1; add from . g } { relu } }""",
]


def kinds(build):
    """All kinds of layers and blocks that there are."""
    lib, made = build.library, set()
    for group in range(lib.gan_catalog_group_count()):
        if lib.gan_catalog_group(group) in (b"layer", b"block"):
            made |= {lib.gan_catalog_kind(group, kind).decode()
                     for kind in range(lib.gan_catalog_kind_count(group))}
    return made


def check(session, text):
    """The largest difference."""
    model = session.parse_model(text)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.safetensors")
        session.good(session.library.gan_model_save(model, path.encode()))
        with safe_open(path, "pt") as file:
            net = torch_net.Network(file.metadata()["gan.text"])
            net.load({name: file.get_tensor(name) for name in file.keys()})
    net.eval()
    runner = session.make("runner", "gan_runner_create", session.context, model, b"batch=3")
    inputs = []
    for i in range(session.library.gan_model_input_count(model)):
        h, w, c = session.shape(runner, "input", i)
        inputs.append(torch.randn(COUNT, c, h, w) if c * h * w > 1 else
                      torch.randint(0, 10, (COUNT, 1, 1, 1)).float())
    with torch.no_grad():
        theirs = net(*inputs)
    flat = lambda value: array.array("f", value.permute(0, 2, 3, 1).flatten().tolist())
    ours = session.run(model, *map(flat, inputs))
    return max(abs(a - b) for values, value in zip(ours, theirs, strict=True)
               for a, b in zip(values, flat(value), strict=True))


def main():
    torch.manual_seed(1)
    work = rows.Work(sys.argv[1], os.path.join(tempfile.gettempdir(), "unused"), 1, False, print)
    words = set(re.findall(r"[a-z_0-9]+", " ".join(TEXTS)))
    worst = []
    for text in TEXTS:
        with work.session() as session:
            worst.append(check(session, text))
    print("largest differences: %s" % " ".join("%.1e" % value for value in worst))
    missing = sorted(kinds(work) - words - {"input"})
    if missing:
        print("in no text: %s" % " ".join(missing))
    return 1 if missing or max(worst) > 1e-5 else 0


if __name__ == "__main__":
    sys.exit(main())
