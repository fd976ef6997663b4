"""libgan.torch.Module: the same as the equal module of PyTorch, and as well-behaved."""

import copy
import gc
import io
import pickle
import threading
import weakref

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

import libgan  # noqa: E402
from libgan import catalog  # noqa: E402
from libgan.torch import Module, from_torch, to_torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(1)


# Every kind of layer that PyTorch has, each where it matters whether it is right.
TEXTS = """
input 3 4 5; dense 7; tanh; dense 4 bias=no; sigmoid; dense 2 spectral=yes
input 9 8 3; conv2d 6 kernel=3x2 stride=2 pad=1,0,2,1; leaky_relu; conv2d 4 groups=2 dilation=2x1
input 9 8 3; conv2d 6 pad=reflect:1 bias=no; instancenorm affine=yes; conv2d 4 pad=replicate:2,1,0,1
input 7; conv_transpose2d 6 kernel=4; relu; conv_transpose2d 4 stride=2 pad=1 output_pad=1 groups=2
input 5 6 3; conv_transpose2d 4 kernel=4 stride=2 pad=1,0,0,1; batchnorm momentum=0.3; elu 0.7
input 5 6 4; pad reflect:1,2,0,1; groupnorm 2; upsample 2x3; avgpool 3 stride=2 pad=1 count_pad=no
input 5 6 4; maxpool 2 pad=1; pad 1,0,2,0; layernorm; upsample 2 mode=bilinear; silu; global_avgpool
input 5 6 4; upsample 2 mode=bilinear align_corners=yes; layernorm affine=no; gelu; pixel_shuffle 2
input 12; batchnorm affine=no; reshape 2 3 2; prelu per_channel=yes; softplus; sqrt; flatten; prelu
input 12; exp; clamp 0.5 1.5; affine 2 -0.5; square; dropout 0; softmax; layernorm; groupnorm 3
input 1; embedding 5 3; dense 4; tanh
input 1; onehot 5; dense 4
input a 5 6 2; input b 3; dense 2 from b; multiply from . a; x = tanh; concat from . b x
input a 5 6 2; input b 2; add from b a; x = tanh; add from x a; conv2d 3 kernel=2 spectral=yes
input 6 6 4; repeat 2 { residual { conv2d 4 pad=1; relu } { conv2d 4 kernel=1 } }
input 6 6 4; residual join=concat { conv2d 3 pad=1; batchnorm }; a = conv2d 2; b = relu; output a b
define p { input 4; dense 4; tanh }; input 4; part p; dense 4; part p
""".strip().splitlines()


def kinds_in(text):
    tree = libgan.Context(threads=1).model(text).text
    words = tree.replace("{", "\n").replace("}", "\n").splitlines()
    return {line.split(" = ")[-1].split()[0] for line in words if line.strip()}


def test_every_kind_is_in_a_text():
    used = set().union(*(kinds_in(text) for text in TEXTS))
    for kind in set(catalog.groups()["layer"]) - used:
        statement = {"noise": "noise 0.1"}.get(kind, kind)
        with pytest.raises(NotImplementedError, match=f"0: {kind} has no like in torch.nn"):
            to_torch(libgan.Context(threads=1).model(f"input 4 4 3; {statement}"))


def inputs_of(model, count=4, seed=3):
    made = torch.Generator().manual_seed(seed)
    shapes = [(h, w, c) for h, w, c in model.ports.input_shapes]
    if shapes == [(1, 1, 1)]:
        return [torch.randint(0, 5, (count,), generator=made)]
    sizes = [(c,) if h * w == 1 else (c, h, w) for h, w, c in shapes]
    return [torch.randn(count, *size, generator=made) for size in sizes]


def listed(made):
    return list(made) if isinstance(made, tuple) else [made]


def close(a, b, tolerance=2e-5):
    assert a.shape == b.shape
    a, b = a.detach(), b.detach()
    scale = max(1.0, float(b.abs().max())) if b.numel() else 1.0
    assert float((a.double() - b.double()).abs().max()) <= tolerance * scale


