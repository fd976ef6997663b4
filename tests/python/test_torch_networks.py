"""Networks of PyTorch's as models, and models as networks of PyTorch's."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import libgan  # noqa: E402
from libgan.torch import Module, from_torch, to_torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(1)


def sequential():
    norm = nn.utils.parametrizations.spectral_norm
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Sequential(
            norm(nn.Conv2d(8, 8, (3, 2), padding="same", padding_mode="reflect")),
            nn.Identity(),
            nn.GELU(),
        ),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(8 * 4 * 6, 5),
        nn.Hardtanh(),
    )


class Part(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        y = self.second(functional.relu(self.norm(self.first(x))))
        return functional.leaky_relu(x + y, 0.1)


class Tree(nn.Module):
    """What networks do with functions and operators."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2)
        self.parts = nn.Sequential(Part(6), Part(6))
        self.list = nn.ModuleList([nn.Conv2d(12, 4, 1), nn.Tanh()])
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        x = self.stem(x)
        y = torch.cat([x, self.parts(x)], dim=1)
        for each in self.list:
            y = each(y)
        y = functional.interpolate(y, scale_factor=2) * 0.5 + 1
        h = x.mean((2, 3))
        return self.head(h.view(h.size(0), -1)), torch.sigmoid(y * y)


def check_same(module, model, *shapes):
    module.eval()
    xs = [torch.randn(3, *shape) for shape in shapes]
    wanted = module(*xs)
    found = Module(model).eval()(*xs)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    for a, b in zip(found if isinstance(found, tuple) else (found,), wanted):
        assert torch.allclose(a.flatten(1), b.flatten(1), rtol=1e-3, atol=1e-4)


def test_a_sequential(ctx):
    net = sequential()
    net(torch.randn(4, 3, 8, 12))  # statistics
    model = from_torch(net, (3, 8, 12), context=ctx)
    assert net.training
    check_same(net, model, (3, 8, 12))
    plain = {libgan.model.plain_name(name) for name in net.state_dict()}
    assert set(model.parameters()) == plain
    model.load_state_dict(sequential().state_dict())


def test_a_tree_read_by_its_forward(ctx):
    net = Tree()
    model = from_torch(net, (3, None, None), context=ctx)
    for side in (9, 14):
        check_same(net, model, (3, side, side + 3))
    assert "parts.1.second.weight" in model.parameters()
    assert np.array_equal(
        model.read("parts.1.second.weight"), net.parts[1].second.weight.detach().numpy()
    )
    back = to_torch(model)
    state = {name: torch.as_tensor(value) for name, value in model.state_dict().items()}
    back.load_state_dict(state)
    check_same(back, model, (3, 9, 9))


