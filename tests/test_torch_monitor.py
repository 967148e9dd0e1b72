"""The monitor of PyTorch models: what it measures, against SVD and written-out sums."""

import copy
import json
import re
import sys
import types
from typing import Any

import numpy as np
import pytest

from tacit.errors import DataError, MissingExtraError, OutputError


torch = pytest.importorskip("torch")
nn = torch.nn

from tacit.bridges.torch import Monitor, sinks  # noqa: E402
from tacit.bridges.torch.spectra import TopSingular  # noqa: E402
from tacit.bridges.torch.structure import structure  # noqa: E402


NAMES = re.compile(r"[A-Za-z0-9_./ :-]+")
X = torch.tensor(np.random.default_rng(0).standard_normal((48, 6)))
Y = torch.arange(48) % 3


def mlp(activation=None, *, widths=(6, 9, 7, 3), biases=True, seed=0):
    torch.manual_seed(seed)
    parts = []
    for below, above in zip(widths, widths[1:], strict=False):
        parts += [nn.Linear(below, above, bias=biases), activation or nn.ReLU()]
    return nn.Sequential(*parts[:-1]).double()


def cross_entropy(model):
    return nn.functional.cross_entropy(model(X), Y)


def train(model, optimizer, steps, loss=cross_entropy):
    for _ in range(steps):
        optimizer.zero_grad()
        loss(model).backward()
        optimizer.step()


def watched(model, *, steps=1, every=1, rate=0.1, loss=cross_entropy, **words):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with Monitor(model, optimizer, every=every, **words) as monitor:
        train(model, optimizer, steps, loss)
    return monitor


def svd(W):
    return np.linalg.svd(W.detach().numpy().reshape(len(W), -1), full_matrices=False)


def test_a_record_is_that_of_an_svd():
    model = mlp()
    before = [p.detach().clone() for p in model.parameters()]
    start = copy.deepcopy(model)
    monitor = watched(model)
    cross_entropy(start).backward()
    (_, record), layers = monitor.records[0], ["0", "2", "4"]
    for name, i in zip(layers, (0, 2, 4), strict=True):
        W, W0, G = model[i].weight, before[i], start[i].weight.grad
        values = svd(W)[1]
        size = np.sqrt((values**2).sum())
        wanted = {
            "rank_one": values[0] / size,
            "stable_rank": size**2 / values[0] ** 2,
            "norm": size,
            "norm_drift": size**2 / float((W0**2).sum()) - 1,
            "update": float((W.detach() - W0).norm()) / size,
            "radial": float((W0 * G).sum() / W0.norm() / G.norm()),
        }
        for metric, value in wanted.items():
            found = record[f"tacit/{metric}/{name}"]
            assert found == pytest.approx(value, rel=2e-6, abs=1e-7), metric
    for below, above in (("0", "2"), ("2", "4")):
        u, v = (
            svd(model[int(below)].weight)[0][:, 0],
            svd(model[int(above)].weight)[2][0],
        )
        found = record[f"tacit/alignment/{below}:{above}"]
        assert found == pytest.approx(abs(v @ u), rel=1e-6)


def test_alignment_compares_the_right_vectors():
    """Of two layers with crossed vectors; a program printed 1.0000 for 0.848."""
    model = mlp(nn.Identity(), widths=(4, 4, 4), biases=False)
    angle = np.arccos(0.848)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor(np.diag([5.0, 2, 1, 0.5])))
        model[2].weight.copy_(torch.tensor(np.diag([3.0, 1, 0.5, 0.1]) @ turn.T))
    record = Monitor(model, torch.optim.SGD(model.parameters(), lr=0.1)).measure()
    assert record["tacit/alignment/0:2"] == pytest.approx(0.848, abs=1e-6)
    assert record["tacit/norm/0"] == pytest.approx(np.sqrt(30.25)), "and not its square"


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (3, 50), (1, 7), (30, 30)])
def test_warm_starts_follow_a_moving_matrix(shape):
    rng = np.random.default_rng(1)
    top, W = TopSingular(), rng.standard_normal(shape)
    for _ in range(6):
        found = top(torch.tensor(W))
        U, values, Vt = np.linalg.svd(W, full_matrices=False)
        assert float(found.value) == pytest.approx(values[0], rel=1e-5)
        assert abs(found.left.numpy() @ U[:, 0]) == pytest.approx(1, abs=1e-3)
        assert abs(found.right.numpy() @ Vt[0]) == pytest.approx(1, abs=1e-3)
        W = W + 0.01 * rng.standard_normal(shape)


