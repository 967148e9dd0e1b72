"""PyTorch models as functions in JAX: equal in value and slope, and what they keep."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit.errors import TacitError


torch = pytest.importorskip("torch")
from tacit.bridges.torch import laws  # noqa: E402
from tacit.bridges.torch.exported import exported  # noqa: E402


nn = torch.nn


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 3), nn.Linear(3, 2)

    def forward(self, x):
        return x + self.b(torch.relu(self.a(x)))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.MultiheadAttention(4, 2, batch_first=True)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        mixed, _ = self.mix(x, x, x, need_weights=False)
        return self.out(mixed.mean(dim=1))


class Pieces(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([0.7, 1.3]))

    def forward(self, x):
        first, second = torch.split(x, 2, dim=1)
        turned = torch.cat([-second.cos(), first.sin() / (1 + second.abs())], dim=1)
        return torch.where(turned > 0, turned**2, turned)[:, 1:3] * self.scale


def chain(*layers):
    return nn.Sequential(*layers)


MODELS = {
    "image": (
        chain(
            nn.Conv2d(1, 4, 2, stride=2, padding=1), nn.GroupNorm(2, 4), nn.ReLU(),
            nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 2), nn.Softmax(-1),
        ),
        (1, 4, 4),
    ),
    "signal": (
        chain(
            nn.Conv1d(2, 4, 3, padding=1, groups=2, dilation=1), nn.ELU(),
            nn.MaxPool1d(2), nn.Flatten(), nn.Linear(8, 2), nn.LeakyReLU(),
        ),
        (2, 4),
    ),
    "norms": (
        chain(
            nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 3, bias=False),
            nn.RMSNorm(3), nn.SiLU(), nn.BatchNorm1d(3), nn.Softplus(), nn.SELU(),
        ),
        (3,),
    ),
    "encoder": (
        nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, activation="gelu"),
        (3, 4),
    ),
    "tokens": (Tokens(), (3, 4)),
    "residual": (Residual(), (2,)),
    "pieces": (Pieces(), (4,)),
}  # fmt: skip


def drawn(name):
    torch.manual_seed(3)
    model, shape = MODELS[name]
    model = model.double().eval()
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            with torch.no_grad():
                tensor.copy_(torch.rand_like(tensor) + 0.1)
    return model, torch.randn(2, *shape, dtype=torch.float64)


@pytest.mark.parametrize("name", MODELS)
def test_an_exported_model_has_the_values_and_slopes_of_the_model(name):
    model, x = drawn(name)
    network = exported(model, x[:1].float())
    flat = jnp.asarray(x.reshape(2, -1).numpy())
    known = model(x)
    assert np.allclose(jax.vmap(network)(flat), known.detach().numpy(), rtol=1e-10)
    pull = torch.randn(known.shape, dtype=torch.float64)
    (known * pull).sum().backward()
    slope = jax.grad(
        lambda net: jnp.sum(jax.vmap(net)(flat) * jnp.asarray(pull.numpy()))
    )(network)
    for name, parameter in model.named_parameters():
        assert np.allclose(slope.weights[name], parameter.grad.numpy(), atol=1e-10)


def test_a_model_that_is_no_chain_has_laws():
    model, x = drawn("residual")
    found = laws(model, x)
    assert (found.count, found.verified, found.status) == (3, 3, "counted")
    (law,) = found.formulas
    assert "‖a.weight[i,:]‖²" in law.text
    assert "‖b.weight[:,i]‖²" in law.text
    normal, x = chain(nn.Linear(2, 2), nn.LayerNorm(2), nn.Tanh()), x
    # It does not see a shift of all units alike: so much of each column is kept.
    found = laws(normal.double(), x)
    assert {"∑0.weight[:,i]", "∑0.bias"} <= {law.text for law in found.formulas}


class Sums(nn.Module):
    def forward(self, x):
        return x.cumsum(1)


def test_what_cannot_be_seen_through_is_named():
    line, batch = nn.Linear(2, 2), torch.zeros(3, 2)
    for model, words in {
        chain(line, nn.BatchNorm1d(2), nn.ReLU()): "1 .BatchNorm1d.*model.eval",
        chain(line, nn.ReLU(), nn.Dropout(0.5), nn.Tanh()): "2 .Dropout.*model.eval",
        chain(line, Sums(), nn.Tanh()): "cumsum.*no counterpart",
        nn.LSTM(2, 2, batch_first=True): "tuple",
    }.items():
        with pytest.raises(TacitError, match=words):
            exported(model, torch.zeros(3, 4, 2) if "LSTM" in str(model) else batch)
    with pytest.raises(TacitError, match="does not take"):
        laws(line, torch.zeros(3, 5))
