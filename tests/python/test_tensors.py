"""Arrays go in and out without copies, and live as long as somebody needs them."""

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import libgan
from libgan import tensor as module


def test_a_tensor_shares_memory_both_ways(ctx):
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    shared = ctx.tensor(array)
    array[1, 2, 3] = -5
    assert shared[1, 2, 3] == -5 and np.shares_memory(np.asarray(shared), array)
    np.asarray(shared)[0, 0, 0] = 9
    assert array[0, 0, 0] == 9
    assert np.from_dlpack(shared)[0, 0, 0] == 9
    assert shared.__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32", "int64"])
def test_any_strides_go_in_as_they_are(ctx, dtype):
    base = np.arange(2 * 3 * 4 * 5, dtype=dtype).reshape(2, 3, 4, 5)
    for view in (base.transpose(0, 2, 3, 1), base[:, ::-1], base[:, ::2, 1:, ::-2], base[:0]):
        shared = ctx.tensor(view)
        assert shared.shape == view.shape and shared.dtype == view.dtype
        assert np.array_equal(np.asarray(shared), view)
        assert not view.size or np.shares_memory(np.asarray(shared), base)
        copy = ctx.empty(*view.shape, dtype=dtype)
        copy.copy_from(shared)  # the library reads the strides as NumPy does
        assert np.array_equal(copy, view)
    repeated = np.broadcast_to(base[:1], base.shape)
    assert ctx.tensor(repeated).strides[0] == 0


@pytest.mark.parametrize(
    "given, taken",
    [
        ("float64", "float32"),
        ("float16", "float32"),
        ("int8", "int32"),
        ("int16", "int32"),
        ("uint16", "int32"),
        ("uint32", "int64"),
        ("bool", "uint8"),
        (">f4", "float32"),
        (">i8", "int64"),
        (">f8", "float32"),
    ],
)
def test_other_types_are_converted(ctx, given, taken):
    array = np.array([0, 1, 1, 0, 1]).astype(given)
    made = ctx.tensor(array)
    assert made.dtype == taken and made.tolist() == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("array", [np.zeros(3, complex), np.zeros(3, "U2"), np.zeros(3, object)])
def test_types_that_are_none(ctx, array):
    with pytest.raises(TypeError, match="none that libgan takes"):
        ctx.tensor(array)
    with pytest.raises(TypeError, match="uint64"):
        ctx.tensor(np.zeros(3, np.uint64))


def test_odd_memory_is_copied(ctx):
    packed = np.zeros(5, dtype=[("a", "u1"), ("b", "f4")])
    packed["b"] = range(5)
    assert ctx.tensor(packed["b"]).tolist() == [0, 1, 2, 3, 4]


def test_a_tensor_is_an_operand(ctx):
    made = ctx.tensor(np.array([[1, 2], [3, 4]], np.float32))
    assert ((made + 1) * made).tolist() == [[2, 6], [12, 20]]
    assert np.mean(made) == 2.5 and len(made) == 2 and made.size == 4 and made.ndim == 2
    assert (made == 3).tolist() == [[False, False], [True, False]]
    made[0] = 7
    assert made.transpose()[0].tolist() == [7, 3] and made.slice(1, 1, 1).tolist() == [[7], [4]]
    assert float(made[1, 1]) == 4 and float(ctx.tensor(np.float32(2))) == 2
    assert np.asarray(made, np.int64).dtype == np.int64
    with pytest.raises(ValueError, match="copy"):
        made.__array__(np.int64, copy=False)


def test_the_array_lives_as_long_as_the_tensor(ctx):
    array = np.ones((4, 4), np.float32)
    alive = weakref.ref(array)
    shared = ctx.tensor(array)
    view = shared.slice(0, 1, 2)
    del array, shared
    gc.collect()
    assert alive() is not None and view.tolist() == [[1] * 4] * 2
    del view
    gc.collect()
    assert alive() is None and not module._held


