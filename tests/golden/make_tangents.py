"""Makes tangents.safetensors: penalties on gradients by double backward in PyTorch, in double.

    python make_tangents.py [FILE]            (PyTorch 2.13 or later, safetensors)

For each net NAME it holds, as float32:
    NAME.x, NAME.mask                    what goes in (N, H, W, C); the mask only where there is one
    NAME.weight.P, NAME.gradient.P       each parameter and buffer, and its gradient
    NAME.g, NAME.at_x                    gradient of the scores' sum over x; of the loss over x
    NAME.loss                            the penalty's value
and, as text, NAME.text, NAME.mode and NAME.target: the net, how it is applied, the penalty's. The
loss is <w, g> + sum of softplus(score), with w the penalty's gradient over g, held constant; so the
parameters' gradients are those of the penalty and of an ordinary loss on the same pass. Spectral
normalisation makes its power iteration first; g and the penalty are of the weights after it.
"""
import os
import sys
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)


class Layer(dict):
    """One layer's parameters, by their names in PyTorch."""

    def __init__(self, shapes, transposed=False):
        super().__init__({name: self.start(name, shape) for name, shape in shapes.items()})
        self.transposed = transposed
        if "weight_orig" in self:
            m = self.matrix()
            self["weight_u"] = F.normalize(torch.randn(m.shape[0]), dim=0).float().double()
            self["weight_v"] = F.normalize(torch.randn(m.shape[1]), dim=0).float().double()

    @staticmethod
    def start(name, shape):
        x = torch.randn(shape)
        if len(shape) > 1:
            x *= 1.5 / (x.numel() / shape[0]) ** 0.5
        elif name == "running_var":
            x = torch.rand(shape) + 0.5
        else:
            x = 0.3 * x + (0.8 if name == "weight" else 0.1)
        return x.float().double()

    def matrix(self):
        w = self["weight_orig"]
        return (w.transpose(0, 1) if self.transposed else w).flatten(1)

    def iterate(self):
        """One power iteration; the file keeps u and v from before it."""
        with torch.no_grad():
            m = self.matrix()
            self.v = F.normalize(m.T @ self["weight_u"], dim=0)
            self.u = F.normalize(m @ self.v, dim=0)

    @property
    def weight(self):
        if "weight_orig" not in self:
            return self.get("weight")
        return self["weight_orig"] / torch.dot(self.u, self.matrix() @ self.v)

    @property
    def bias(self):
        return self.get("bias")


class Net:
    """A text and the same as PyTorch functions."""

    def __init__(self, *inputs):
        self.lines = ["%s = input %d %d %d" % row for row in inputs]
        self.steps, self.layers = [], {}

    def add(self, statement, function, sources, shapes=None, transposed=False, name=None):
        name = name or "v%d" % len(self.steps)
        self.lines.append("%s = %s from %s" % (name, statement, sources))
        if shapes:
            self.layers[name] = Layer(shapes, transposed)
        self.steps.append((name, function, sources.split()))
        return name

    def run(self, **values):
        for name, function, sources in self.steps:
            given = [values[source] for source in sources]
            values[name] = function(self.layers.get(name), *given)
        return values[self.steps[-1][0]]


def filters(k, c, r, s, spectral=False, bias=True):
    shapes = {"weight_orig" if spectral else "weight": (k, c, r, s) if r else (k, c)}
    if bias:
        shapes["bias"] = (k,)
    return shapes


def picture(y):
    return y[:, :, None, None]


def dense(p, x):
    return picture(F.linear(x.flatten(1), p.weight, p.bias))


def affine(c):
    return {"weight": (c,), "bias": (c,)}


def reflected(p, x):
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), p.weight, p.bias, groups=2)


def whole(p, x):
    return F.layer_norm(x, x.shape[1:], p.weight, p.bias)


def whole_plain(_, x):
    return F.layer_norm(x, x.shape[1:])


def plain():
    """Spectral norm, fused tails, instance and layer norm."""
    n = Net(("x", 8, 7, 2))
    n.add("conv2d 6 kernel=4 stride=2 pad=1 spectral=yes", lambda p, x: F.conv2d(
        x, p.weight, p.bias, 2, 1), "x", filters(6, 2, 4, 4, True))
    n.add("tanh", lambda p, x: x.tanh(), "v0")
    n.add("conv2d 8 kernel=3 pad=reflect:1 groups=2 bias=no", reflected, "v1",
          filters(8, 3, 3, 3, bias=False))
    n.add("instancenorm affine=yes", lambda p, x: F.instance_norm(
        x, weight=p.weight, bias=p.bias), "v2", affine(8))
    n.add("tanh", lambda p, x: x.tanh(), "v3")
    n.add("conv2d 5 kernel=2 dilation=2", lambda p, x: F.conv2d(
        x, p.weight, p.bias, dilation=2), "v4", filters(5, 8, 2, 2))
    n.add("layernorm", whole, "v5", {"weight": (5, 2, 1), "bias": (5, 2, 1)})
    n.add("silu", lambda p, x: F.silu(x), "v6")
    n.add("dense 1 spectral=yes", dense, "v7", {"weight_orig": (1, 10), "bias": (1,)})
    return n


