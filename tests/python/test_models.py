"""Models: called, read and written by PyTorch's names, saved and loaded."""

import copy
import json
import pickle

import numpy as np
import pytest
from conftest import DISCRIMINATOR, GENERATOR

import libgan

TWO = """input a 4; input b 3; x = concat from a b; dense 5 from x; y = tanh; dense 2 from y
output y ."""


def dense(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def test_a_call_is_what_the_layers_say(ctx):
    model = ctx.model("input 4; dense 8; tanh; dense 3")
    state = model.state_dict()
    x = np.random.default_rng(2).standard_normal((5, 4))
    wanted = dense(np.tanh(dense(x, state, "0")), state, "2")
    np.testing.assert_allclose(model(x), wanted, atol=1e-6)


def test_several_inputs_and_outputs(ctx):
    model = ctx.model(TWO)
    a, b = np.ones((6, 4), np.float32), np.full((6, 3), 2, np.float32)
    hidden, result = model(a, b)
    assert hidden.shape == (6, 5) and result.shape == (6, 2)
    for call in ({"a": a, "b": b}, {"b": b, "a": a}):
        assert np.array_equal(model(**call)[1], result)
    assert np.array_equal(model(a, b=b)[1], result)
    out = [np.empty((6, 5), np.float32), np.empty((6, 2), np.float32)]
    model(a, b, out=out)
    assert np.array_equal(out[1], result)
    with pytest.raises(TypeError, match="2 inputs .a, b., 1 given"):
        model(a)
    with pytest.raises(TypeError, match="unknown input 'c'"):
        model(a, c=b)
    with pytest.raises(TypeError, match="unknown input 'a'"):
        model(a, a=b)


@pytest.mark.parametrize("count", [0, 1, 3, 63, 64, 65, 200])
def test_any_number_of_samples(ctx, count):
    model = ctx.model(GENERATOR)
    z = np.random.default_rng(3).standard_normal((count, 6)).astype(np.float32)
    if count == 0:
        with pytest.raises(libgan.ShapeError):
            model(z)
        return
    whole = np.asarray(model(z))
    assert whole.shape == (count, 8, 8, 1)
    single = np.concatenate([np.asarray(model(z[i : i + 1])) for i in range(count)])
    assert np.array_equal(whole, single)
    bytes_ = model(z, dtype="uint8")
    assert np.array_equal(bytes_, np.rint((whole + 1) * 127.5).astype(np.uint8))


def test_open_sizes(ctx):
    model = ctx.model("input any any 3; conv2d 2 kernel=3 pad=1")
    for height, width in ((8, 8), (5, 9), (1, 1), (8, 8), (16, 3), (7, 7), (2, 2)):
        assert model(np.zeros((2, height, width, 3))).shape == (2, height, width, 2)


def test_a_run_sees_new_weights(ctx):
    model = ctx.model("input 2; dense 1")
    before = model(np.ones((1, 2))).item()
    model.write("0.bias", model.read("0.bias") + 1)
    assert model(np.ones((1, 2))).item() == pytest.approx(before + 1)


def test_state_dict_and_back(ctx):
    model = ctx.model("input 4; dense 3; batchnorm; conv2d 2 kernel=1 spectral=yes")
    state = model.state_dict()
    assert list(state) == model.parameters()
    assert state["0.weight"].shape == (3, 4) and state["1.num_batches_tracked"].dtype == np.int64
    assert model.is_trained("0.weight") and not model.is_trained("1.running_mean")
    other = ctx.model(model.text)
    assert not np.array_equal(other.read("0.weight"), state["0.weight"])
    assert other.load_state_dict(state) == ([], [])
    for name, value in other.state_dict().items():
        assert np.array_equal(value, state[name])
    state["0.weight"][...] = 0  # a copy
    assert other.read("0.weight").any()


def test_strict_and_not(ctx):
    model = ctx.model("input 4; dense 3")
    before = model.state_dict()
    extra = dict(before, surplus=np.zeros(3))
    with pytest.raises(libgan.FormatError, match="surplus"):
        model.load_state_dict(extra)
    with pytest.raises(libgan.FormatError, match="bias"):
        model.load_state_dict({"0.weight": np.ones((3, 4))})
    with pytest.raises(libgan.FormatError, match="0.weight"):
        model.load_state_dict(dict(before, **{"0.weight": np.ones((4, 3))}))
    assert np.array_equal(model.read("0.weight"), before["0.weight"])
    loaded = model.load_state_dict({"0.weight": np.ones((3, 4)), "x": 1}, strict=False)
    assert loaded.missing_keys == ["0.bias"] and loaded.unexpected_keys == ["x"]
    assert model.read("0.weight").all() and np.array_equal(model.read("0.bias"), before["0.bias"])


def test_both_forms_of_spectral_norm(ctx):
    model = ctx.model("input 4; dense 3 spectral=yes")
    state = model.state_dict()
    new = {
        "0.bias": state["0.bias"],
        "0.parametrizations.weight.original": state["0.weight_orig"] + 1,
        "0.parametrizations.weight.0._u": state["0.weight_u"],
        "0.parametrizations.weight.0._v": state["0.weight_v"],
    }
    for strict in (True, False):
        model.load_state_dict(state)
        assert model.load_state_dict(new, strict=strict) == ([], [])
        assert np.array_equal(model.read("0.weight_orig"), state["0.weight_orig"] + 1)


def test_files(ctx, tmp_path):
    model = ctx.model(GENERATOR)
    model.set_note("about", "clothes")
    path = tmp_path / "model ü.safetensors"
    model.save(path)
    z = np.ones((2, 6))
    for other in (libgan.load(path), libgan.loads(path.read_bytes()), ctx.load(path)):
        assert np.array_equal(other(z), model(z)) and other.note("about") == "clothes"
    assert model.note("nothing") is None
    assert path.read_bytes() == model.saves()
    bare = ctx.model(GENERATOR)
    bare.load_weights(path)
    assert np.array_equal(bare(z), model(z))


def test_what_is_written_for_load_state_dict_is_safetensors(ctx):
    data = libgan.model.safetensors({"a": np.ones((2, 3), np.float32), "b": np.arange(2)})
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    assert header["a"]["shape"] == [2, 3] and header["b"]["dtype"] == "I64"
    assert size % 8 == 0 and len(data) == 8 + size + 24 + 16


def test_copies(ctx):
    model = ctx.model("input 2; dense 1")
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other is not model and other != model and other.text == model.text
        assert np.array_equal(other.read("0.weight"), model.read("0.weight"))
        other.write("0.bias", np.array([9.0]))
        assert model.read("0.bias") != 9


def test_parts_and_models_by_hand(ctx):
    trunk = ctx.model("input 4; dense 4; relu")
    a = ctx.model("input 4; part trunk; dense 2", trunk=trunk)
    b = ctx.model("input 4; part trunk; dense 3", trunk=trunk)
    a.write("trunk.0.bias", np.full(4, 5.0))
    assert (b.read("trunk.0.bias") == 5).all() and (trunk.read("0.bias") == 5).all()
    hand = ctx.model()
    layer = ctx.layer("dense", features=2)
    hand.add(ctx.layer("input 4")).add(layer)
    assert hand(np.zeros((1, 4))).shape == (1, 2)
    hand.add(ctx.layer("relu"))  # after a run
    layer.write("bias", np.array([-9.0, 9.0]))
    assert hand(np.zeros((1, 4))).tolist() == [[0, 9]]
    assert layer.state_dict()["weight"].shape == (2, 4)
    assert hand.layer("0").kind == layer.kind == "dense" and hand.layer("0") == layer
    with pytest.raises(KeyError):
        hand.layer("9")


def test_runners_share_a_model(ctx):
    model = ctx.model(GENERATOR)
    other = libgan.Context(threads=1)
    runner = other.runner(model, batch=4)
    z = np.ones((4, 6))
    assert np.array_equal(runner(z), model(z))
    assert runner.input_shapes == [(1, 1, 6)] and runner.output_shapes == [(8, 8, 1)]
    with pytest.raises(libgan.ShapeError):
        runner(np.ones((5, 6)))
    model.write("0.bias", np.zeros(24))
    runner.update()
    assert np.array_equal(runner(z), model(z))


def test_classes_go_in_as_numbers(ctx):
    model = ctx.model("input 1; embedding 5 3")
    table = model.read("0.weight")
    assert np.array_equal(model(np.array([4, 0])), table[[4, 0]])
    with pytest.raises(libgan.ArgumentError):
        model(np.array([5]))


def test_gradients_and_clamp(ctx):
    model = ctx.model(DISCRIMINATOR)
    assert all(not g.any() for g in model.gradients().values())
    model.clamp(-0.01, 0.01)
    assert max(np.abs(model.read(n)).max() for n in model.parameters()) <= np.float32(0.01)
    assert model.weight_count == sum(model.read(n).size for n in model.parameters())


def test_many_samples_are_what_few_are(ctx):
    model = ctx.model("input 6; dense 6; tanh; dense 6")
    x = np.random.default_rng(3).standard_normal((200, 6)).astype(np.float32)
    wanted = np.array(model(x))
    reversed_ = x.copy()
    model(reversed_, out=reversed_[::-1])
    assert np.array_equal(reversed_[::-1], wanted)
    shifted = np.zeros((201, 6), np.float32)
    shifted[:200] = x
    model(shifted[:200], out=shifted[1:])
    assert np.array_equal(shifted[1:], wanted)
    added = ctx.model("input a 4; input b 4; add from a b")
    for count in (10, 100):
        with pytest.raises(libgan.ShapeError):
            added(np.ones((count, 4)), np.ones((count + 30, 4)))
        for other in (count - 5, count + 5):
            out = np.full((other, 6), 9, np.float32)
            with pytest.raises(libgan.ShapeError):
                model(x[:count], out=out)
            assert (out == 9).all()
