"""`noise_scale` leaves every model as it found it, and counts what is shared once."""

import copy

import numpy as np
import pytest

from tacit.bridges.torch import noise_scale
from tacit.errors import DataError


torch = pytest.importorskip("torch")
nn = torch.nn


class Tied(nn.Module):
    """Two layers of one weight, one of them transposed."""

    def __init__(self):
        super().__init__()
        self.into, self.out = nn.Linear(3, 4), nn.Linear(3, 4, bias=False)
        self.out.weight = self.into.weight

    def forward(self, x):
        return torch.tanh(self.into(x)) @ self.out.weight


class Remembering(nn.Module):
    """It keeps what it has seen, and counts, in every way a module can."""

    def __init__(self):
        super().__init__()
        self.line, self.calls, self.seen, self.last = nn.Linear(3, 3), 0, [], None
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("scratch", torch.zeros(3), persistent=False)

    def forward(self, x):
        self.calls += 1
        self.count += 1
        self.last = self.line(x)
        self.seen.append(self.last)
        self.scratch = self.last.mean(0)
        self.new = self.last
        return self.last


class Recurrent(nn.Module):
    """Three steps of a recurrent layer, its last state read out."""

    def __init__(self, kind):
        super().__init__()
        self.cell, self.out = kind(1, 4, batch_first=True), nn.Linear(4, 3)

    def forward(self, x):
        return self.out(self.cell(x[..., None])[0][:, -1])


def siamese():
    block = nn.Linear(3, 3)
    return nn.Sequential(block, nn.Tanh(), block, nn.Tanh(), nn.Linear(3, 3))


def frozen():
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 3))
    net[0].bias.requires_grad_(False)
    return net


def normalised():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    net[1].running_mean += 0.5
    return net.eval()


MODELS = {
    "a module in two places": (siamese, True),
    "the same module at the top": (lambda: nn.Sequential(*[nn.Linear(3, 3)] * 3), True),
    "tied parameters": (Tied, True),
    "frozen parameters": (frozen, True),
    "batch norm in eval mode": (normalised, True),
    "dropout": (lambda: nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), True),
    "spectral norm": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)), True,
    ),
    "memory of its own": (Remembering, False),
    "an RNN": (lambda: Recurrent(nn.RNN), False),
    "an LSTM": (lambda: Recurrent(nn.LSTM), False),
}  # fmt: skip
X = torch.tensor(np.random.default_rng(0).normal(size=(5, 3)))
Y = torch.tensor(np.random.default_rng(1).normal(size=(5, 3)))


def built(name):
    torch.manual_seed(0)
    make, vectorised = MODELS[name]
    return make().double(), vectorised


def picture(model):
    """All of a model: names, identities, values, modes, and what its modules hold."""
    named = [*model.named_parameters(remove_duplicate=False), *model.named_buffers()]
    return (
        [(k, id(t), type(t), t.requires_grad, t.grad is None) for k, t in named],
        [(k, id(m), m.training, type(m)) for k, m in model.named_modules()],
        [[(k, id(v)) for k, v in vars(m).items()] for m in model.modules()],
        [
            [id(x) for x in v]
            for m in model.modules()
            for v in vars(m).values()
            if isinstance(v, list | dict)
        ],
    )


def mean_square(outputs, targets):
    return ((outputs - targets) ** 2).mean()


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_as_it_was(name):
    model, vectorised = built(name)
    if isinstance(model, Recurrent):
        model(X)  # a first call of its own
    before, values = picture(model), copy.deepcopy(model.state_dict())
    noise_scale(model, mean_square, [(X, Y)], vectorised=vectorised)
    assert picture(model) == before
    for key, value in model.state_dict().items():
        assert torch.equal(value, values[key])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_was_measured_trains_as_one_that_was_not(name):
    ends = []
    for measured in (False, True):
        model, vectorised = built(name)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        if measured:
            noise_scale(model, mean_square, [(X, Y)], vectorised=vectorised)
        torch.manual_seed(1)
        for _ in range(2):
            optimiser.zero_grad()
            mean_square(model(X), Y).backward()
            optimiser.step()
        ends.append([p.detach() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


@pytest.mark.parametrize("name", [n for n in MODELS if n != "dropout"])
def test_it_is_the_noise_of_the_gradients_one_by_one(name):
    model, vectorised = built(name)
    slopes = []
    for x, y in zip(X, Y, strict=True):
        twin = built(name)[0]
        mean_square(twin(x[None]), y[None]).backward()
        slopes.append(np.concatenate([
            p.grad.numpy().ravel() for p in twin.parameters() if p.requires_grad
        ]))  # fmt: skip
    mean = np.mean(slopes, axis=0)
    found = noise_scale(model, mean_square, [(X, Y)], vectorised=vectorised)
    assert found.square == pytest.approx(mean @ mean, rel=1e-12)
    trace = np.mean([s @ s for s in slopes]) - mean @ mean
    assert found.trace == pytest.approx(trace, rel=1e-10)


class Failing(Remembering):
    """It gives out in the middle of its work."""

    def forward(self, x):
        super().forward(x)
        raise RuntimeError("out of luck")


@pytest.mark.parametrize("vectorised", [True, False])
def test_an_error_in_the_middle_changes_nothing_either(vectorised):
    cases = (
        (Failing().double(), mean_square, RuntimeError, "."),
        (built("a module in two places")[0], lambda a, b: a - b, DataError, "shape"),
    )
    for model, loss, error, says in cases:
        before = picture(model)
        with pytest.raises(error, match=says):
            noise_scale(model, loss, [(X, Y)], vectorised=vectorised)
        assert picture(model) == before