def backward(net, inputs, seed=5):
    """The outputs' gradients over inputs and parameters, by name."""
    given = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = listed(net(*given))
    made = torch.Generator().manual_seed(seed)
    loss = sum((y.flatten() * torch.randn(y.numel(), generator=made)).sum() for y in outputs)
    net.zero_grad()
    loss.backward()
    found = {str(i): x.grad for i, x in enumerate(given) if x.requires_grad}
    plain = libgan.model.plain_name
    found.update({plain(name): p.grad for name, p in net.named_parameters()})
    return [y.detach().flatten(1) for y in outputs], found


def check_equal(module, net, inputs):
    outputs, gradients = backward(module, inputs)
    wanted, right = backward(net, inputs)
    for y, x in zip(outputs, wanted):
        close(y, x)
    assert set(gradients) == set(right)
    for name, gradient in right.items():
        close(gradients[name], gradient, 1e-4)
    state = {libgan.model.plain_name(name): x for name, x in net.state_dict().items()}
    for name, value in module.state_dict().items():
        close(value, state[name].reshape(value.shape))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_is_the_equal_module(ctx, text, training):
    model = ctx.model(text)
    module, net = Module(model).train(training), to_torch(model).train(training)
    for seed in (3, 4):  # statistics go on
        check_equal(module, net, inputs_of(model, seed=seed))
    with torch.no_grad():
        for y, x in zip(listed(module(*inputs_of(model))), listed(net(*inputs_of(model)))):
            close(y.flatten(1), x.flatten(1))


