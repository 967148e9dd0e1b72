"""Two processes of `torch.distributed` against one that has all of the samples."""

import numpy as np
import pytest


torch = pytest.importorskip("torch")

from tacit.bridges.torch import DeepLDALoss, NoiseScale  # noqa: E402
from tests.ranks import gathered_gradient, part, together  # noqa: E402


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """Model, samples, labels, and what each of two processes found."""
    torch.manual_seed(0)
    X = torch.randn(24, 4, dtype=torch.float64)
    y = torch.arange(24) % 3
    model = torch.nn.Linear(4, 3).double()
    folder = tmp_path_factory.mktemp("processes")
    return model, X, y, together(gathered_gradient, folder, model, X, y)


def test_a_loss_that_gathers_is_that_of_one_large_batch(setting):
    model, X, y, found = setting
    loss = DeepLDALoss()(model(X), y)
    wanted = torch.autograd.grad(loss, list(model.parameters()))
    for value, slopes, _, _ in found:
        assert float(value) == pytest.approx(float(loss.detach()), rel=1e-12)
        for slope, want in zip(slopes, wanted, strict=True):
            np.testing.assert_allclose(slope, want, rtol=1e-9, atol=1e-12)


def test_the_noise_scale_sees_the_gradients_of_all_processes(setting):
    model, X, _, found = setting
    with NoiseScale(model, 4) as noise:
        model.zero_grad()
        for rank in (0, 1):
            (own,) = part(rank, X)
            for rows in (own[:4], own[4:8]):
                model(rows).square().mean().backward()
        noise.update()
    for _, _, state, _ in found:
        # The processes average their gradients, one process adds them up.
        for name in ("traces", "squares"):
            assert state[name] == pytest.approx(noise.state_dict()[name], rel=1e-10)


def test_the_first_process_alone_measures(setting):
    first, other = (records for *_, records in setting[-1])
    assert [step for step, _ in first] == [1]
    assert "tacit/update/model" in first[0][1], (
        "of the model inside of data parallelism"
    )
    assert other == []
