"""libgan and PyTorch: one's networks in the other's programs. Only this part needs PyTorch.

g = libgan.torch.Module("input 64; dense 784; tanh; reshape 28 28 1")       an nn.Module
model = libgan.torch.from_torch(nn.Sequential(...), (3, 64, 64))            a libgan.Model
net = libgan.torch.to_torch(model)                                          of torch.nn alone
"""

from ._from import from_torch
from ._module import Module
from ._to import to_torch

__all__ = ["Module", "from_torch", "to_torch"]