@pytest.mark.parametrize(
    "net, shape, told",
    [
        (nn.LSTM(4, 4), (4,), r"module.1: torch.nn.LSTM has no like"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), (4,), "_WeightNorm"),
        (nn.BatchNorm1d(4, momentum=None), (4,), "momentum=None"),
        (nn.BatchNorm1d(4, track_running_stats=False), (4,), "track_running_stats=False"),
        (nn.GELU(approximate="tanh"), (4,), "approximate=tanh"),
        (nn.Softplus(beta=2), (4,), "beta=2"),
        (nn.Softmax(0), (4,), "dim=0"),
        (nn.Linear(6, 2), (4, 5, 6), "not flat"),
        (nn.LayerNorm(6), (4, 5, 6), "part of a sample"),
        (nn.MaxPool2d(2, ceil_mode=True), (4, 5, 6), "ceil_mode=True"),
        (nn.Conv2d(4, 2, 3, padding=1, padding_mode="circular"), (4, 5, 6), "circular"),
        (nn.AdaptiveAvgPool2d(2), (4, 5, 6), "output_size=2"),
        (nn.Upsample(scale_factor=1.5), (4, 6, 6), "scale"),
        (nn.Dropout2d(), (4, 5, 6), "torch.nn.Dropout2d has no like"),
        (nn.ELU(-1.0), (4,), r"torch.nn.ELU has no like in libgan \(elu: 'alpha' must be in"),
        (nn.LeakyReLU(1e9), (4,), r"torch.nn.LeakyReLU .*'slope' must be in"),
        (nn.BatchNorm1d(4, eps=0.0), (4,), r"torch.nn.BatchNorm1d .*eps=0 is not above 0\)$"),
        (nn.BatchNorm1d(4, momentum=2.0), (4,), r"torch.nn.BatchNorm1d .*'momentum' must be in"),
        (nn.GroupNorm(4, 4), (4,), r"torch.nn.GroupNorm .*more than one number in each group"),
        (nn.ZeroPad2d(-1), (4, 5, 6), r"torch.nn.ZeroPad2d .*'sides' must be in"),
        (nn.ReflectionPad2d(-1), (4, 5, 6), r"torch.nn.ReflectionPad2d .*'sides' must be in"),
        (nn.Conv2d(4, 2, 7), (4, 5, 6), r"torch.nn.Conv2d does not take \(4, 5, 6\)"),
        (nn.utils.spectral_norm(nn.Linear(4, 4), "bias"), (4,), "of another parameter"),
        (nn.utils.spectral_norm(nn.Linear(4, 4), dim=1), (4,), "over another dimension"),
        (
            nn.utils.spectral_norm(nn.ConvTranspose2d(4, 4, 3), dim=0),
            (4, 5, 6),
            "over another dimension",
        ),
    ],
)
def test_what_has_no_like_is_named(net, shape, told):
    with pytest.raises(libgan.UnsupportedError, match=told) as refusal:
        from_torch(nn.Sequential(nn.ReLU(), net), shape, check=False)
    assert str(refusal.value).startswith("module.1: ") and "(line " not in str(refusal.value)


def test_a_refusal_names_a_layer_of_a_part_and_a_function():
    inner = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh(), nn.ELU(-1.0)))
    with pytest.raises(libgan.UnsupportedError, match="module.0.1.1: torch.nn.ELU has no like"):
        from_torch(nn.Sequential(inner, nn.Tanh()), (4,))
    with pytest.raises(libgan.UnsupportedError, match=r"module: elu\(\) has no like"):
        from_torch(Odd(lambda m, x: functional.elu(x, -1.0)), (4,))
    with pytest.raises(libgan.UnsupportedError, match="scale_grad_by_freq"):
        from_torch(nn.Embedding(5, 3, scale_grad_by_freq=True))
    with pytest.raises(
        libgan.UnsupportedError, match=r"module: getitem\(\) has no like in libgan$"
    ):
        from_torch(Odd(lambda m, x: x[:, :2]), (4,))


class Odd(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.layer, self.function = nn.Linear(4, 4), function
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.function(self, self.layer(x))


@pytest.mark.parametrize(
    "function, told",
    [
        (lambda m, x: x * m.scale, "it uses scale without a layer"),
        (lambda m, x: m.layer(x), "module.layer: it is used twice"),
        (lambda m, x: torch.sin(x), r"sin\(\) has no like"),
        (lambda m, x: x if x.sum() > 0 else -x, "torch.fx cannot read it"),
        (lambda m, x: x * x.size(0), "its forward does more"),
    ],
)
def test_forwards_that_are_no_model(function, told):
    with pytest.raises(NotImplementedError, match=told):
        from_torch(Odd(function), (4,))


def test_to_torch_and_back(ctx):
    model = ctx.model("input 8; dense 4*4*6; batchnorm; relu; reshape 4 4 6; conv_transpose2d 3")
    net = to_torch(model)
    assert isinstance(net, nn.Sequential) and list(net.state_dict()) == model.parameters()
    check_same(net, model, (8,))
    check_same(net, from_torch(net, (8,)), (8,))


def test_a_network_of_pytorch_is_the_encoder_of_a_trainer(ctx, pictures):
    """Frozen, in the role `features`: its distance is PyTorch's, and it stays what it is."""
    encoder = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 3, 3, stride=2))
    for p in encoder.parameters():
        p.requires_grad_(False)
    features = from_torch(encoder, (1, 8, 8), context=ctx)
    before = features.state_dict()
    xy = ctx.model("input 8 8 1; conv2d 4 pad=1; relu; conv2d 1 pad=1")
    way = to_torch(xy)
    trainer = ctx.trainer(
        "translate batch=16 perceptual=10",
        xy=xy,
        discriminator_y=ctx.model("input 8 8 1; dense 1"),
        features=features,
        x=pictures,
        y=-pictures,
    )
    trainer.run(1)
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    wanted = functional.mse_loss(encoder(way(x)), encoder(x)).item()
    assert trainer.history["loss.perceptual.x"][0] == pytest.approx(wanted, rel=1e-4)
    trainer.run(5)
    after = features.state_dict()
    assert all(np.array_equal(after[name], value) for name, value in before.items())


