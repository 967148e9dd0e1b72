"""Bridges to other libraries: what they measure, and what is said without them."""

import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tacit
from tacit.errors import DataError, MissingExtraError


RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.standard_normal((24, 3)), RNG.standard_normal(24)
W1, W2 = RNG.standard_normal((5, 3)), RNG.standard_normal((1, 5))


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def model(torch):
    """The network of `W1` and `W2`, tanh in between."""
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 5, bias=False),
        torch.nn.Tanh(),
        torch.nn.Linear(5, 1, bias=False),
        torch.nn.Flatten(0),
    ).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(W1))
        net[2].weight.copy_(torch.tensor(W2))
    return net


def half_square(outputs, targets):
    return ((outputs - targets) ** 2).mean() / 2


def tensors(torch, *arrays):
    return tuple(torch.tensor(array) for array in arrays)


def loader(torch, size=7):
    """All samples, in batches of `size` and a remainder."""
    return [
        (torch.tensor(INPUTS[i : i + size]), torch.tensor(TARGETS[i : i + size]))
        for i in range(0, len(INPUTS), size)
    ]


@pytest.mark.parametrize("vectorised", [True, False])
def test_noise_scale_is_that_of_the_observable(torch, model, vectorised):
    scale = tacit.bridges.torch.noise_scale
    found = scale(model, half_square, loader(torch), vectorised=vectorised)
    risk = tacit.Risk(tacit.Problem(INPUTS, TARGETS), tacit.losses.Squared())
    network = tacit.networks.MLP([W1, W2])
    at = tacit.Snapshot(network, network, risk, jnp.zeros(()))
    wanted = jax.jit(tacit.observables.NoiseScale().measure)(at)
    assert found.samples == len(INPUTS)
    assert found.scale == pytest.approx(float(wanted), rel=1e-12)


def test_without_bias_it_is_right_on_average_over_parts(torch):
    """Over all samples of two, the parts of `unbiased` average to those of the whole.

    Pairs are drawn without replacement, so the covariance has the divisor n - 1.
    """
    line = torch.nn.Linear(3, 1, bias=False).double()
    X, Y = torch.tensor(INPUTS[:6]), torch.tensor(TARGETS[:6])
    parts = []
    for i in range(6):
        for j in range(i):
            pair = [(X[[i, j]], Y[[i, j]])]
            found = tacit.bridges.torch.noise_scale(line, half_square, pair)
            trace = 2 * found.trace
            parts.append((trace, found.square - trace / 2))
            if parts[-1][1] > 0:
                assert found.unbiased == pytest.approx(parts[-1][0] / parts[-1][1])
            else:
                assert found.unbiased == math.inf
    whole = tacit.bridges.torch.noise_scale(line, half_square, [(X, Y)])
    trace, square = np.mean(parts, axis=0)
    assert trace == pytest.approx(whole.trace * 6 / 5)
    assert square == pytest.approx(whole.square - trace / 6)


def test_nothing_of_the_model_changes(torch):
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1)
    ).double()
    net.eval()
    net[2].bias.requires_grad_(False)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    tacit.bridges.torch.noise_scale(
        net, lambda p, y: half_square(p[:, 0], y), loader(torch)
    )
    after = net.state_dict()
    assert all(bool((after[k] == v).all()) for k, v in before.items())
    assert all(p.grad is None for p in net.parameters())


def test_a_model_that_mixes_samples_is_refused(torch):
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double()
    with pytest.raises(DataError, match=r"1 is a BatchNorm1d .* model.eval\(\)"):
        tacit.bridges.torch.noise_scale(net, half_square, loader(torch))


@pytest.mark.parametrize(
    ("loss", "batches", "says"),
    [
        (half_square, lambda _: [], "no samples"),
        (half_square, lambda t: [t.tensor(INPUTS)], "got a Tensor"),
        (half_square, lambda t: [(t.tensor(INPUTS),) * 3], "got a tuple of 3"),
        (
            half_square,
            lambda t: [(t.tensor(INPUTS), t.tensor(TARGETS[:3]))],
            "24 inputs but 3",
        ),
        (
            half_square,
            lambda t: [(t.tensor(INPUTS * np.nan), t.tensor(TARGETS))],
            "not all finite",
        ),
        (lambda p, y: (p - y) ** 2, loader, r"shape \(1,\)"),
    ],
)
def test_bad_input_is_named(torch, model, loss, batches, says):
    with pytest.raises(DataError, match=says):
        tacit.bridges.torch.noise_scale(model, loss, batches(torch))


def test_a_model_that_does_not_train_is_refused(torch, model):
    model.requires_grad_(False)
    with pytest.raises(DataError, match="no parameter"):
        tacit.bridges.torch.noise_scale(model, half_square, loader(torch))


def test_without_pytorch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tacit\[torch\]'"):
        tacit.bridges.torch.noise_scale(None, half_square, [])


def test_an_installed_package_that_is_broken_says_what_it_lacks(monkeypatch, tmp_path):
    (tmp_path / "halfway.py").write_text("import nowhere_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all") as found:
        tacit.bridges.base.import_extra("a test", "halfway", "torch")
    assert not isinstance(found.value, MissingExtraError)


def test_the_bridge_is_there_before_pytorch_is_loaded():
    code = (
        "import tacit, sys; tacit.bridges.torch.noise_scale\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False"], done.stderr
