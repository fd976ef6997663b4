"""The tape, optimisers, and objectives of one's own."""

import numpy as np
import pytest
from conftest import DISCRIMINATOR, GENERATOR

import libgan


def test_an_objective_of_numpy(ctx):
    """d/dW of 1/2 |W x + b|^2, from a seed."""
    model = ctx.model("input 4; dense 3")
    x = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
    with ctx.tape() as tape:
        y = tape.apply(model, tape.input(x))
        assert y.shape == (5, 1, 1, 3) and len(y) == 5
        seed = np.asarray(y).reshape(5, 3)
        tape.backward(y, seeds=seed, models=[model])
    gradients = model.gradients()
    np.testing.assert_allclose(gradients["0.weight"], seed.T @ x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients["0.bias"], seed.sum(0), rtol=1e-5)
    model.zero_gradients()
    assert not model.gradients()["0.weight"].any()


def test_arithmetic(ctx):
    tape = ctx.tape()
    a = tape.input(np.array([[1.0, 2.0], [3.0, 4.0]]), gradient=True)
    b = tape.input(np.array([[5.0, 6.0], [7.0, 8.0]]))

    def of(value):
        return np.asarray(value).reshape(-1, 2).tolist()

    assert of(a + b) == [[6, 8], [10, 12]] and of(b - a) == [[4, 4]] * 2
    assert of(2 * a) == of(a * 2) == [[2, 4], [6, 8]] and of(-a / 2) == [[-0.5, -1], [-1.5, -2]]
    assert of(a[1:]) == [[3, 4]] and of(tape.join(a, b[:1])) == [[1, 2], [3, 4], [5, 6]]
    total = tape.loss("mse", a, target=1) + 0.5 * tape.loss("sum", b)
    assert float(total) == pytest.approx(3.5 + 13) and total.item() == float(total)
    tape.backward(total)
    assert a.gradient.reshape(2, 2).tolist() == [[0, 0.5], [1, 1.5]]
    assert of(tape.layer("affine", a, scale=2, shift=1)) == [[3, 5], [7, 9]]
    with pytest.raises(libgan.StateError):
        _ = b.gradient
    with pytest.raises(TypeError):
        _ = a + 1
    with pytest.raises(ValueError, match="another tape"):
        ctx.tape().join(a)


def test_values_end_with_the_block(ctx):
    with ctx.tape() as tape:
        z = tape.normal(3, 6)
        first = z.numpy()
    with pytest.raises(libgan.ArgumentError):
        z.numpy()
    assert first.std() > 0.1 and tape.draws == 1
    tape.draws = 0
    assert np.array_equal(tape.normal(3, 6).numpy(), first)
    assert abs(tape.uniform(9, 9).numpy()).max() <= 1


def test_an_array_lives_until_the_reset(ctx):
    tape = ctx.tape()
    x = np.ones((2, 4), np.float32)
    value = tape.input(x)
    del x
    trash = [np.zeros((2, 4), np.float32) for _ in range(100)]
    assert value.numpy().all() and len(trash) == 100


def test_a_gan_by_hand_is_groups_of_one(ctx, pictures):
    g, d = ctx.model(GENERATOR), ctx.model(DISCRIMINATOR)
    rule = ctx.optimizer("adam", [d], lr=1e-2, beta1=0.5)
    tape, losses = ctx.tape(), []
    for _ in range(30):
        with tape:
            fake = tape.apply(g, tape.normal(16, 6), mode="training frozen")
            real, made = tape.apply(d, tape.input(pictures), fake, mode="training groups=2")
            loss = tape.loss("softplus sign=-1", real) + tape.loss("softplus", made)
            tape.backward(loss, models=[d])
            losses.append(float(loss))
        rule.step()
        rule.zero()
    assert losses[-1] < 0.5 * losses[0]
    assert rule.steps == 30 and rule.rate == pytest.approx(1e-2) and rule.norm > 0


def test_a_penalty_by_tangents(ctx):
    """d/dw of (|grad_x w.x| - 1)^2 for a linear critic: 2 (|w| - 1) w / |w|."""
    critic = ctx.model("input 3; dense 1 bias=no")
    w = critic.read("0.weight")[0]
    with ctx.tape() as tape:
        x = tape.input(np.ones((1, 3))).leaf()
        score = tape.apply(critic, x)
        tape.backward(score)
        g = x.take_gradient().leaf()
        penalty = tape.loss("gradient_penalty", g)
        tape.backward(penalty)
        along = tape.tangent(score, x, g.take_gradient())
        tape.backward(tape.loss("sum", along), models=[critic])
    norm = np.linalg.norm(w)
    wanted = 2 * (norm - 1) * w / norm
    np.testing.assert_allclose(critic.gradients()["0.weight"][0], wanted, rtol=1e-4)


def test_optimiser_state_goes_on_to_the_same_bits(ctx):
    def train(model, rule, steps):
        for i in range(steps):
            with ctx.tape() as tape:
                y = tape.apply(model, tape.input(np.full((2, 3), i + 1.0)))
                tape.backward(tape.loss("mse", y), models=[model])
            rule.step()
            rule.zero()

    model = ctx.model("input 3; dense 2")
    rule = ctx.optimizer("adam", model)
    late = ctx.model("input 3; dense 2")
    train(model, rule, 3)
    train(rule.add(late) and late, rule, 1)  # leaves `model` out
    assert rule.parameter_steps(model, "0.bias") == 3 and rule.parameter_steps(late, "0.bias") == 1
    both = [(model, model.copy()), (late, late.copy())]
    again = ctx.optimizer(rule.text, [other for _, other in both])
    again.load_state_dict(rule.state_dict())
    for old, other in both:
        train(old, rule, 3)
        train(other, again, 3)
        assert np.array_equal(old.read("0.weight"), other.read("0.weight"))
    assert set(rule.moments()) == {"exp_avg", "exp_avg_sq"}
    rule.rate = 0.5
    assert "lr=0.5" in rule.text


def test_numbers_of_numpy_leave_a_value_a_value(ctx):
    tape = ctx.tape()
    v = tape.input(np.ones((2, 4), np.float32))
    for made in (np.float64(2) * v, v * np.float32(2), v + np.float64(1) * v):
        assert isinstance(made, libgan.Value) and (np.asarray(made) == 2).all()
    with pytest.raises(TypeError):
        v + np.ones((2, 4), np.float32)
