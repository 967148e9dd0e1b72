"""PyTorch models as networks of tacit: equal outputs, there and back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tacit
from tacit.errors import DataError, ShapeError


torch = pytest.importorskip("torch")
nn = torch.nn

from tacit.bridges.torch import load_network, network  # noqa: E402


def mlp(activation, *, biases=True, widths=(5, 7, 6, 3)):
    torch.manual_seed(1)
    parts = []
    for below, above in zip(widths, widths[1:], strict=False):
        parts += [nn.Linear(below, above, bias=biases), activation]
    return nn.Sequential(*parts[:-1]).double()


class Written(nn.Module):
    """The same, with functions in place of modules, and parts that do nothing."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.flat, self.drop = nn.Flatten(), nn.Dropout(0.3)
        self.first, self.last = nn.Linear(5, 4), nn.Linear(4, 1)

    def forward(self, x):
        h = torch.nn.functional.leaky_relu(self.first(self.flat(x)), 0.2)
        return self.last(self.drop(h)).squeeze(-1)


def circular(d=5):
    torch.manual_seed(3)
    words = {"padding": "same", "padding_mode": "circular", "bias": False}
    return nn.Sequential(
        nn.Conv1d(1, 1, d, **words),
        nn.Conv1d(1, 1, d, **words),
        nn.Flatten(),
        nn.Linear(d, 1, bias=False),
    )


ACTIVATIONS = {
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
    "gelu": nn.GELU(),
    "gelu by tanh": nn.GELU("tanh"),
    "silu": nn.SiLU(),
    "selu": nn.SELU(),
    "elu": nn.ELU(0.7),
    "leaky": nn.LeakyReLU(0.3),
    "mish": nn.Mish(),
    "softplus": nn.Softplus(),
    "sharper softplus": nn.Softplus(3.0),
    "softsign": nn.Softsign(),
}
MODELS = {name: mlp(activation) for name, activation in ACTIVATIONS.items()} | {
    "no biases": mlp(nn.Tanh(), biases=False),
    "linear": mlp(nn.Identity(), biases=False),
    "affine": mlp(nn.Identity()),
    "one layer": nn.Sequential(nn.Linear(5, 2)).double(),
    "a layer": nn.Linear(5, 2).double(),
    "written": Written().double().eval(),
    "circular, odd": circular(5).double(),
    "circular, even": circular(6).double(),
}


def inputs(name, model):
    d = 6 if "even" in name else 5
    X = 9 * np.random.default_rng(4).standard_normal((40, d))  # saturates, some of it
    rows = torch.tensor(X)
    with torch.no_grad():
        wanted = model(rows[:, None] if "circular" in name else rows).numpy()
    return jnp.asarray(X), wanted


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_equal_there_and_back(name):
    model = MODELS[name]
    X, wanted = inputs(name, model)
    found = network(model)
    outputs = np.asarray(jax.vmap(found)(X))
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(
        outputs.reshape(wanted.shape), wanted, rtol=1e-12, atol=1e-12 * scale
    )
    owned = list(model.parameters())
    kept = [p.detach().clone() for p in owned]
    with torch.no_grad():
        for p in owned:
            p.zero_()
    load_network(model, found)
    assert all(p is q for p, q in zip(model.parameters(), owned, strict=True))
    for p, before in zip(owned, kept, strict=True):
        np.testing.assert_allclose(p.detach(), before, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tanh", tacit.networks.MLP),
        ("linear", tacit.networks.DeepLinear),
        ("affine", tacit.networks.MLP),
        ("circular, odd", tacit.networks.ConvLinear),
    ],
)
def test_each_goes_to_the_network_whose_claims_are_about_it(name, kind):
    assert type(network(MODELS[name])) is kind


def test_a_convolution_is_the_network_of_a_patch():
    torch.manual_seed(5)
    layer = nn.Conv2d(3, 4, 3).double()
    images = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    with torch.no_grad():
        wanted = layer(images).flatten(2)
        patches = torch.nn.functional.unfold(images, 3)
    found = jax.vmap(network(layer))(
        jnp.asarray(patches.transpose(1, 2).reshape(-1, 27).numpy())
    )
    got = np.asarray(found).reshape(2, 16, 4).transpose(0, 2, 1)
    np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-12, atol=1e-13)


def test_a_claim_can_be_asked_of_a_trained_model():
    """Descent in PyTorch, and its end as the start of a flow in tacit."""
    model = mlp(nn.Identity(), biases=False, widths=(3, 4, 1))
    rng = np.random.default_rng(6)
    X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(20):
        optimizer.zero_grad()
        (model(torch.tensor(X))[:, 0] - torch.tensor(y)).square().mean().backward()
        optimizer.step()
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Squared())
    flow = tacit.flows.GradientFlow()
    experiment = tacit.Experiment(network(model), risk, flow, until=1.0)
    assert (
        tacit.check(tacit.claims.GramDifferencesConserved(), experiment).outcome.value
        == "holds"
    )


REFUSED = {
    "batch norm": (
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)),
        r"BatchNorm1d\) has no counterpart",
    ),
    "dropout on": (
        nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.Linear(4, 1)),
        r"Dropout, after model.eval\(\)",
    ),
    "two activations": (
        nn.Sequential(
            *(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
        ),
        "activations differ",
    ),
    "missing activation": (
        nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3), nn.Linear(3, 1)),
        "activations differ",
    ),
    "activation at the end": (
        nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
        "after the last layer",
    ),
    "one bias": (
        nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3, bias=False)),
        "layer 2 has no bias",
    ),
    "slopes that train": (
        nn.Sequential(nn.Linear(3, 3), nn.PReLU(), nn.Linear(3, 3)),
        "parameters of its own",
    ),
    "no layer": (nn.Sequential(nn.Flatten()), "no Linear or Conv1d"),
    "narrow kernel": (
        nn.Sequential(
            nn.Conv1d(1, 1, 3, bias=False), nn.Flatten(), nn.Linear(3, 1, bias=False)
        ),
        "not a layer of ConvLinear",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_network_is_named(case):
    model, says = REFUSED[case]
    with pytest.raises(DataError, match=says):
        network(model)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return -x if x.sum() > 0 else self.layer(x)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 1)

    def forward(self, x):
        h = torch.relu(self.first(x))
        return self.last(h + x)


def test_models_that_are_no_chain_are_refused():
    with pytest.raises(DataError, match="cannot be traced"):
        network(Branching())
    with pytest.raises(DataError, match="is used 2 times"):
        network(Residual())


def test_weights_of_another_shape_are_refused():
    model = mlp(nn.Tanh())
    with pytest.raises(ShapeError, match="3 layers and the network MLP has 2"):
        load_network(model, tacit.networks.MLP.he_normal([5, 7, 3]))
    with pytest.raises(ShapeError, match="the other has none"):
        load_network(model, tacit.networks.MLP.he_normal([5, 7, 6, 3]))
    with pytest.raises(ShapeError, match=r"\(7, 5\) in the model, and \(8, 5\)"):
        load_network(model, tacit.networks.MLP.he_normal([5, 8, 6, 3], biases=True))