def test_a_layer_of_rank_one_and_one_of_zeros():
    model = mlp(nn.Tanh(), widths=(6, 5, 5), biases=False)
    with torch.no_grad():
        model[0].weight.copy_(torch.outer(torch.arange(5.0), torch.ones(6)))
        model[2].weight.zero_()
    record = Monitor(model, torch.optim.SGD(model.parameters(), lr=0.1)).measure()
    assert record["tacit/rank_one/0"] == pytest.approx(1)
    assert record["tacit/stable_rank/0"] == pytest.approx(1)
    assert (record["tacit/rank_one/2"], record["tacit/stable_rank/2"]) == (1, 0)
    assert all(np.isfinite(list(record.values())))


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.GELU(), nn.ReLU()], ids=str)
def test_the_rate_of_the_imbalance_is_the_source_of_its_identity(activation):
    """Rawal and DeWeese (2026), Theorem 1: 2 E ⟨Wᵀδ, z s'(z) − s(z)⟩."""
    torch.manual_seed(2)
    model = mlp(activation, widths=(4, 5, 3)).double()
    x, y = torch.randn(7, 4).double(), torch.randn(7, 3).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)

    def squares():
        parts = (model[2].weight, model[0].weight, model[0].bias)
        return [float(part.detach().square().sum()) for part in parts]

    upper, lower, bias = squares()
    with Monitor(model, optimizer, every=1) as monitor:
        (0.5 * (model(x) - y).square().sum(1).mean()).backward()
        with torch.enable_grad():
            z = model[0](x).detach().requires_grad_()
            (slope,) = torch.autograd.grad(activation(z).sum(), z)
        back = (model(x) - y).detach() @ model[2].weight.detach()
        lag = z.detach() * slope - activation(z).detach()
        source = 2 * float((back * lag).sum(1).mean())
        optimizer.step()
    record = monitor.records[-1][1]
    found = record["tacit/imbalance_rate/0:2"] * max(upper, lower)
    assert found == pytest.approx(source, rel=1e-4, abs=1e-6)
    after = np.subtract(squares(), (upper, lower, bias)) @ (1, -1, -1)
    assert after / 1e-6 == pytest.approx(source, rel=1e-3, abs=1e-4)
    assert (abs(source) > 1e-3) != isinstance(activation, nn.ReLU)


def drift(monitor):
    return {
        k.rpartition("/")[2]: v
        for k, v in monitor.records[-1][1].items()
        if "imbalance_drift" in k
    }


@pytest.mark.parametrize(
    ("activation", "law"),
    [
        (nn.Identity(), "matrix"),
        (nn.ReLU(), "unit"),
        (nn.LeakyReLU(0.2), "unit"),
        (nn.Tanh(), "none"),
    ],
    ids=["linear", "relu", "leaky", "tanh"],
)
def test_the_flow_keeps_the_balance_that_the_law_names(activation, law):
    """Drift falls with the step where there is a law, and does not where there is none.

    Over one time, descent moves a conserved quantity in proportion to its step.
    """
    drifts = []
    for rate in (2e-2, 1e-2):
        monitor = watched(
            mlp(activation, widths=(6, 12, 9, 3)), steps=round(1 / rate), rate=rate
        )
        assert {link.law for link in monitor.links} == {law}
        drifts.append(drift(monitor))
    for pair, coarse in drifts[0].items():
        ratio = coarse / drifts[1][pair]
        assert ratio == pytest.approx(1 if law == "none" else 2, abs=0.25)
        assert (coarse > 1e-2) == (law == "none") or coarse < 1e-2


def test_the_balance_is_the_difference_of_gram_matrices():
    model = mlp(nn.Identity(), widths=(6, 5, 4))
    monitor = Monitor(model, torch.optim.SGD(model.parameters(), lr=0.1))
    W, V = (model[i].weight.detach().numpy() for i in (0, 2))
    b = model[0].bias.detach().numpy()
    D = V.T @ V - W @ W.T - np.outer(b, b)
    size = max((W**2).sum(), (V**2).sum())
    found = monitor.measure()["tacit/imbalance/0:2"]
    assert found == pytest.approx(np.linalg.norm(D) / size, rel=1e-6)