def kinds_of(model):
    return [line.split()[0] for line in model.text.splitlines() if line]


def test_a_module_without_numbers_may_have_several_places(ctx):
    act, drop, both = nn.Hardtanh(-10, 10), nn.Dropout(0.5), nn.Sequential(nn.Tanh(), nn.ReLU())
    net = nn.Sequential(
        nn.Linear(4, 4), act, drop, both, nn.Linear(4, 4), act, drop, both, nn.Sequential(act)
    )
    with torch.no_grad():
        net[4].weight.mul_(100)
    model = from_torch(net, context=ctx)
    assert [kinds_of(model).count(kind) for kind in ("clamp", "dropout", "part")] == [3, 2, 3]
    assert set(model.parameters()) == set(net.state_dict())
    check_same(net, model, (4,))


class Again(nn.Module):
    """Modules in several places, and names that functions and inputs have too."""

    def __init__(self):
        super().__init__()
        self.x, self.add, self.act_1 = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.act = nn.Sequential(nn.ELU(), nn.Tanh())
        self.n1 = nn.SiLU()
        self.add_module("1", nn.Linear(4, 4))

    def forward(self, x):
        sums = x + self.act(x)
        y = self.add(self.act(self.x(sums))) + sums
        z = self.get_submodule("1")(y)
        return self.act(self.act_1(self.n1(z))) + z


def test_names_that_several_have(ctx):
    net = Again()
    model = from_torch(net, (4,), context=ctx)
    found = {name.split(".")[0] for name in model.parameters()}
    assert found == {"x", "add", "act_1", "n1_"}  # 1 is no label, n1 another's
    check_same(net, model, (4,))


def tied():
    a, b = nn.Linear(4, 4), nn.Linear(4, 4)
    b.weight = a.weight
    return nn.Sequential(a, nn.Tanh(), nn.Sequential(b))


def test_numbers_of_two_places_are_refused():
    first = nn.Linear(4, 4)
    for net in (tied(), nn.Sequential(first, nn.Tanh(), nn.Sequential(first))):
        with pytest.raises(libgan.UnsupportedError, match="module.2.0: its weight is .* module.0"):
            from_torch(net, check=False)


def test_numbers_of_another_type(ctx):
    norm = nn.utils.spectral_norm
    net = nn.Sequential(norm(nn.Linear(4, 6)), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2))
    x = torch.randn(8, 4)
    for kind in (torch.float64, torch.bfloat16, torch.float16):
        net = net.to(kind).train()
        net(x.to(kind)).sum().backward()
        model = from_torch(net, context=ctx)
        assert net[3].weight.dtype == kind and net.training
        wanted = net.eval()(x.to(kind)).detach().float()
        close = 1e-5 if kind == torch.float64 else 0.03
        np.testing.assert_allclose(model(x), wanted, rtol=close, atol=close)
    assert np.array_equal(model.read("3.weight"), net[3].weight.detach().float().numpy())