def test_an_array_outlives_its_tensor_and_context():
    ctx = libgan.Context(threads=1)
    made = ctx.empty(1000, 1000)
    array, pack = np.asarray(made), np.from_dlpack(made)
    made[...] = 3
    ctx.close()
    del ctx, made
    gc.collect()
    assert array.sum() == 3e6 and pack.sum() == 3e6


def test_garbage_in_cycles(ctx):
    class Node:
        pass

    for _ in range(50):
        node = Node()
        node.self, node.array = node, np.zeros(1000, np.float32)
        node.tensor = ctx.tensor(node.array)
        node.view = np.asarray(node.tensor)
    del node
    gc.collect()
    assert not module._held


def test_a_tensor_ends_on_another_thread(ctx):
    box = [ctx.tensor(np.zeros(10, np.float32))]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    gc.collect()
    assert not module._held


def test_what_is_written_to(ctx):
    model = ctx.model("input 4; dense 3")
    x = np.ones((5, 4), np.float32)
    wanted = np.asarray(model(x))
    out = np.zeros((3, 5), np.float32).T
    result = model(x, out=out)
    assert np.array_equal(out, wanted) and np.shares_memory(np.asarray(result), out)
    tensor = ctx.empty(5, 3)
    assert model(x, out=tensor) is tensor and np.array_equal(tensor, wanted)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        model(x, out=out)
    with pytest.raises(TypeError, match="float64"):
        model(x, out=np.zeros((5, 3)))
    with pytest.raises(libgan.ShapeError):
        model(x, out=np.zeros((4, 3), np.float32))


def test_calls_in_a_loop_see_the_arrays_of_each(ctx):
    model = ctx.model("input 4; dense 3")
    runner = ctx.runner(model, batch=8)
    weight, bias = (model.read(name) for name in ("0.weight", "0.bias"))
    rng = np.random.default_rng(5)
    room, written = rng.standard_normal((40, 8)).astype(np.float32), np.zeros((8, 3), np.float32)
    for i in range(60):  # the same memory, by turns in other shapes and strides
        x = [room[i % 9 :][:8, :4], room[:8, ::2], room[8:16, 4:], room[: 1 + i % 8, :4]][i % 4]
        room += 1
        for call in (model, runner):
            wanted, out = x @ weight.T + bias, written[: len(x)]
            result = call(x, out=out)
            assert np.allclose(np.asarray(call(x)), wanted, atol=1e-3)
            assert np.array_equal(out, np.asarray(call(x)))
            assert np.shares_memory(np.asarray(result), out)
            assert len(call._views._known) <= call._views._MOST
    written.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        runner(room[:8, :4], out=written)


def test_a_call_keeps_no_array_but_its_result_does(ctx):
    model = ctx.model("input 4; dense 3")
    x, out = np.ones((5, 4), np.float32), np.zeros((5, 3), np.float32)
    given, written = weakref.ref(x), weakref.ref(out)
    result = model(x, out=out)
    del x, out
    gc.collect()
    assert given() is None and np.array_equal(np.asarray(result), written())
    del result
    gc.collect()
    assert written() is None


def test_read_only_arrays_go_in(ctx):
    x = np.ones((5, 4), np.float32)
    x.flags.writeable = False
    assert ctx.model("input 4; dense 3")(x).shape == (5, 3)


class Lender:
    """An array of another library."""

    def __init__(self, array, versions=True):
        self.array, self.versions, self.lent = array, versions, 0

    def __dlpack__(self, **arguments):
        if not self.versions and arguments:
            raise TypeError("unexpected keyword")
        self.lent += 1
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return (1, 0)


