"""What `tacit.laws` refuses, and what it says of a start that is special."""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tacit
from tacit import flows, losses
from tacit.conservation import Metric, Multiplicative, refute, Symmetry
from tacit.errors import DataError, TacitError
from tacit.networks import AbstractNetwork, DeepLinear, MLP
from tests.present import present


LINEAR = DeepLinear.gaussian((2, 2, 2))
RANDOM = np.random.default_rng(0)


class Own(AbstractNetwork):
    a: jax.Array
    b: jax.Array

    def __call__(self, x):
        return self.a @ jax.nn.relu(self.b @ x)


OWN = Own(
    jnp.asarray(RANDOM.standard_normal((1, 2))),
    jnp.asarray(RANDOM.standard_normal((2, 2))),
)


def noisy(theta):
    return theta * RANDOM.standard_normal()


def narrow(theta):
    return theta.astype("float32")


def numpy_only(theta):
    return np.asarray(theta) * 1.0


SIGNS, CURVED = flows.SignDescent(0.1), Metric(jnp.exp)
BAD = {
    "no shapes": (lambda: tacit.laws(lambda t: t[0] * t[1]), "at="),
    "nothing": (lambda: tacit.laws(lambda t: t, at=()), "no parameters"),
    "float32": (lambda: tacit.laws(jnp.prod, at=np.ones(3, np.float32)), "float32"),
    "nan": (lambda: tacit.laws(jnp.prod, at=np.array([1.0, np.nan])), "finite"),
    "infinite": (lambda: tacit.laws(lambda t: 1 / (t - t), at=np.ones(2)), "finite"),
    "random map": (lambda: tacit.laws(noisy, at=np.ones(2)), "two values"),
    "narrow": (lambda: tacit.laws(narrow, at=np.ones(2)), "float32"),
    "no jax": (lambda: tacit.laws(numpy_only, at=np.ones(2)), "jax.numpy"),
    "too large": (lambda: tacit.laws(jnp.prod, at=np.ones(4000)), "GB.*largest"),
    "degree": (lambda: tacit.laws(LINEAR, degree=0), "degree"),
    "no features": (lambda: tacit.laws(OWN), "inputs="),
    "odd features": (lambda: tacit.laws(OWN, inputs=0), "from 1 on"),
    "odd sample": (lambda: tacit.laws(OWN, inputs=np.full((2, 2), np.nan)), "finite"),
    "kink": (lambda: tacit.laws(OWN, inputs=np.zeros((3, 2))), "kink"),
    "loss of one": (lambda: tacit.laws(LINEAR, losses.Fisher()), "outputs"),
    "unknown flow": (lambda: tacit.laws(LINEAR, flow=SIGNS), "SignDescent"),
    "exact metric": (lambda: tacit.laws(LINEAR, flow=CURVED, exact=True), "polynomial"),
    "exact tanh": (lambda: tacit.laws(MLP.he_normal((2, 2, 1)), exact=True), "tanh"),
    "momentum": (lambda: Multiplicative("heavy"), "dual"),
    "unknown block": (lambda: refute("norm2(Q)", LINEAR), "Q is no block"),
    "no number": (lambda: refute("W1", LINEAR), "one number"),
    "code": (lambda: refute("W1.size", LINEAR), "no part"),
    "outside": (lambda: refute("W1[5,0]", LINEAR), "outside"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_and_the_way_out_named(name):
    call, words = BAD[name]
    with pytest.raises(TacitError, match=words):
        call()


def test_a_special_start_is_said_and_a_generic_one_offered():
    special = DeepLinear([np.zeros((2, 2)), np.diag([1.0, 0.0])])
    found = tacit.laws(special)
    assert found.count == 3, "counts are those of generic points"
    assert "special" in "".join(found.notes)
    generic = DeepLinear(list(found.point))
    assert not tacit.laws(generic).notes


def test_what_is_no_polynomial_is_counted_but_not_called_proved():
    found = tacit.laws(lambda t: jnp.exp(t[0]) * t[1:], at=np.array([0.1, 0.2, 0.3]))
    assert found.count == 1
    assert found.status == "counted"
    assert "exp" in found.notes[0]


def test_a_count_that_rounding_may_hide_is_not_given():
    def scaled(by):
        return tacit.laws(
            lambda t: jnp.stack([t[0] * t[1], by * jnp.exp(t[2]) * t[3]]), at=np.ones(4)
        )

    assert (scaled(1e-3).count, scaled(1e-3).status) == (2, "counted")
    hidden = scaled(1e-12)
    assert (hidden.count, hidden.status) == (None, "undetermined")
    assert "no gap" in hidden.notes[-1]
    assert hidden.to_json()["count"] is None
    assert "undetermined" in str(hidden)


def test_an_own_network_is_seen_at_drawn_inputs_or_on_a_sample():
    assert tacit.laws(OWN, inputs=2).count == 2
    few = tacit.laws(OWN, inputs=RANDOM.standard_normal((1, 2)))
    assert present(few.count) > 2, "one row shows less than all, so more seems kept"
    with pytest.raises(DataError, match="finite"):
        tacit.laws(eqx.tree_at(lambda n: n.a, OWN, OWN.a.at[0].set(jnp.inf)), inputs=2)


def test_more_symmetry_never_means_fewer_laws():
    counts = [
        present(tacit.laws(DeepLinear.gaussian((4, 3, 2)), symmetry).count)
        for symmetry in (Symmetry(), Symmetry(scale=True), Symmetry(linear=True))
    ]
    assert counts == sorted(counts) == [6, 7, 9]


LINES = {
    ("--network", "deep-linear", "--widths", "3,4,2"): (0, "10 (certified"),
    ("--network", "attention", "--latex"): (0, r"Q^\top Q - K^\top K"),
    ("--network", "mlp", "--json"): (0, '"schema": "tacit.laws/1"'),
    ("--network", "mlp", "--heads", "2"): (2, "takes no heads"),
    ("--network", "mpl"): (2, "Did you mean 'mlp'"),
    ("--network", "diagonal", "--widths", "3,x"): (2, "whole numbers"),
    ("--network", "diagonal", "--widths", "3"): (2, "features, depth"),
    ("--network", "mlp", "--refute", "norm2(W1)"): (1, "not conserved"),
}  # fmt: skip


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_on_the_command_line(words, capsys):
    from tacit.cli import main

    code, text = LINES[words]
    argv, sys.argv = sys.argv, ["tacit", "laws", *words]
    try:
        with pytest.raises(SystemExit) as left:
            main()
    finally:
        sys.argv = argv
    assert left.value.code == code
    captured = capsys.readouterr()
    assert text in (captured.out if code < 2 else captured.err)


def test_of_a_pytorch_model():
    torch = pytest.importorskip("torch")
    from tacit.bridges.torch import laws

    relu = torch.nn.ReLU()
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), relu, torch.nn.Linear(4, 2))
    found = laws(model.double(), torch.zeros(5, 3, dtype=torch.float64))
    assert (found.count, found.certified) == (4, True)
    with pytest.raises(TacitError, match="does not take"):
        laws(model, torch.zeros(5, 7, dtype=torch.float64))