class Convolutional(nn.Module):
    """Convolutions, pools and functions, in a forward of one's own."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 5, 3)
        self.last = nn.Linear(20, 3)

    def forward(self, x):
        h = torch.relu(self.first(x))
        h = nn.functional.relu(self.second(h))
        return self.last(torch.flatten(nn.functional.max_pool2d(h, 2), 1))


class Pooled(Convolutional):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        h = torch.relu(self.first(x))
        return self.last(torch.flatten(self.pool(torch.relu(self.second(h))), 1))


def test_convolutions_are_measured_by_their_matrices_and_keep_their_balance():
    images = torch.tensor(np.random.default_rng(2).standard_normal((12, 1, 8, 8)))

    def loss(model):
        return nn.functional.cross_entropy(model(images), Y[:12])

    drifts = []
    for rate in (4e-2, 2e-2):
        model = Pooled().double()
        monitor = watched(model, steps=round(1 / rate), rate=rate, loss=loss)
        drifts.append(drift(monitor))
        assert [(k.below, k.above, k.law) for k in monitor.links] == [
            ("first", "second", "unit"),
            ("second", "last", "unit"),
        ]
    for pair, coarse in drifts[0].items():
        assert coarse / drifts[1][pair] == pytest.approx(2, abs=0.3)
    values = svd(model.second.weight)[1]
    record = monitor.records[-1][1]
    assert record["tacit/norm/second"] == pytest.approx(np.sqrt((values**2).sum()))
    assert record["tacit/rank_one/second"] * record["tacit/norm/second"] == (
        pytest.approx(values[0], rel=1e-5)
    )
    by_channel = model.last.weight.detach().numpy().reshape(3, 5, 4)
    right = np.linalg.svd(by_channel.transpose(0, 2, 1).reshape(12, 5))[2][0]
    left = svd(model.second.weight)[0][:, 0]
    assert record["tacit/alignment/second:last"] == pytest.approx(
        abs(left @ right), rel=1e-4
    )
    # An unknown function ends a link, and is not taken for the identity.
    assert [k.above for k in structure(Convolutional()).links] == ["second"]


def test_a_transposed_convolution_has_its_outputs_in_rows():
    model = nn.Sequential(nn.ConvTranspose1d(4, 6, 3), nn.ReLU(), nn.Conv1d(6, 2, 3))
    record = Monitor(model, torch.optim.SGD(model.parameters(), lr=0.1)).measure()
    W = model[0].weight.detach().numpy().transpose(1, 0, 2).reshape(6, 12)
    V = model[2].weight.detach().numpy().transpose(1, 0, 2).reshape(6, 6)
    left = np.linalg.svd(W)[0][:, 0]
    assert record["tacit/alignment/0:2"] == pytest.approx(
        abs(left @ np.linalg.svd(V)[0][:, 0]), rel=1e-4
    )


class Tied(nn.Module):
    """An embedding whose weight is the last layer's, a block used twice, a residual."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.words, self.block = nn.Embedding(11, 6), nn.Linear(6, 6)
        self.extra, self.out = nn.Linear(6, 6), nn.Linear(6, 11, bias=False)
        self.out.weight = self.words.weight

    def forward(self, tokens):
        h = self.words(tokens)
        h = torch.relu(self.block(torch.relu(self.block(h))))
        return self.out(h + self.extra(h))


def test_shared_tied_frozen_and_grouped():
    model = Tied()
    model.extra.requires_grad_(False)
    owned = dict(model.named_parameters())
    groups = [
        {"params": [model.block.weight, model.block.bias], "lr": 0.1},
        {"params": [model.out.weight], "lr": 0.01},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.5)
    tokens = torch.arange(8) % 11
    with Monitor(model, optimizer, every=1) as monitor:
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(tokens), tokens).backward()
            optimizer.step()
    record = monitor.records[-1][1]
    assert set(monitor.layers) == {"block", "extra", "out"}
    assert monitor.shared == {"block", "out"}
    assert monitor.links == (), "nothing is fed by one layer alone"
    assert monitor.skipped == {"words.weight": "is the weight of out"}
    assert record["tacit/norm_drift/extra"] == 0
    assert "tacit/update/extra" not in record
    assert record["tacit/update/out"] > 0
    after = dict(model.named_parameters())
    assert all(after[name] is p for name, p in owned.items())
    assert all(type(p) is nn.Parameter for p in after.values())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert not any(p._backward_hooks for p in model.parameters())