@pytest.mark.parametrize("versions", [True, False])
def test_what_other_libraries_lend(ctx, versions):
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4).copy()
    alive = weakref.ref(array)
    for view in (array, array.transpose(2, 0, 1), array[::-1, :, ::2], array[1, 2, 3:][0:1]):
        made = ctx.tensor(Lender(view, versions))
        assert np.array_equal(made, view) and np.shares_memory(np.asarray(made), array)
    del view
    half = ctx.tensor(Lender(array.astype(np.float16), versions))
    assert half.dtype == "float32" and np.array_equal(half, array)
    with pytest.raises(NotImplementedError, match="uint64"):
        ctx.tensor(Lender(np.zeros(3, np.uint64), versions))
    out = Lender(np.zeros((5, 3), np.float32), versions)
    model = ctx.model("input 4; dense 3")
    result = model(Lender(np.ones((5, 4), np.float32), versions), out=out)
    assert np.shares_memory(np.asarray(result), out.array) and out.array.any()
    with pytest.raises(TypeError, match="shares its memory"):
        model(np.ones((5, 4)), out=Lender(np.zeros((5, 3)), versions))
    with pytest.raises(TypeError, match="shares its memory"):
        model(np.ones((5, 4)), out=[[0] * 3] * 5)
    shared = np.asarray(made)
    del made, array, result
    gc.collect()
    assert alive() is not None and shared.size == 1
    del shared
    gc.collect()
    assert alive() is None


def test_read_only_memory_stays_so(ctx):
    array = np.ones((2, 3), np.float32)
    array.flags.writeable = False
    for made in (ctx.tensor(array), ctx.tensor(Lender(array))):
        assert made.read_only and not np.asarray(made).flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            made[0, 0] = 2
        with pytest.raises(ValueError, match="read-only"):
            ctx.model("input 3; dense 3")(np.ones((2, 3)), out=made)
    assert not ctx.empty(2).read_only
    whole = ctx.tensor(array)
    for view in (whole.slice(0, 0, 1), whole.transpose()):  # the library's own ways to it
        assert view.read_only and not np.asarray(view).flags.writeable
        with pytest.raises(libgan.ArgumentError, match="read-only"):
            view.copy_from(np.zeros(view.shape))
    copy = np.from_dlpack(Lender(whole, versions=False))  # what cannot be told has a copy
    assert np.array_equal(copy, array) and not np.shares_memory(copy, array)
    with pytest.raises(BufferError):
        whole.__dlpack__(copy=False)
    runner = ctx.runner(ctx.model("input 3; dense 3"))
    with pytest.raises(libgan.ArgumentError, match="read-only"):
        runner.run([ctx.empty(1, 3)], [whole.slice(0, 0, 1)])
    assert array.all() and np.shares_memory(np.asarray(whole), array)
    alive = weakref.ref(array)
    del array, made, whole, view
    gc.collect()
    assert alive() is None


class Guarded(Lender):
    """Arrays that must not be written, lent by the struct that cannot say so; NumPy is told."""

    def __init__(self, array):
        super().__init__(array, versions=False)

    def __array__(self, dtype=None, copy=None):
        view = self.array.view()
        view.flags.writeable = False
        return view


def test_what_only_numpy_is_told_of(ctx):
    array = np.ones((2, 3), np.float32)
    made = ctx.tensor(Guarded(array))
    assert np.shares_memory(np.asarray(made), array)
    assert made.read_only and made.slice(0, 0, 1).read_only
    with pytest.raises(ValueError, match="read-only"):
        ctx.model("input 3; dense 3")(np.ones((2, 3)), out=Guarded(array))
    assert array.all()


def test_small_floats_of_others_become_float32(ctx):
    types = pytest.importorskip("ml_dtypes")
    model = ctx.model("input 4; dense 3")
    state = {name: x.astype(types.bfloat16) for name, x in model.state_dict().items()}
    model.load_state_dict(state)
    for name, value in state.items():
        assert np.array_equal(model.read(name), value.astype(np.float32))
    assert ctx.tensor(np.ones(3, types.float8_e4m3fn)).dtype == "float32"


