"""The streaming noise scale: unbiased parts, no negative values, intervals, files."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tacit.errors import DataError


torch = pytest.importorskip("torch")

from tacit.bridges.torch import noise_scale, NoiseScale  # noqa: E402
from tacit.bridges.torch.ratio import ratio_of_averages  # noqa: E402


RNG = np.random.default_rng(7)
X, Y = RNG.standard_normal((64, 3)), RNG.standard_normal((64, 1))


def line(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Linear(3, 1).double()


def passes(model, rows, *, batch, divide):
    """Accumulate the gradient of these rows, `batch` a backward pass."""
    parts = rows.reshape(-1, batch)
    for picked in parts:
        outputs = model(torch.tensor(X[picked]))
        loss = ((outputs - torch.tensor(Y[picked])) ** 2).mean() / 2
        (loss / len(parts) if divide else loss).backward()


def gradients(model):
    """The gradient of every sample, ``(n, P)``, by hand."""
    W, b = (p.detach().numpy() for p in model.parameters())
    apart = X @ W.T + b - Y
    return np.hstack([apart * X, apart])


@pytest.mark.parametrize("divide", [True, False])
@pytest.mark.parametrize("k", [2, 5])
def test_its_parts_are_right_on_average_over_draws(k, divide):
    """Over independent draws their averages are tr Σ and |g|² of the population."""
    model, b = line(), 2
    each = gradients(model)
    mean = each.mean(0)
    trace, square = ((each - mean) ** 2).sum() / len(X), (mean**2).sum()
    draws, unit = 600, 1 / k if divide else 1.0
    with NoiseScale(model, b, window=draws) as noise:
        rng = np.random.default_rng(3)
        for _ in range(draws):
            model.zero_grad()
            passes(model, rng.integers(0, 64, k * b), batch=b, divide=divide)
            noise.update()
    for found, wanted in (("traces", trace), ("squares", square)):
        parts = np.array(noise.state_dict()[found]) / unit**2
        error = parts.std(ddof=1) / math.sqrt(draws)
        assert abs(parts.mean() - wanted) < 4 * error
        assert error < 0.15 * wanted or found == "squares"
    low, high = noise.ratio()[1:]
    assert low < trace / square < high
    data = [(torch.tensor(X), torch.tensor(Y))]
    exact = noise_scale(model, lambda out, y: ((out - y) ** 2).mean() / 2, data)
    assert exact.scale == pytest.approx(trace / square)


def test_it_is_never_negative_where_single_ratios_are():
    """Of a vanishing gradient the estimate of |g|² is often below 0."""
    rng = np.random.default_rng(0)
    noise = NoiseScale(line(), 1)
    singles = []
    for _ in range(200):
        parts = rng.standard_normal((2, 4)) + 0.05
        small, large = (parts**2).sum(1).mean(), (parts.mean(0) ** 2).sum()
        singles.append(2 * (small - large) / (2 * large - small))
        noise.add(small, large, ratio=2)
        assert noise.value >= 0
        assert noise.ratio().low >= 0
    assert min(singles) < 0
    assert noise.ratio().high == math.inf, "|g|² is not told from 0"
    assert noise.record()["interval"][1] is None


def test_the_interval_holds_what_it_says():
    """95 % of Fieller intervals hold the ratio, of numbers with noise in both."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        common = rng.standard_normal(60)
        above = 6 + 2 * common + rng.standard_normal(60)
        below = 2 + common + 0.5 * rng.standard_normal(60)
        found = ratio_of_averages(above.tolist(), below.tolist())
        held += found.low <= 3 <= found.high
        assert found.low <= found.value <= found.high
    assert 0.92 < held / 400 < 0.98


def test_few_steps_have_no_interval():
    assert ratio_of_averages([1.0, 2.0], [1.0, 1.0]) == (1.5, 0.0, math.inf)
    assert math.isnan(ratio_of_averages([], []).value)
    with pytest.raises(DataError, match="level is between 0 and 1"):
        ratio_of_averages([1.0], [1.0], level=1.0)


def test_clipping_a_shared_module_and_a_scaler_change_nothing():
    block = torch.nn.Linear(3, 3)
    shared = torch.nn.Sequential(block, torch.nn.Tanh(), block, torch.nn.Linear(3, 1))
    shared.double()
    kinds = {n: type(p) for n, p in shared.named_parameters()}

    class Scaler:
        def get_scale(self):
            return 1024.0

    states = []
    for scale, scaler in ((1.0, None), (1024.0, Scaler())):
        with NoiseScale(shared, 4, scaler=scaler) as noise:
            for first in (0, 8):
                shared.zero_grad()
                for rows in (slice(first, first + 4), slice(first + 4, first + 8)):
                    (scale * shared(torch.tensor(X[rows])).square().mean()).backward()
                noise.update()
                torch.nn.utils.clip_grad_norm_(shared.parameters(), 1e-3)
        states.append(noise.state_dict())
    assert states[0]["traces"] == pytest.approx(states[1]["traces"], rel=1e-12)
    assert states[0]["squares"] == pytest.approx(states[1]["squares"], rel=1e-12)
    assert {n: type(p) for n, p in shared.named_parameters()} == kinds
    assert not noise._hooks
    assert not block.weight._backward_hooks