def test_shapes_with_sides_of_one(ctx):
    net = nn.Sequential(nn.Conv2d(3, 4, 4), nn.LayerNorm((4, 1, 1)))
    nn.init.normal_(net[1].weight)
    check_same(net, from_torch(net, (3, 4, 4), context=ctx), (3, 4, 4))


def test_outputs_that_are_zero_but_for_rounding(ctx):
    norm = (nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4))
    for tail in (nn.AdaptiveAvgPool2d(1), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Tanh())):
        from_torch(nn.Sequential(*norm, tail), (3, 8, 8), context=ctx)
    to_torch(ctx.model("input 8 8 3; affine 2 0; instancenorm; global_avgpool"))


@pytest.mark.parametrize("scale", [1, 1e-4, 1e-8])
def test_small_outputs_are_compared_too(scale):
    """0.3 % more is seen, however small the numbers are beside those inside."""
    with pytest.raises(libgan.UnsupportedError, match="its forward does more"):
        from_torch(Odd(lambda m, x: x * (scale * (1 + 0.003 * x.size(0)))), (4,))


def made_of(function):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return function(self.layer(x) * 8)

    return Net()


def test_bounds_of_a_clamp():
    x = torch.randn(64, 4)
    served = {
        "relu": (lambda y: torch.clamp(y, 0), lambda y: y.clamp(min=0), lambda y: y.clip(0)),
        "clamp": (lambda y: y.clamp(-1, 2), lambda y: torch.clip(y, min=-2, max=0)),
        "softmax": (lambda y: functional.softmax(y, dim=1), lambda y: functional.softmax(y, -1)),
    }
    for kind, functions in served.items():
        for function in functions:
            net = made_of(function)
            model = from_torch(net, (4,))
            assert model.text.split()[-1] == kind or f" {kind} " in model.text.replace("\n", " ")
            np.testing.assert_allclose(model(x), net(x).detach(), atol=1e-5)
    for function in (lambda y: y.clamp(max=1), lambda y: y.clamp(min=1), lambda y: y.clamp(2, 1)):
        with pytest.raises(libgan.UnsupportedError, match="clamp"):
            from_torch(made_of(function), (4,))


def made_of_sides():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(3, 4, 1)

        def forward(self, x):
            return self.layer(x) / x.shape[3]

    return Net()


def test_an_open_size_is_no_size():
    first = nn.Conv2d(3, 4, 3, padding=1)
    from_torch(nn.Sequential(first, nn.Upsample(scale_factor=2)))
    with pytest.raises(
        libgan.UnsupportedError, match=r"module.1: .*\(size=\(128, 128\) of 128x192"
    ):
        from_torch(nn.Sequential(first, nn.Upsample(size=(128, 128))))
    from_torch(nn.Sequential(first, nn.Upsample(size=(128, 128))), (3, 64, 64))
    with pytest.raises(libgan.UnsupportedError, match=r"truediv\(\) .* size, which is open"):
        from_torch(made_of_sides(), check=False)
    with pytest.raises(
        libgan.UnsupportedError, match=r"module.1: .* not take .* shape of a sample"
    ):
        from_torch(nn.Sequential(first, nn.AvgPool2d(65)))


def test_names_that_the_grammar_has_taken():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.output, self.define = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 2))

        def forward(self, x):
            return self.define(self.output(x) + x)

    net, x = Net(), torch.randn(3, 4)
    np.testing.assert_allclose(from_torch(net, (4,))(x), net(x).detach(), atol=1e-6)
    twice = nn.Sequential()
    twice.add_module("my-l", nn.Linear(4, 4))
    twice.add_module("my_l", nn.Linear(4, 4))
    with pytest.raises(libgan.UnsupportedError, match="my_l"):
        from_torch(twice)
    for layer in (nn.Hardtanh(0, float("inf")), nn.LeakyReLU(-0.5)):
        with pytest.raises(libgan.UnsupportedError):
            from_torch(nn.Sequential(nn.Linear(4, 4), layer))