def test_training_is_that_of_the_equal_module(ctx):
    net = nn.Sequential(nn.Conv2d(2, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    net.extend([nn.Flatten(), nn.Linear(4 * 3 * 4, 1)])
    module = Module(from_torch(net, (2, 5, 8), context=ctx))
    rules = [torch.optim.Adam(m.parameters(), lr=1e-2) for m in (net, module)]
    for step in range(5):
        x = torch.randn(6, 2, 5, 8, generator=torch.Generator().manual_seed(step))
        losses = []
        for m, rule in zip((net, module), rules):
            rule.zero_grad()
            losses.append((m(x) - 1).square().mean())
            losses[-1].backward()
            rule.step()
        close(losses[1], losses[0], 1e-4)
    for a, b in zip(module.state_dict().values(), net.state_dict().values()):
        close(a, b, 1e-3)


def test_gradcheck(ctx):
    module = Module(ctx.model("input 3 3 2; conv2d 3 pad=1; tanh; dense 2; sigmoid"))
    x = torch.randn(2, 2, 3, 3, requires_grad=True)
    weights = list(module.parameters())
    options = {"eps": 1e-2, "atol": 5e-3, "rtol": 1e-2, "nondet_tol": 0}

    def function(x, *given):
        names = [name for name, _ in module.named_parameters()]
        return torch.func.functional_call(module, dict(zip(names, given)), (x,))

    with pytest.warns(UserWarning, match="double precision"):
        assert torch.autograd.gradcheck(function, (x, *weights), **options)
    with pytest.warns(UserWarning, match="double precision"):
        assert torch.autograd.gradgradcheck(module, (x,), **options)


# ---- graphs ----


def penalty(net, x):
    x = x.clone().requires_grad_()
    score = net(x)
    (slope,) = torch.autograd.grad(score.sum() + score.square().mean(), x, create_graph=True)
    loss = (slope.flatten(1).norm(dim=1) - 1).square().mean() + score.mean()
    net.zero_grad()
    loss.backward()
    return [loss.detach(), slope.detach(), x.grad, *(p.grad for p in net.parameters())]


@pytest.mark.parametrize("training", [True, False])
def test_a_gradient_penalty(ctx, training):
    """Second derivatives, to input and parameters, through a seed that depends on the output."""
    model = ctx.model(
        "input 6 6 2; conv2d 4 stride=2 pad=1; silu; instancenorm; dense 5; tanh; dense 1"
    )
    module, net = Module(model).train(training), to_torch(model).train(training)
    x = torch.randn(3, 2, 6, 6)
    for a, b in zip(penalty(module, x), penalty(net, x)):
        close(a, b, 1e-4)


def test_what_has_no_second_derivative_says_so(ctx):
    module = Module(ctx.model("input 3; dense 4; batchnorm; tanh; dense 1"))
    x = torch.randn(4, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    with pytest.raises(libgan.UnsupportedError, match="batchnorm"):
        slope.sum().backward()
    plain = Module(ctx.model("input 3; dense 1"))
    (g,) = torch.autograd.grad(
        plain(x).square().sum(), [next(plain.parameters())], create_graph=True
    )
    with pytest.raises(NotImplementedError, match="those of parameters are not"):
        g.sum().backward()
    third = Module(ctx.model("input 3; dense 4; tanh; dense 1"))
    (a,) = torch.autograd.grad(third(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        (b,) = torch.autograd.grad(a.square().sum(), x, create_graph=True)
        b.sum().backward()


def test_several_forwards_before_one_backward(ctx):
    model = ctx.model("input 4; dense 8; batchnorm; tanh; dense 3")
    module, net = Module(model), to_torch(model)
    xs = [torch.randn(n, 4) for n in (5, 2, 5, 9, 3, 4)]
    for m in (module, net):
        m.zero_grad()
        ys = [m(x) for x in xs]
        sum(i * y.square().mean() for i, y in enumerate(reversed(ys))).backward()
    for a, b in zip(module.parameters(), net.parameters()):
        close(a.grad, b.grad, 1e-4)


def test_a_forward_of_a_forward(ctx):
    model = ctx.model("input 4; dense 4; tanh")
    module, net = Module(model), to_torch(model)
    x = torch.randn(3, 4)
    for m in (module, net):
        m(m(m(x))).sum().backward()
    for a, b in zip(module.parameters(), net.parameters()):
        close(a.grad, b.grad)


def test_graphs_are_kept_and_freed_as_others_are(ctx):
    module = Module(ctx.model("input 3; dense 2; tanh"))
    x = torch.randn(2, 3, requires_grad=True)
    y = module(x).sum()
    y.backward(retain_graph=True)
    first = x.grad.clone()
    y.backward()
    assert torch.equal(x.grad, 2 * first)
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def count_tapes():
    return sum(type(each) is libgan.Tape for each in gc.get_objects())


def test_memory_is_given_back(ctx):
    module = Module(ctx.model("input 3; dense 2; tanh"))
    x = torch.randn(2, 3)
    before = count_tapes()
    for _ in range(20):
        y = module(x).sum()
        y.backward()  # the graph is freed, though y is there
        assert len(module._engine._tapes) == 1
    assert count_tapes() == before + 1
    many = [module(x) for _ in range(30)]
    assert count_tapes() == before + 30
    del many
    assert count_tapes() <= before + 5 and len(module._engine._tapes) == 4
    with torch.no_grad():
        module(x)
    gone = weakref.ref(module)
    data = torch.zeros(2, 3)
    alive = weakref.ref(data)
    y = module(data)
    del module, data, y
    assert gone() is None and alive() is None and count_tapes() == before


def test_a_step_between_forward_and_backward(ctx):
    module = Module(ctx.model("input 3; dense 2; tanh"))
    rule = torch.optim.SGD(module.parameters(), lr=1.0)
    x = torch.randn(4, 3)

    wanted = torch.autograd.grad(module(x).square().sum(), list(module.parameters()))
    y, z = module(x).square().sum(), module(x).square().sum()
    for loss in (y, z):
        rule.zero_grad()
        loss.backward(retain_graph=True)
        rule.step()
        module(x)
    y.backward()  # the graph has the numbers of its forward
    for p, gradient in zip(module.parameters(), wanted):
        close(p.grad, 2 * gradient)
    model = module._engine.model
    del y, z, loss
    rule.step()
    module(x)
    assert module._engine.model is model  # nobody needs the old numbers


def test_an_input_changed_in_place(ctx):
    module = Module(ctx.model("input 3; dense 2"))
    x = torch.randn(4, 3)
    y = module(x).sum()
    x.add_(1)
    with pytest.raises(libgan.StateError, match="modified in place"):
        y.backward()


def test_parts_of_a_graph(ctx):
    """Outputs that are not used, inputs that nothing depends on, parameters that are frozen."""
    module = Module(
        ctx.model("input a 3; input b 2; x = dense 2 from a; y = dense 2 from b; output x y")
    )
    a, b = torch.randn(4, 3, requires_grad=True), torch.randn(4, 2, requires_grad=True)
    x, y = module(a, b=b)
    x.sum().backward()
    assert not b.grad.any() and a.grad.any()
    assert not y.requires_grad or module(a, b)[1].grad_fn is not None
    module.requires_grad_(False)
    assert not module(a.detach(), b.detach())[0].requires_grad
    a.grad = None
    module(a, b)[0].sum().backward()
    close(a.grad, module.get_parameter("x.weight").sum(0).expand(4, 3))
    module.get_parameter("y.bias").requires_grad_(True)
    module.zero_grad()
    sum(each.sum() for each in module(a, b)).backward()
    assert module.get_parameter("y.bias").grad.tolist() == [4, 4]
    assert module.get_parameter("x.bias").grad is None


def test_checkpoints(ctx):
    model = ctx.model("input 4; dense 8; tanh; dense 4")
    module, net = Module(model), to_torch(model)
    x = torch.randn(3, 4, requires_grad=True)
    net(x.tanh()).sum().backward()
    wanted = x.grad.clone()
    for reentrant in (False, True):
        x.grad = None
        checkpoint(lambda x: module(x.tanh()), x, use_reentrant=reentrant).sum().backward()
        close(x.grad, wanted)
    with torch.autograd.graph.save_on_cpu():
        x.grad = None
        module(x.tanh()).sum().backward()
    close(x.grad, wanted)


def test_threads(ctx):
    model = ctx.model("input 4; dense 8; tanh; dense 4")
    module, net = Module(model), to_torch(model)
    xs = [torch.randn(5, 4) for _ in range(24)]
    faults = []

    def work(part):
        try:
            for x in part:
                module(x).sum().backward()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(xs[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    for x in xs:
        net(x).sum().backward()
    for a, b in zip(module.parameters(), net.parameters()):
        close(a.grad, b.grad, 1e-4)
    parallel = nn.DataParallel(module)
    close(parallel(xs[0]), net(xs[0]))


# ---- parameters ----


def test_parameters_are_those_of_pytorch(ctx):
    """However they are changed, and in whatever way they come."""
    module = Module(ctx.model("input 2; dense 1"))
    weight = module.get_parameter("0.weight")
    x = torch.ones(1, 2)

    def holds():
        wanted = module.get_parameter("0.weight").sum() + module.get_parameter("0.bias").sum()
        assert module(x).item() == pytest.approx(wanted.item(), abs=1e-6)
        with torch.no_grad():
            assert module.eval()(x).item() == pytest.approx(wanted.item(), abs=1e-6)
        module.train()

    holds()
    with torch.no_grad():
        weight.mul_(2)
    holds()
    weight.data.clamp_(-0.01, 0.01)  # as critics of Wasserstein do: without a new version
    holds()
    weight.detach().numpy()[:] = 3
    holds()
    weight.data = torch.full((1, 2), 5.0)
    holds()
    module.load_state_dict({"0.weight": torch.ones(1, 2), "0.bias": torch.ones(1)})
    holds()
    module.get_submodule("0").weight = nn.Parameter(torch.full((1, 2), 7.0))
    holds()
    module.load_state_dict({"0.weight": torch.ones(1, 2), "0.bias": torch.ones(1)}, assign=True)
    holds()
    weight.data.fill_(float("nan"))
    module.double()
    holds()
    module.bfloat16().float()
    holds()
    with pytest.raises(RuntimeError, match="0.bias"):
        module.load_state_dict({"0.weight": torch.ones(1, 2)})
    made = torch.func.functional_call(module, {"0.weight": torch.zeros(1, 2)}, (x,))
    assert made.item() == module.get_parameter("0.bias").item()
    holds()


def test_parametrisations(ctx):
    model = ctx.model("input 3; dense 2; tanh")
    module, net = Module(model), to_torch(model)
    for m in (module, net):
        nn.utils.parametrizations.weight_norm(m.get_submodule("0"), "weight")
    x = torch.randn(4, 3)
    for m in (module, net):
        m(x).sum().backward()
    own = dict(module.named_parameters())
    for name, p in net.named_parameters():
        close(own[name].grad, p.grad)


def test_copies(ctx):
    module = Module(ctx.model("input 2; dense 2; batchnorm; tanh"))
    module(torch.randn(8, 2)).sum().backward()
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    others = [copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    others.append(torch.load(file, weights_only=False))
    x = torch.randn(4, 2)
    module.eval()
    for other in others:
        other.eval()
        assert torch.equal(other(x), module(x))
        with torch.no_grad():
            other.get_parameter("0.weight").zero_()
        assert not torch.equal(other(x), module(x))
        other(x).sum().backward()
    assert torch.equal(copy.copy(module)(x), module(x))


def test_a_parameter_of_two_modules(ctx):
    a, b = (Module(ctx.model(f"input 3; dense 3; {last}")) for last in ("tanh", "dense 2"))
    b.get_submodule("0").weight = a.get_submodule("0").weight
    rule = torch.optim.SGD({id(p): p for m in (a, b) for p in m.parameters()}.values(), lr=0.1)
    x = torch.randn(4, 3)
    (a(x).sum() + b(x).sum()).backward()
    shared = a.get_parameter("0.weight")
    before, gradient = shared.detach().clone(), shared.grad.clone()
    rule.step()
    close(shared.detach(), before - 0.1 * gradient)
    assert torch.equal(a(x), b.get_submodule("0").weight.new_tensor(a(x).tolist()))
    models = [m.to_model().read("0.weight") for m in (a, b)]
    assert np.array_equal(*models) and np.array_equal(models[0], shared.detach().numpy())


def test_models_that_share_a_part_are_left_alone(ctx):
    trunk = ctx.model("input 3; dense 3")
    model = ctx.model("input 3; part trunk; dense 1", trunk=trunk)
    before = trunk.read("0.weight")
    module = Module(model)
    with torch.no_grad():
        module.get_parameter("trunk.0.weight").zero_()
    module(torch.ones(1, 3)).sum().backward()
    assert np.array_equal(trunk.read("0.weight"), before)
    assert not trunk.gradients()["0.weight"].any()
    assert not module.to_model().read("trunk.0.weight").any()


def test_labels_that_modules_have(ctx):
    model = ctx.model("input 3; train = dense 3; forward = dense 3; layout = dense 1")
    module = Module(model)
    assert list(module.state_dict()) == model.parameters()
    close(module.eval()(torch.ones(1, 3)), torch.from_numpy(np.asarray(model(np.ones((1, 3))))))
    assert "dense 3" in repr(module) and Module("input 3; dense 2")(torch.ones(1, 3)).shape == (
        1,
        2,
    )


# ---- inputs ----


def test_layouts(ctx):
    model = ctx.model("input 5 6 3; conv2d 4 pad=1")
    module = Module(model)
    x = torch.randn(2, 3, 5, 6)
    y = module(x)
    assert y.shape == (2, 4, 5, 6) and y.is_contiguous()
    last = module(x.to(memory_format=torch.channels_last))
    assert torch.equal(last, y) and last.is_contiguous(memory_format=torch.channels_last)
    nhwc = Module(model, layout="NHWC")
    close(nhwc(x.permute(0, 2, 3, 1).contiguous()).permute(0, 3, 1, 2), y, 1e-7)
    with torch.no_grad():
        for given in (x, x.to(memory_format=torch.channels_last)):
            made = module.eval()(given)
            assert torch.equal(made, y) and made.stride() == module.train()(given).stride()
    for odd in (
        torch.randn(2, 3, 6, 5).transpose(2, 3),
        torch.randn(4, 3, 5, 12)[::2, :, :, ::2],
        torch.randn(2, 3, 5, 1).expand(2, 3, 5, 6),
        torch.randn(1, 3, 5, 6).flip(0),
    ):
        odd = odd.detach().requires_grad_()
        made = module(odd)
        close(made, module(odd.detach().contiguous()))
        (g,) = torch.autograd.grad(made.sum(), odd)
        plain = odd.detach().contiguous().requires_grad_()
        close(g, torch.autograd.grad(module(plain).sum(), plain)[0])
    with pytest.raises(ValueError, match="NCHW or NHWC"):
        Module(model, layout="CHW")


def test_channels_last_is_not_copied(ctx):
    module = Module(ctx.model("input 5 6 3; conv2d 4 pad=1"))
    x = torch.randn(2, 3, 5, 6).to(memory_format=torch.channels_last)
    y = module(x)
    x.data.zero_()  # unseen by versions: so the tape must see it
    (g,) = torch.autograd.grad(y.sum(), [module.get_parameter("0.weight")])
    assert not g.any()


def test_types(ctx):
    module = Module(ctx.model("input 3; dense 2"))
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        x = torch.ones(2, 3, dtype=dtype, requires_grad=True)
        y = module(x)
        y.sum().backward()
        assert y.dtype == torch.float32 and x.grad.dtype == dtype
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert module(nn.Linear(3, 3)(torch.ones(2, 3))).dtype == torch.float32
    pictures = Module(ctx.model("input 2 2 1; affine"))
    assert pictures(torch.full((1, 1, 2, 2), 255, dtype=torch.uint8)).tolist() == [[[[1, 1]] * 2]]
    assert module(np.ones((2, 3), np.float32)).shape == (2, 2)
    with torch.inference_mode():
        assert module(torch.ones(2, 3)).shape == (2, 2)
        assert module.eval()(torch.ones(2, 3)).shape == (2, 2)
    table = Module(ctx.model("input 1; embedding 5 3"))
    assert table(torch.tensor([4, 0])).shape == (2, 3)
    with pytest.raises(libgan.ArgumentError, match="5"):
        table(torch.tensor([5]))


def test_errors(ctx):
    module = Module(ctx.model("input 3; dense 2"))
    with pytest.raises(ValueError, match="input 0: it is on meta"):
        module(torch.ones(2, 3, device="meta"))
    with pytest.raises(libgan.ShapeError):
        module(torch.ones(2, 4))
    with pytest.raises(TypeError, match="1 inputs .unnamed., 2 given"):
        module(torch.ones(2, 3), torch.ones(2, 3))
    with pytest.raises(ValueError, match="0.weight: it is on meta"):
        copy.deepcopy(module).to("meta")(torch.ones(2, 3))
    with pytest.raises(TypeError, match="a Model or a text"):
        Module(3)
    module.get_submodule("0").weight = nn.Parameter(torch.ones(2, 4))
    with pytest.raises(libgan.ShapeError):
        module(torch.ones(2, 3))
    module.get_submodule("0").weight = nn.Parameter(torch.ones(2, 3))
    assert module(torch.ones(2, 3)).shape == (2, 2)


def test_compiled(ctx):
    module = Module(ctx.model("input 3; dense 2"))
    x = torch.ones(2, 3)
    made = torch.compile(module, backend="eager")
    assert torch.equal(made(x), module(x))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_statistics_of_another_float(dtype):
    module = Module("input 4 4 3; batchnorm; conv2d 2 kernel=1").to(dtype).train()
    plain = nn.BatchNorm2d(3).train()
    for _ in range(3):
        x = torch.randn(8, 3, 4, 4) + 3
        module(x.to(dtype))
        plain(x.to(dtype).float())
    found = module.state_dict()["0.running_mean"]
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), plain.running_mean, rtol=2e-2, atol=2e-2)
