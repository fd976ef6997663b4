"""Arrays of PyTorch and JAX go in and come out over the same memory, and live as long as whoever
needs them."""

import gc
import itertools
import threading

import numpy as np
import pytest

import libgan


class Torch:
    def __init__(self):
        self.torch = pytest.importorskip("torch")

    def make(self, array):
        return self.torch.from_numpy(array.copy())

    def take(self, tensor):
        return self.torch.from_dlpack(tensor)

    def address(self, x):
        return x.data_ptr()


class Jax:
    def __init__(self):
        self.jax = pytest.importorskip("jax")

    def make(self, array):
        return self.jax.numpy.asarray(array)

    def take(self, tensor):
        return self.jax.dlpack.from_dlpack(tensor)

    def address(self, x):
        return x.unsafe_buffer_pointer()


@pytest.fixture(params=[Torch, Jax])
def peer(request):
    return request.param()


NUMBERS = np.arange(60, dtype=np.float32).reshape(3, 4, 5)


def address(tensor):
    return tensor.__array_interface__["data"][0]


def test_in_without_a_copy(ctx, peer):
    x = peer.make(NUMBERS)
    tensor = ctx.tensor(x)
    assert address(tensor) == peer.address(x)
    assert np.array_equal(tensor, NUMBERS)
    model = ctx.model("input 5; dense 2")
    assert np.array_equal(model(x[0]), model(NUMBERS[0]))


def test_what_a_library_lends_lives_as_long_as_the_tensor(ctx, peer):
    x = peer.make(NUMBERS)
    tensor = ctx.tensor(x)
    view = tensor.slice(0, 1, 2)
    del x, tensor
    gc.collect()
    _ = [peer.make(np.zeros_like(NUMBERS)) for _ in range(50)]
    assert np.array_equal(view, NUMBERS[1:])


def test_what_is_lent_lives_as_long_as_its_taker(peer):
    with libgan.Context(threads=1) as ctx:
        model = ctx.model("input 5; dense 2")
        made = model(NUMBERS[0])
        wanted = np.array(made)
        taken = peer.take(made)
        assert peer.address(taken) == address(made) or isinstance(peer, Jax)  # it aligns to 64
    del model, made, ctx
    gc.collect()
    assert np.array_equal(np.asarray(taken), wanted)


def test_deletion_in_any_order(peer):
    for order in itertools.permutations(("context", "tensor", "array")):
        ctx = libgan.Context(threads=1)
        tensor = ctx.tensor(peer.make(NUMBERS))
        taken = peer.take(tensor)
        held = {"context": ctx, "tensor": tensor, "array": taken}
        del ctx, tensor, taken
        for name in order:
            del held[name]
            if "array" in held:
                assert np.array_equal(np.asarray(held["array"]), NUMBERS)
            if "tensor" in held:
                assert np.array_equal(held["tensor"], NUMBERS)


def test_let_go_on_another_thread_and_in_a_cycle(ctx, peer):
    tensors = [ctx.tensor(peer.make(NUMBERS)) for _ in range(20)]
    threads = [threading.Thread(target=lambda: tensors.pop()) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cycle = [ctx.tensor(peer.make(NUMBERS))]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert len(tensors) == 10 and all(np.array_equal(t, NUMBERS) for t in tensors)


def test_arrays_of_jax_are_not_written(ctx):
    jax = pytest.importorskip("jax")
    x = jax.numpy.ones((3, 5))
    assert ctx.tensor(x).read_only and address(ctx.tensor(x)) == x.unsafe_buffer_pointer()
    with pytest.raises(ValueError, match="read-only"):
        ctx.model("input 5; dense 5")(x, out=x)
    half = x.astype(jax.numpy.bfloat16) / 3
    assert np.array_equal(ctx.tensor(half), np.asarray(half).astype(np.float32))
    model = ctx.model("input 5; dense 3")
    state = {name: jax.numpy.asarray(v, "bfloat16") for name, v in model.state_dict().items()}
    assert model.load_state_dict(state) == ([], [])
    assert np.array_equal(model.read("0.weight"), np.asarray(state["0.weight"]).astype("float32"))


def test_strides_and_types_of_torch(ctx):
    torch = pytest.importorskip("torch")
    model = ctx.model("input 4 5 3; conv2d 2")
    x = torch.randn(2, 3, 4, 5)
    wanted = np.asarray(model(x.numpy().transpose(0, 2, 3, 1).copy()))
    assert np.array_equal(model(x.permute(0, 2, 3, 1)), wanted)
    last = x.to(memory_format=torch.channels_last).permute(0, 2, 3, 1)
    assert address(ctx.tensor(last)) == last.data_ptr()
    assert np.array_equal(model(last), wanted)
    half = x.permute(0, 2, 3, 1).bfloat16()
    assert np.array_equal(model(half), model(half.float()))
    out = torch.zeros(2, 2, 2, 3).permute(0, 2, 3, 1)
    model(last, out=out)
    assert np.array_equal(out.numpy(), wanted)