def test_tensors_of_torch(ctx):
    torch = pytest.importorskip("torch")
    x = torch.randn(2, 3, 4, 5)
    for view in (x, x.permute(0, 2, 3, 1), x[:, ::2]):
        made = ctx.tensor(view)
        assert np.asarray(made).__array_interface__["data"][0] == view.data_ptr()
        assert np.array_equal(made, view.numpy())
    assert np.array_equal(ctx.tensor(x.bfloat16()), x.bfloat16().float().numpy())
    model = ctx.model("input 4; dense 3")
    y = torch.from_dlpack(model(torch.ones(5, 4)))
    assert y.shape == (5, 3) and torch.equal(torch.as_tensor(np.asarray(model(np.ones((5, 4))))), y)
    out = torch.zeros(5, 3)
    model(torch.ones(5, 4), out=out)
    assert torch.equal(out, y)
    with pytest.raises((BufferError, RuntimeError), match="require"):
        ctx.tensor(torch.ones(3, requires_grad=True))
    net = torch.nn.Linear(4, 3)
    model.load_state_dict({f"0.{name}": value for name, value in net.state_dict().items()})
    torch.testing.assert_close(torch.from_dlpack(model(torch.ones(5, 4))), net(torch.ones(5, 4)))
    net.load_state_dict({k[2:]: torch.as_tensor(v) for k, v in model.state_dict().items()})
    model.load_state_dict({f"0.{k}": v for k, v in net.bfloat16().named_parameters()})
    assert np.array_equal(model.read("0.bias"), net.bias.detach().float().numpy())


def test_npy_files(ctx, tmp_path):
    array = np.arange(6, dtype=np.int64).reshape(2, 3)
    ctx.tensor(array).save(tmp_path / "a.npy")
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)
    assert np.array_equal(ctx.load_tensor(tmp_path / "a.npy"), array)


@pytest.mark.parametrize("end", ["", "sys.modules['keeps'] = node", "sys.exit(0)", "del t, node"])
def test_the_end_of_the_interpreter_is_quiet(end):
    program = """
import numpy as np, libgan, sys, time
class Endless:
    def __len__(self): return 1000
    def __getitem__(self, i):
        time.sleep(0.001)
        return np.zeros((8, 8, 1), np.float32)
ctx = libgan.Context(threads=2)
g = ctx.model("input 6; dense 64; tanh; reshape 8 8 1")
d = ctx.model("input 8 8 1; dense 1")
t = ctx.trainer("gan", generator=g, discriminator=d, real=ctx.dataset(Endless()))
t.step()
x = ctx.tensor(np.zeros(9)); y = np.asarray(g(np.zeros((2, 6))))
node = [t, x, y]; node.append(node)
"""
    program += end
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_views_of_what_out_returned_keep_its_memory(ctx):
    model = ctx.model("input 4; dense 4; tanh")
    x = np.random.default_rng(5).standard_normal((5000, 4)).astype(np.float32)
    wanted = np.array(model(x))

    def made():
        return model(x, out=np.empty((5000, 4), np.float32))

    kept = [made().transpose().transpose(), made().slice(0, 0, 5000), ctx.tensor(made())]
    data, tape = ctx.dataset(vector=made()), ctx.tape()
    value = tape.input(made())
    gc.collect()
    filled = [np.full((5000, 4), 7, np.float32) for _ in range(8)]  # where it would lie
    assert all(np.array_equal(view, wanted) for view in kept)
    assert np.array_equal(data.read("vector", range(5000)), wanted)
    assert np.array_equal(np.asarray(value).reshape(5000, 4), wanted)
    assert len(filled) == 8


def test_numpy_takes_a_tensor_wherever_it_takes_an_array(ctx):
    t = ctx.tensor(np.ones(3, np.float32))
    where = ctx.tensor(np.array([1, 0, 1], np.uint8))
    with pytest.raises(TypeError, match="bool"):
        np.add(t, 1, where=where, out=np.zeros(3, np.float32))