def residual():
    """Group norm, residuals, pools and activations that are not fused."""
    n = Net(("x", 6, 6, 3))
    n.add("conv2d 6 kernel=3 pad=1", lambda p, x: F.conv2d(x, p.weight, p.bias, 1, 1), "x",
          filters(6, 3, 3, 3))
    n.add("groupnorm 3", lambda p, x: F.group_norm(x, 3, p.weight, p.bias), "v0", affine(6))
    n.add("gelu", lambda p, x: F.gelu(x), "v1")
    n.add("conv2d 6 kernel=3 pad=replicate:1", lambda p, x: F.conv2d(
        F.pad(x, (1, 1, 1, 1), mode="replicate"), p.weight, p.bias), "v2", filters(6, 6, 3, 3))
    n.add("sigmoid", lambda p, x: x.sigmoid(), "v3")
    n.add("add", lambda p, a, b: a + b, "v1 v4")
    n.add("maxpool 2", lambda p, x: F.max_pool2d(x, 2), "v5")
    n.add("prelu per_channel=yes", lambda p, x: F.prelu(x, p.weight), "v6", {"weight": (6,)})
    n.add("elu 0.7", lambda p, x: F.elu(x, 0.7), "v7")
    n.add("softmax", lambda p, x: x.softmax(1), "v8")
    n.add("concat", lambda p, a, b: torch.cat([a, b], 1), "v9 v7")
    n.add("groupnorm 2 affine=no", lambda p, x: F.group_norm(x, 2), "v10")
    n.add("conv2d 1 kernel=3", lambda p, x: F.conv2d(x, p.weight, p.bias), "v11",
          filters(1, 12, 3, 3))
    return n


def transposed():
    """Transposed convolutions, dense layers, products, exp, sqrt and their like."""
    n = Net(("x", 1, 1, 7))
    n.add("dense 24", dense, "x", {"weight": (24, 7), "bias": (24,)})
    n.add("tanh", lambda p, x: x.tanh(), "v0")
    n.add("reshape 3 2 4", lambda p, x: x.reshape(-1, 4, 3, 2), "v1")
    n.add("conv_transpose2d 6 kernel=3 stride=2 pad=1 output_pad=1 groups=2 spectral=yes",
          lambda p, x: F.conv_transpose2d(x, p.weight, p.bias, 2, 1, 1, 2), "v2",
          {"weight_orig": (4, 3, 3, 3), "bias": (6,)}, True)
    n.add("softplus", lambda p, x: F.softplus(x), "v3")
    n.add("dense 6", dense, "v1", {"weight": (6, 24), "bias": (6,)})
    n.add("sigmoid", lambda p, x: x.sigmoid(), "v5")
    n.add("multiply", lambda p, a, b, c: a * b * c, "v4 v6 v3")
    n.add("upsample 2 mode=bilinear", lambda p, x: F.interpolate(
        x, scale_factor=2, mode="bilinear"), "v7")
    n.add("square", lambda p, x: x.square(), "v8")
    n.add("affine 0.5 0.3", lambda p, x: 0.5 * x + 0.3, "v9")
    n.add("sqrt", lambda p, x: x.sqrt(), "v10")
    n.add("avgpool 3 stride=2 pad=1", lambda p, x: F.avg_pool2d(x, 3, 2, 1), "v11")
    n.add("exp", lambda p, x: x.exp(), "v12")
    n.add("layernorm affine=no", whole_plain, "v13")
    n.add("global_avgpool", lambda p, x: x.mean((2, 3), keepdim=True), "v14")
    n.add("tanh", lambda p, x: x.tanh(), "v15")
    n.add("dense 2", dense, "v16", {"weight": (2, 6), "bias": (2,)})
    return n