def test_what_is_not_measured_is_said():
    model = nn.ModuleDict(
        {"attend": nn.MultiheadAttention(4, 2), "lazy": nn.LazyLinear(3)}
    )
    left_out = structure(model).skipped
    assert (
        "no matrix form is known for a Multihead" in left_out["attend.in_proj_weight"]
    )
    assert "call the model once first" in left_out["lazy.weight"]
    one = torch.optim.SGD([nn.Parameter(torch.ones(1))])
    with pytest.raises(DataError, match="has no Linear or convolution layer"):
        Monitor(nn.Embedding(3, 2), one)
    with pytest.raises(DataError, match="weight, a vector of a BatchNorm1d.*bias, a"):
        Monitor(nn.BatchNorm1d(3), one)
    with pytest.raises(DataError, match="nothing; it has no parameter"):
        Monitor(nn.ReLU(), one)


class Scaled(nn.Module):
    """Normalisations, an activation that learns, and parameters of its own."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4)),
            *(nn.PReLU(), nn.Linear(4, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 3)),
        )
        self.scale, self.W = nn.Parameter(torch.ones(3)), nn.Parameter(torch.eye(3))
        self.heat = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.heat * (self.body(x) * self.scale) @ self.W


def test_every_parameter_is_measured_or_said_to_be_left_out():
    model = Scaled()
    found = structure(model)
    measured = {f"{name}.{own}" for name in found.layers for own in ("weight", "bias")}
    every = {name for name, _ in model.named_parameters()}
    assert measured | set(found.skipped) == every
    assert not measured & set(found.skipped)
    assert found.skipped["body.1.bias"] == "a vector of a BatchNorm1d, and no matrix"
    assert found.skipped["body.4.weight"] == "a vector of a PReLU, and no matrix"
    assert found.skipped["heat"] == "a number of a Scaled, and no matrix"


class Forked(nn.Module):
    """What leaves one layer goes on twice; two activations; channels in groups."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(4, 4) for _ in range(3))
        self.wide, self.groups = nn.Conv1d(1, 4, 1), nn.Conv1d(4, 4, 1, groups=2)

    def forward(self, x):
        h = torch.relu(self.a(x))
        h = self.b(h) + self.c(torch.tanh(h))
        return self.groups(self.wide(torch.relu(torch.tanh(h))))


def test_why_two_layers_that_follow_one_another_are_no_pair():
    found = structure(Scaled())
    assert [(k.below, k.above) for k in found.links] == [("body.3", "body.5")]
    assert found.unlinked == {
        "body.0:body.3": "BatchNorm1d stands between them",
        "body.5:body.8": "LayerNorm stands between them",
    }
    assert structure(Forked()).unlinked == {
        "a:b": "what leaves a is used 2 times",
        "a:c": "what leaves a is used 2 times",
        "b:wide": "add stands between them",
        "c:wide": "add stands between them",
        "wide:groups": "groups is a convolution in groups",
    }
    twice = nn.Sequential(
        *(nn.Linear(2, 2), nn.ReLU(), nn.Tanh(), nn.Linear(2, 2), nn.ReLU())
    )
    assert structure(twice).unlinked == {
        "0:3": "two activations stand between them, relu and tanh"
    }
    again = nn.Linear(2, 2)
    assert structure(nn.Sequential(again, nn.ReLU(), again)).unlinked == {
        "0:0": "0 is called more than once or shares its weight"
    }