MADE = {
    "residual of vector and 1x1 picture": "input 8; dense 6; residual { conv2d 6 pad=1 }",
    "residual with a 1x1 shortcut": "input 8; residual { dense 8 } { conv2d 8 kernel=1 }",
    "residual of a picture and 1x1": "input 8 8 4; residual { global_avgpool; dense 4; sigmoid }",
    "residual of 1x1 and a picture": "input 8 8 4; residual { global_avgpool } { conv2d 4 pad=1 }",
    "part of pictures on a vector": "define p { input 1 1 8; conv2d 4 kernel=1 };"
    "input 5; dense 8; part p",
    "part of vectors on a picture": "define p { input 8; dense 4 };"
    "input 4 4 3; conv2d 8 kernel=4; part p",
    "part of pictures on a flat one": "define p { input 1 1 8; layernorm };"
    "input 2 2 2; flatten; part p",
    "part on both": "define p { input 8; dense 8 }; input 2 2 2; flatten; part p; relu;"
    "conv2d 8 kernel=1; part p",
    "labels of helpers": "input 8 8 4; flat1 = relu; dense 3; flat1_ = dense 2",
    "labels of helpers to come": "input 8 8 4; conv2d 3 pad=0,1,1,0; pad0 = conv2d 2; dense 3",
    "label of pictures": "input 4; picture1 = dense 4; conv2d 3 kernel=1",
    "a label that is no shortcut": "input 4 4 3; residual { shortcut = relu; conv2d 3 pad=1 }",
    "layernorm of any size": "input any any 3; conv2d 4 pad=1; layernorm affine=no",
    "layernorm of vectors": "input 5; layernorm affine=no",
    "a large kernel": "input any any 1; conv2d 2 kernel=65; global_avgpool",
    "much pooling": "input any any 2; avgpool 40; avgpool 2",
    "a large kernel in a part": "define p { input any any 1; conv2d 2 kernel=65 };"
    "input any any 1; part p; tanh",
    "more outside than the stride": "input 5 6 3; conv_transpose2d 4 kernel=3x2 stride=1x2"
    " dilation=3 output_pad=2 pad=1,2,0,3 spectral=yes",
    "as much as one stride": "input 5; conv_transpose2d 2 kernel=2 dilation=2 output_pad=0x1",
}


@pytest.mark.parametrize("text", MADE.values(), ids=MADE)
def test_is_made_of_pytorch(ctx, text):
    model = ctx.model(text)
    net = to_torch(model)
    assert set(net.state_dict()) == set(model.parameters())
    for height, width, channels in model.ports.input_shapes:
        side = 80 if height < 0 else height
        shape = (channels, side, side if width < 0 else width)
        check_same(net, model, shape if (height, width) != (1, 1) else (channels,))
    for m in net.modules():  # what onnxruntime takes
        if isinstance(m, nn.ConvTranspose2d):
            assert all(more < step for more, step in zip(m.output_padding, m.stride))


@pytest.mark.parametrize("layer", ["embedding 5 3", "onehot 5"])
def test_pictures_of_class_numbers(ctx, layer):
    for sides in ("2 3", "any any"):
        model = ctx.model(f"input {sides} 1; {layer}; conv2d 2 kernel=2")
        x = np.random.default_rng(1).integers(0, 5, (4, 2, 3, 1))
        found = to_torch(model)(torch.from_numpy(x).permute(0, 3, 1, 2)).detach()
        np.testing.assert_allclose(found.permute(0, 2, 3, 1), model(x), atol=1e-6)


def test_texts_that_pytorch_cannot_have(ctx):
    for text, told in {
        "input any any 3; relu; conv2d 3 kernel=600": "1: conv2d does not take",
        "define a { input 4; dense 3 }; input 4; part a; a = dense 4": "a: two modules have",
        "input 4; residual { shortcut = dense 4 } { dense 4 }": "0.shortcut: two modules have",
    }.items():
        with pytest.raises(libgan.UnsupportedError, match=told):
            to_torch(ctx.model(text))