def test_a_step_that_overflows_is_left_out():
    model = line()
    noise = NoiseScale(model, 2)
    for factor in (1.0, math.inf):
        model.zero_grad()
        for _ in range(2):
            (factor * model(torch.tensor(X[:2])).square().mean()).backward()
        noise.update()
    assert (noise.steps, noise.skipped) == (1, 1)


def test_a_checkpoint_goes_on():
    noise, other = NoiseScale(line(), 2), NoiseScale(line(), 2)
    for i in range(9):
        noise.add(3.0 + i, 1.0 + i / 2, ratio=2)
    other.load_state_dict(json.loads(json.dumps(noise.state_dict())))
    assert other.record() == noise.record()
    assert other.steps == 9


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda m: NoiseScale(m, 0), "batch counts samples"),
        (lambda m: NoiseScale(m.requires_grad_(False), 2), "no parameter"),
        (lambda m: NoiseScale(m, 2).update(), "no backward pass"),
        (lambda m: NoiseScale(m, 2).add(1.0, 1.0, ratio=1), "ratio of 2 or more"),
        (lambda m: NoiseScale(m, 2).add(-1.0, 1.0, ratio=2), "squared norms"),
    ],
)
def test_bad_use_is_named(act, says):
    with pytest.raises(DataError, match=says):
        act(line())


def test_a_single_gradient_is_one_batch_size():
    model = line()
    with NoiseScale(model, 2) as noise:
        model(torch.tensor(X[:2])).square().mean().backward()
        with pytest.raises(DataError, match="Accumulate two or more"):
            noise.update()


def test_advice_reads_its_file(tmp_path):
    noise = NoiseScale(line(), 32)
    for i in range(40):
        noise.add(3.0 + 0.1 * (i % 3), 2.5, ratio=2)
    path = noise.save(tmp_path / "noise.json")
    done = CliRunner().invoke(
        app, ["advise-adam", "--batch", "32", "--noise-scale", str(path), "--json"]
    )
    record = json.loads(done.stdout)
    assert record["noise_scale"] == pytest.approx(noise.value)
    assert record["interval"] == pytest.approx(noise.ratio()[1:])
    assert record["noise"] == pytest.approx(noise.value / 32)


def stepped(path, later):
    """The file of 80 steps whose second half has a trace `later` times the first's."""
    noise, rng = NoiseScale(line(), 32, window=80), np.random.default_rng(5)
    for i in range(100):
        square = 1 + 0.1 * rng.random()
        spread = (later if i >= 60 else 1.0) * (0.5 + 0.1 * rng.random())
        noise.add(square + spread, square, ratio=2)
    return noise, noise.save(path)


def test_a_noise_scale_that_stands_still_does_not_drift(tmp_path):
    noise, path = stepped(tmp_path / "noise.json", later=1.0)
    assert not noise.drifts
    done = CliRunner().invoke(
        app, ["advise-adam", "--batch=32", f"--noise-scale={path}"]
    )
    assert "drifts" not in done.stdout


def test_a_noise_scale_that_moved_within_the_window_is_told(tmp_path):
    noise, path = stepped(tmp_path / "noise.json", later=1.8)
    first, last = noise.halves()
    assert first.high < noise.value < last.low
    kept = json.loads(path.read_text())
    assert (kept["window"], kept["steps"], kept["drifts"]) == (80, 80, True)
    assert kept["halves"] == [pytest.approx(first), pytest.approx(last)]
    done = CliRunner().invoke(
        app, ["advise-adam", "--batch=32", f"--noise-scale={path}"]
    )
    assert "the noise scale drifts" in done.stdout
    assert f"{first.value:.3g} samples in the first half" in done.stdout


def test_what_is_printed_has_the_number_wanted():
    found = ratio_of_averages([3.0, 4.0, 2.0, 3.0, 3.5], [1.0, 1.1, 1.2, 0.9, 1.0])
    assert all(type(x) is float for x in found)
    data = [(torch.tensor(X), torch.tensor(Y))]
    exact = noise_scale(line(), lambda out, y: ((out - y) ** 2).mean() / 2, data)
    assert repr(exact).startswith(f"MeasuredNoise(scale={exact.scale:.4g}, ")