def test_below_a_normalisation_the_gradient_is_across_the_weight(tmp_path):
    """What the page says of it, and of what it leaves out."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)
    ).double()
    monitor = watched(model, steps=2)
    for _, record in monitor.records:
        assert abs(record["tacit/radial/0"]) < 1e-3 < abs(record["tacit/radial/3"])
    text = monitor.report(tmp_path / "out").read_text()
    for words in (
        *("batch normalisation", "1.weight", "a vector of a BatchNorm1d"),
        *("0:3", "BatchNorm1d stands between them"),
    ):
        assert words in text


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        h = self.body(x)
        return self.head(h) if float(h.sum()) > 0 else self.head(-h)


def test_a_model_that_cannot_be_traced_has_links_in_its_sequential_parts():
    """Neighbours by registration alone, body and head, would be a guess."""
    found = structure(Branching())
    assert [(k.below, k.above) for k in found.links] == [("body.0", "body.2")]
    assert set(found.layers) == {"body.0", "body.2", "head"}


def test_a_compiled_model_is_watched_by_the_names_of_its_own():
    model = mlp().float()
    compiled = torch.compile(model, backend="eager")
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    with Monitor(compiled, optimizer, every=2) as monitor:
        for _ in range(4):
            optimizer.zero_grad()
            nn.functional.cross_entropy(compiled(X.float()), Y).backward()
            optimizer.step()
    assert [step for step, _ in monitor.records] == [2, 4]
    assert "tacit/norm/0" in monitor.records[0][1]


def test_steps_are_those_of_the_optimizer_not_batches():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    seen = []
    with Monitor(model, optimizer, every=2, sinks=[lambda _, k: seen.append(k)]):
        for batch in range(12):
            (cross_entropy(model) / 3).backward()
            if batch % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
    assert seen == [2, 4]
    train(model, optimizer, 4)
    assert seen == [2, 4], "closed: the hooks are gone"


def test_training_is_the_same_watched_or_not():
    """To the bit, with dropout and batch norm, and a probe that runs the model."""

    def parts():
        torch.manual_seed(5)
        return nn.Sequential(
            nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 3)
        ).double()

    ends = []
    for watch in (False, True):
        model = parts()
        optimizer = torch.optim.Adam(model.parameters())
        monitor = Monitor(model, optimizer, every=1, probe=(X, Y)) if watch else None
        torch.manual_seed(6)
        model[2].eval()
        model[2].train()
        train(model, optimizer, 5)
        ends.append(model.state_dict())
        if monitor is not None:
            assert model.training
            assert "tacit/margin" in monitor.records[0][1]
    assert all(bool((ends[0][k] == v).all()) for k, v in ends[1].items())


def test_the_margin_is_the_least_over_the_product_of_norms():
    model = mlp()
    monitor = watched(model, probe=(X, Y))
    outputs = model(X).detach().numpy()
    least = min(
        row[y] - max(v for k, v in enumerate(row) if k != y)
        for row, y in zip(outputs, Y.tolist(), strict=True)
    )
    sizes = [np.linalg.norm(model[i].weight.detach()) for i in (0, 2, 4)]
    assert monitor.records[0][1]["tacit/margin"] == pytest.approx(
        least / np.prod(sizes), rel=1e-6
    )
    binary, signs = mlp(widths=(6, 5, 1)), torch.where(Y > 0, 1.0, -1.0)
    found = Monitor(
        binary, torch.optim.SGD(binary.parameters()), probe=(X, signs)
    ).measure()
    wanted = float((binary(X)[:, 0].detach() * signs).min())
    wanted /= np.prod([np.linalg.norm(binary[i].weight.detach()) for i in (0, 2)])
    assert found["tacit/margin"] == pytest.approx(wanted, rel=1e-6)


def test_a_checkpoint_goes_on_from_the_first_start(tmp_path):
    whole = watched(mlp(), steps=8, every=2)
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Monitor(model, optimizer, every=2) as monitor:
        train(model, optimizer, 4)
    torch.save(monitor.state_dict(), tmp_path / "monitor.pt")
    with Monitor(model, optimizer, every=2) as again:
        again.load_state_dict(torch.load(tmp_path / "monitor.pt"))
        train(model, optimizer, 4)
    assert [k for k, _ in again.records] == [2, 4, 6, 8]
    for key, value in whole.records[-1][1].items():
        assert again.records[-1][1][key] == pytest.approx(value, rel=1e-4, abs=1e-9)
    other = mlp(widths=(6, 3))
    with pytest.raises(DataError, match="the checkpoint is of layers"):
        Monitor(other, torch.optim.SGD(other.parameters())).load_state_dict(
            monitor.state_dict()
        )


def test_lines_of_json(tmp_path):
    path = tmp_path / "runs" / "record.jsonl"
    sink = sinks.JSONLines(path)
    monitor = watched(mlp(), steps=4, every=2, sinks=[sink])
    sink({"tacit/norm/0": float("nan")}, 6)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert lines[0] == {"step": 2, **monitor.records[0][1]}
    assert lines[2]["tacit/norm/0"] is None
    assert all(NAMES.fullmatch(name) for name in monitor.records[0][1])


def test_tensorboard_gets_every_number(tmp_path):
    reading = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    monitor = watched(mlp(), steps=2, every=1, sinks=[sinks.TensorBoard(tmp_path)])
    events = reading.EventAccumulator(str(tmp_path))
    events.Reload()
    assert set(events.Tags()["scalars"]) == set(monitor.records[0][1])
    values = events.Scalars("tacit/norm/0")
    assert [(e.step, pytest.approx(e.value)) for e in values] == [
        (step, record["tacit/norm/0"]) for step, record in monitor.records
    ]


def test_wandb_is_offline_and_has_a_step_of_its_own(monkeypatch):
    calls = []
    run = types.SimpleNamespace(
        define_metric=lambda *a, **k: calls.append(("define", a, k)),
        log=lambda *a, **k: calls.append(("log", a, k)),
    )
    fake: Any = types.ModuleType("wandb")
    fake.init = lambda **k: calls.append(("init", (), k)) or run
    monkeypatch.setitem(sys.modules, "wandb", fake)
    sinks.WandB(project="mine")({"tacit/norm/0": 1.0}, 7)
    assert calls == [
        ("init", (), {"mode": "offline", "project": "mine"}),
        ("define", ("tacit/step",), {}),
        ("define", ("tacit/*",), {"step_metric": "tacit/step"}),
        ("log", ({"tacit/norm/0": 1.0, "tacit/step": 7},), {}),
    ]


def test_mlflow_gets_one_call_a_record(monkeypatch):
    calls = []
    fake: Any = types.ModuleType("mlflow")
    fake.log_metrics = lambda *a, **k: calls.append((a, k))
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    sinks.MLflow("abc")({"tacit/norm/0": 1.0}, 7)
    assert calls == [(({"tacit/norm/0": 1.0},), {"step": 7, "run_id": "abc"})]


@pytest.mark.parametrize(
    ("name", "package"), [("WandB", "wandb"), ("MLflow", "mlflow")]
)
def test_a_missing_package_is_named_by_its_extra(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tacit\[monitor\]'"):
        getattr(sinks, name)()


def test_the_report_is_a_page_like_a_study_s(tmp_path):
    monitor = watched(mlp(widths=(6, 5, 3)), steps=6, every=2)
    page = monitor.report(tmp_path / "out")
    text = page.read_text()
    for words in (
        *("Stable rank", "Conservation laws", "squared norms at each unit"),
        *("Under Adam a drift is expected", "amplifies most", "Steps of Adam are not"),
        *("VᵀV − WWᵀ − bbᵀ", "No parameter is left out"),
    ):
        assert words in text
    assert text.count("<svg") == 8
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    kept = json.loads((page.parent / "records.json").read_text())
    assert [r["step"] for r in kept["records"]] == [2, 4, 6]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(OutputError, match="not written by tacit"):
        monitor.report(tmp_path / "mine")
    with pytest.raises(DataError, match="nothing was measured in 1 steps"):
        watched(mlp(), steps=1, every=2).report(tmp_path / "other")


def test_every_is_at_least_one():
    model = mlp()
    with pytest.raises(DataError, match="from 1 on; got 0"):
        Monitor(model, torch.optim.SGD(model.parameters()), every=0)


def test_no_code_here_asks_for_a_device():
    folder = __import__("pathlib").Path(structure.__code__.co_filename).parent
    source = "".join(path.read_text() for path in folder.rglob("*.py"))
    assert ".cuda(" not in source
    assert "'cuda'" not in source.replace('"', "'")
