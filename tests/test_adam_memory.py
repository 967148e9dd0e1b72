"""Main and correction at a point, against differentiation of the moves themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from tacit.errors import DataError, OptionError
from tacit.memory import adam_memory, heavy_ball_memory


RNG = np.random.default_rng(1203)
X, Y = (jnp.asarray(RNG.standard_normal(s)) for s in ((5, 6, 4), (5, 6)))
THETA = {
    "in": jnp.asarray(RNG.standard_normal((2, 4))),
    "out": [jnp.asarray(RNG.standard_normal(2))],
}
FLAT, BACK = ravel_pytree(THETA)
ORDER = np.concatenate([RNG.permutation(5) for _ in range(4)])[:17]
MOVES = {
    "Adam": {},
    "outside, uncorrected": {"inside": False, "corrected": False},
}
FORMS = ["direct", "grouped"]


def loss(theta, b):
    outputs = jnp.tanh(X[b] @ theta["in"].T) @ theta["out"][0]
    return 0.5 * jnp.mean((outputs - Y[b]) ** 2)


def flat(tree):
    return np.asarray(ravel_pytree(tree)[0])


def slope_at(points):
    def one(point, b):
        return jax.grad(lambda at: loss(BACK(at), b))(point)

    return jax.vmap(one)(points, jnp.asarray(ORDER))


def adam_move(gradients, *, inside=True, corrected=True):
    """The move as published, of all the gradients so far."""
    m = v = np.zeros(len(FLAT))
    for g in gradients:
        m, v = 0.75 * m + 0.25 * g, 0.85 * v + 0.15 * g**2
    if corrected:
        m, v = m / (1 - 0.75 ** len(gradients)), v / (1 - 0.85 ** len(gradients))
    return m / (v + 1e-2) ** 0.5 if inside else m / (v**0.5 + 1e-2)


def velocity(gradients):
    """The last move of heavy ball over the step."""
    v = np.zeros(len(FLAT))
    for g in gradients:
        v = 0.8 * v + g
    return v


def by_differentiation(move):
    """Main and correction from the definition, one derivative for every past point."""
    T, still = len(ORDER), np.tile(FLAT, (len(ORDER), 1))
    G = np.asarray(jax.jit(slope_at)(still))
    moves = np.stack([move(G[: k + 1]) for k in range(T - 1)])
    between = np.concatenate([np.cumsum(moves[::-1], axis=0)[::-1], 0 * moves[:1]])

    def last(points):
        return move(slope_at(points))

    return jax.jit(lambda x, d: jax.jvp(last, (x,), (d,)))(still, between)


@pytest.mark.parametrize("options", MOVES.values(), ids=MOVES)
def test_adam_is_the_derivative_of_its_moves(options):
    wanted = by_differentiation(lambda G: adam_move(G, **options))
    for form in FORMS:
        found = adam_memory(loss, ORDER, THETA, 0.75, 0.85, 1e-2, form=form, **options)
        for ours, theirs in zip(found, wanted, strict=True):
            off = np.abs(flat(ours) - theirs).max() / np.abs(theirs).max()
            assert off < 1e-13


def test_heavy_ball_is_the_derivative_of_its_moves():
    wanted = by_differentiation(velocity)
    for form in FORMS:
        found = heavy_ball_memory(loss, ORDER, THETA, 0.8, form=form)
        for ours, theirs in zip(found, wanted, strict=True):
            off = np.abs(flat(ours) - theirs).max() / np.abs(theirs).max()
            assert off < 1e-13


def test_nesterov_is_the_second_order_of_its_loop():
    """The move itself, at steps so short that the third order cannot be seen."""

    slope = jax.jit(jax.grad(loss))

    def moved(eta):
        # Backwards from here: the iterates that the memoryless moves came through.
        theta, v, path = FLAT, jnp.zeros_like(FLAT), []
        for b in ORDER:
            path.append(theta)
            g = slope(BACK(theta + 0.8 * v), b)
            g = ravel_pytree(g)[0]
            v = 0.8 * v - eta * g
            theta = theta + v
        return path[-1], v

    errors = []
    for eta in (1e-3, 5e-4):
        at, v = moved(eta)
        for form in FORMS:
            main, correction = heavy_ball_memory(
                loss, ORDER, BACK(at), 0.8, nesterov=True, form=form
            )
            errors.append(
                np.abs(v + eta * flat(main) + eta**2 * flat(correction)).max()
            )
    first, second = errors[0], errors[2]
    np.testing.assert_allclose(errors[::2], errors[1::2], rtol=1e-6)
    assert abs(np.log2(first / second) - 3) < 0.1


def test_a_list_of_losses_is_the_function_of_their_number():
    each = [lambda theta, b=b: loss(theta, b) for b in range(5)]
    for form in FORMS:
        found = adam_memory(each, ORDER, THETA, 0.75, 0.85, 1e-2, form=form)
        wanted = adam_memory(loss, ORDER, THETA, 0.75, 0.85, 1e-2)
        np.testing.assert_allclose(
            flat(found.correction), flat(wanted.correction), rtol=1e-12
        )


def test_the_first_move_has_no_past():
    main, correction = adam_memory(loss, [3], THETA, eps=0.0)
    g = flat(jax.grad(loss)(THETA, 3))
    np.testing.assert_allclose(flat(main), np.sign(g), rtol=1e-14)
    assert not flat(correction).any()


BAD = {
    "beta1 1": lambda: adam_memory(loss, ORDER, THETA, 1.0),
    "beta2 negative": lambda: adam_memory(loss, ORDER, THETA, 0.9, -0.1),
    "beta NaN": lambda: heavy_ball_memory(loss, ORDER, THETA, float("nan")),
    "eps negative": lambda: adam_memory(loss, ORDER, THETA, eps=-1.0),
    "no order": lambda: adam_memory(loss, [], THETA),
    "order of floats": lambda: adam_memory(loss, np.zeros(2), THETA),
    "no such batch": lambda: adam_memory(loss, [0, 5], THETA, count=5),
    "batch -1": lambda: adam_memory(loss, [0, -1], THETA, count=5),
    "0 over 0": lambda: adam_memory(
        [lambda t: t[0] ** 2] * 2, [0, 1], np.ones(2), eps=0.0
    ),
    "not finite": lambda: adam_memory([lambda t: jnp.log(t[0])], [0], np.zeros(1)),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_bad_input_is_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 40


def test_an_unknown_form_is_refused():
    with pytest.raises(OptionError, match="form is one of"):
        adam_memory(loss, ORDER, THETA, form="dense")
