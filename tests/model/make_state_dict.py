"""Makes the two small files of test_persist.c with PyTorch, or checks a file that libgan saved.

    python make_state_dict.py                 writes state_dict.safetensors, state_dict_pass.safetensors
    python make_state_dict.py FILE            a strict load of FILE must give the same state and pass
"""

import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn

HERE = pathlib.Path(__file__).parent


def network():
    """The text of it stands in test_persist.c."""
    spectral = nn.utils.spectral_norm
    return nn.Sequential(
        spectral(nn.Conv2d(3, 8, 3, stride=2, padding=1)),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 12, (3, 2), groups=2, bias=False),
        nn.InstanceNorm2d(12, affine=True),
        nn.PReLU(),
        nn.Sequential(nn.Conv2d(12, 12, 1), nn.GroupNorm(3, 12), nn.ReLU()),
        nn.Flatten(),
        nn.Linear(12 * 2 * 3, 36),
        nn.LayerNorm(36),
        nn.Tanh(),
        nn.Unflatten(1, (4, 3, 3)),
        nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2),
        nn.LayerNorm((6, 6, 6)),
        nn.Flatten(),
        spectral(nn.Linear(216, 5)),
    )


def main():
    torch.manual_seed(3)
    net = network()
    x = torch.randn(2, 3, 8, 8)
    net.train()
    net(x)
    net(torch.randn(4, 3, 8, 8))
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    net.eval()
    if len(sys.argv) == 1:
        save_file(net.state_dict(), HERE / "state_dict.safetensors")
        with torch.no_grad():
            y = net(x)
        save_file({"x": x, "y": y}, HERE / "state_dict_pass.safetensors")
        print("\n".join(f"{k} {list(v.shape)}" for k, v in net.state_dict().items()))
        return
    other = network()
    other.load_state_dict(load_file(sys.argv[1]), strict=True)
    other.eval()
    for (name, a), b in zip(net.state_dict().items(), other.state_dict().values()):
        assert a.dtype == b.dtype and torch.equal(a, b), name
    assert torch.equal(net(x), other(x))
    print("equal")


main()