def vectors():
    """An MLP with norms of vectors, and a mask that is given."""
    n = Net(("x", 1, 1, 9), ("mask", 1, 1, 16))
    n.add("dense 16", dense, "x", {"weight": (16, 9), "bias": (16,)})
    n.add("layernorm", lambda p, x: picture(F.layer_norm(
        x.flatten(1), (16,), p.weight, p.bias)), "v0", affine(16))
    n.add("silu", lambda p, x: F.silu(x), "v1")
    n.add("multiply", lambda p, a, b: a * b, "v2 mask")
    n.add("dense 12 bias=no spectral=yes", dense, "v3", {"weight_orig": (12, 16)})
    n.add("groupnorm 3", lambda p, x: F.group_norm(x, 3, p.weight, p.bias), "v4", affine(12))
    n.add("tanh", lambda p, x: x.tanh(), "v5")
    n.add("dense 1", dense, "v6", {"weight": (1, 12), "bias": (1,)})
    return n


def evaluated():
    """Batch norm in evaluation is affine."""
    n = Net(("x", 5, 4, 2))
    n.add("conv2d 4 kernel=3 bias=no", lambda p, x: F.conv2d(x, p.weight), "x",
          filters(4, 2, 3, 3, bias=False))
    n.add("batchnorm", lambda p, x: F.batch_norm(
        x, p["running_mean"], p["running_var"], p.weight, p.bias), "v0",
          {**affine(4), "running_mean": (4,), "running_var": (4,)})
    n.add("tanh", lambda p, x: x.tanh(), "v1")
    n.add("pixel_shuffle 2", lambda p, x: F.pixel_shuffle(x, 2), "v2")
    n.add("pad 0,1,1,0", lambda p, x: F.pad(x, (1, 0, 0, 1)), "v3")
    n.add("flatten", lambda p, x: picture(x.flatten(1)), "v4")
    n.add("dense 1", dense, "v5", {"weight": (1, 35), "bias": (1,)})
    return n


NETS = [("plain", plain, 3, "training", 1), ("residual", residual, 2, "training", 0),
        ("transposed", transposed, 3, "training", 1), ("vectors", vectors, 5, "training", 1),
        ("single", plain, 1, "training", 0), ("evaluated", evaluated, 3, "evaluation", 1)]
BUFFERS = ("weight_u", "weight_v", "running_mean", "running_var")


def nhwc(x):
    return x.detach().permute(0, 2, 3, 1)


def inputs(net, batch):
    made = {}
    for line in net.lines:
        words = line.split()
        if words[2] == "input":
            h, w, c = map(int, words[3:])
            x = torch.randn(batch, c, h, w)
            made[words[0]] = ((x > -0.5) * 1.5 if words[0] == "mask" else x).float().double()
    return made


def penalise(net, values, target):
    """g, the penalty, and the gradients over x and the parameters."""
    x = values["x"].requires_grad_()
    trained = {(layer, name): value.requires_grad_() for layer, of in net.layers.items()
               for name, value in of.items() if name not in BUFFERS}
    score = net.run(**values)
    g, = torch.autograd.grad(score.sum(), x, create_graph=True)
    penalty = (g.flatten(1).square().sum(1).sqrt() - target).square().mean()
    w, = torch.autograd.grad(penalty, g, retain_graph=True)
    loss = (w.detach() * g).sum() + F.softplus(score).sum()
    grads = torch.autograd.grad(loss, [x, *trained.values()], allow_unused=True)
    return g, penalty, grads[0], {
        key: torch.zeros_like(value) if grad is None else grad
        for (key, value), grad in zip(trained.items(), grads[1:])}


def trace(name, make, batch, mode, target, tensors, texts):
    net = make()
    values = inputs(net, batch)
    for layer, of in net.layers.items():
        for key, value in of.items():
            tensors["%s.weight.%s.%s" % (name, layer, key)] = value.clone()
        if "weight_orig" in of:
            of.iterate()
    for key, value in values.items():
        tensors["%s.%s" % (name, key)] = nhwc(value)
    g, penalty, at_x, grads = penalise(net, values, target)
    for (layer, key), grad in grads.items():
        tensors["%s.gradient.%s.%s" % (name, layer, key)] = grad
    tensors[name + ".g"], tensors[name + ".at_x"] = nhwc(g), nhwc(at_x)
    tensors[name + ".loss"] = penalty.detach().reshape(1)
    texts.update({name + ".text": "; ".join(net.lines), name + ".mode": mode,
                  name + ".target": str(target)})


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "tangents.safetensors")
    tensors, texts = {}, {}
    torch.manual_seed(3)
    for row in NETS:
        trace(*row, tensors, texts)
    texts["nets"] = " ".join(row[0] for row in NETS)
    save_file({key: value.detach().float().contiguous() for key, value in tensors.items()}, path,
              texts)


main()
