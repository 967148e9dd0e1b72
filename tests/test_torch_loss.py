"""The Deep LDA loss for PyTorch: its values, derivatives, conventions and refusals.

Values come from SciPy's generalised eigensolver, or from the losses in JAX.
"""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

import tacit
from tacit.errors import DataError, OptionError, ShapeError


torch = pytest.importorskip("torch")

from tacit.bridges.torch import (  # noqa: E402 - there is none without PyTorch
    ClassBalancedSampler,
    ClassStatistics,
    DeepLDALoss,
    DegenerateBatchWarning,
)


OBJECTIVES = ("trace", "mean", "log1p-sum", "log-det", "dorfer")
OF_VALUES = {
    "trace": lambda v: -v.sum(),
    "mean": lambda v: -v.mean(),
    "log1p-sum": lambda v: -np.log1p(v).sum(),
    "log-det": lambda v: -np.log(v).sum(),
    "dorfer": lambda v: -v[v <= v.min() + 1.0].mean(),
}


def batch(n=40, d=5, classes=4, *, seed=0, apart=1.0):
    """Rows with classes of different sizes, not all in order."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) ** 2 % (2 * classes - 1) % classes)
    y[:classes] = np.arange(classes)
    X = rng.standard_normal((n, d)) @ rng.standard_normal((d, d))
    return X + apart * rng.standard_normal((classes, d))[y], y


def tensors(X, y, **words):
    return torch.tensor(X, requires_grad=True, **words), torch.tensor(y)


def scatters(X, y):
    """S_w and S_b with the weights 1/n, a sample at a time."""
    within, between = np.zeros((2, X.shape[1], X.shape[1]))
    for x, label in zip(X, y, strict=True):
        mean = X[y == label].mean(0)
        within += np.outer(x - mean, x - mean)
        between += np.outer(mean - X.mean(0), mean - X.mean(0))
    return within / len(X), between / len(X)


def eigenvalues(X, y, ridge=0.0):
    """Those of LDA by SciPy, rising; the ridge relative to the mean diagonal."""
    within, between = scatters(X, y)
    d = len(within)
    added = within + ridge * np.trace(within) / d * np.eye(d)
    return scipy.linalg.eigh(between, added)[0][-min(d, len(set(y)) - 1) :]


@pytest.mark.parametrize("d", [2, 3, 5])  # fewer than, as many as, more than C - 1
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_it_is_a_function_of_the_eigenvalues_of_lda(objective, d):
    X, y = batch(d=d)
    for ridge in (0.0, 0.1):
        values = eigenvalues(X, y, ridge)
        loss = DeepLDALoss(objective, ridge=ridge)
        z, labels = tensors(X, y)
        assert float(loss(z, labels).detach()) == pytest.approx(
            OF_VALUES[objective](values), rel=1e-9
        )
        assert loss.eigenvalues(z, labels).numpy() == pytest.approx(values, rel=1e-9)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"objective": "trace"}, tacit.losses.RatioTrace(ridge=0.2)),
        ({"objective": "log1p-sum"}, tacit.losses.LogDet(ridge=0.2)),
        ({"objective": "dorfer"}, tacit.losses.Dorfer("scatter", ridge=0.2)),
        (
            {"objective": "dorfer", "convention": "code", "threshold": 0.3},
            tacit.losses.Dorfer(ridge=0.2, threshold=0.3),
        ),
    ],
    ids=["trace", "log1p-sum", "dorfer", "dorfer as coded"],
)
def test_values_and_gradients_are_those_of_the_losses_in_jax(ours, theirs):
    X, y = batch()
    rows, targets = jnp.asarray(X), jnp.asarray(np.eye(4)[y])
    z, labels = tensors(X, y)
    value = DeepLDALoss(ridge=0.2, relative=False, **ours)(z, labels)
    value.backward()
    assert float(value.detach()) == pytest.approx(
        float(theirs(rows, targets)), rel=1e-11
    )
    slope = jax.jit(jax.grad(theirs))(rows, targets)
    np.testing.assert_allclose(z.grad.numpy(), slope, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_first_and_second_derivatives(objective, d, relative):
    X, y = batch(n=10, d=d)
    loss = DeepLDALoss(objective, ridge=0.1, relative=relative)
    z, labels = tensors(X, y)
    assert torch.autograd.gradcheck(lambda rows: loss(rows, labels), (z,))
    assert torch.autograd.gradgradcheck(lambda rows: loss(rows, labels), (z,))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_scale_and_place_change_nothing_under_a_relative_ridge(objective):
    X, y = batch()
    loss = DeepLDALoss(objective)
    z, labels = tensors(X, y)
    loss(z, labels).backward()
    moved = loss(7 * z.detach() + 3, labels)
    assert float(moved) == pytest.approx(float(loss(z, labels).detach()), rel=1e-9)
    assert abs(float((z.grad * z.detach()).sum())) < 1e-10 * float(z.grad.norm())
    fixed = DeepLDALoss(objective, ridge=1.0, relative=False)
    assert float(fixed(7 * z.detach(), labels)) != pytest.approx(
        float(fixed(z.detach(), labels)), rel=1e-3
    )


def test_equal_eigenvalues_have_finite_derivatives():
    """Through the vectors of `eigh` they are not numbers (pytorch/pytorch#47599)."""
    corners = np.vstack([np.eye(3), -np.eye(3)])
    X = np.vstack([0.1 * corners + 2 * centre for centre in (*np.eye(3), -np.ones(3))])
    y = np.repeat(np.arange(4), 6)
    assert np.ptp(eigenvalues(X, y)[-2:]) > 0.1  # the witness: two of three are equal
    assert np.ptp(eigenvalues(X, y)[:2]) < 1e-9
    z, labels = tensors(X, y)
    across = torch.tensor(np.random.default_rng(1).standard_normal(X.shape))
    for objective in ("trace", "mean", "log1p-sum", "log-det"):
        loss = DeepLDALoss(objective, ridge=0.0)
        (slope,) = torch.autograd.grad(loss(z, labels), z, create_graph=True)
        (bend,) = torch.autograd.grad((slope * across).sum(), z)
        assert bool(slope.isfinite().all())
        assert bool(bend.isfinite().all())
    (slope,) = torch.autograd.grad(DeepLDALoss("dorfer")(z, labels), z)
    assert bool(slope.isfinite().all())
    same = torch.eye(3, requires_grad=True)
    (foil,) = torch.autograd.grad(torch.linalg.eigh(same)[1][0].sum(), same)
    assert not bool(foil.isfinite().all())


@pytest.mark.parametrize("d", [16, 64])
def test_the_eigenvalues_are_real(d):
    """Those of ``eig(pinv(Sw) Sb)``, as earlier programs have it, are not."""
    X, y = batch(n=3 * d, d=d, classes=6)
    within, between = scatters(X, y)
    naive = np.linalg.eigvals(np.linalg.pinv(within) @ between)
    z, labels = tensors(X, y)
    found = DeepLDALoss(ridge=0.0).eigenvalues(z, labels)
    assert not found.is_complex()
    assert found.numpy() == pytest.approx(eigenvalues(X, y), rel=1e-7)
    if d == 64:
        assert np.iscomplexobj(naive)


def test_it_is_negative_because_the_eigenvalues_are_not():
    """And they are those of S_b, not of S_t, which are larger by one."""
    X, y = batch()
    z, labels = tensors(X, y)
    loss = DeepLDALoss(ridge=0.0)
    assert float(loss(z, labels).detach()) == pytest.approx(
        -float(loss.eigenvalues(z, labels).sum()), rel=1e-12
    )
    within, between = scatters(X, y)
    of_total = scipy.linalg.eigh(within + between, within)[0][-3:]
    assert loss.eigenvalues(z, labels).numpy() == pytest.approx(of_total - 1, rel=1e-8)


def degenerate(case):
    """Rows ``(n, 3)`` and labels of a batch that has no LDA, or none to trust."""
    X, y = batch(n=12, d=3, classes=3)
    rng = np.random.default_rng(5)
    return {
        "one class": (X, np.zeros(12, int)),
        "one sample a class": (X[:3], np.arange(3)),
        "collapsed": (np.tile(X[:1], (12, 1)), y),
        "collapsed classes": (X[:3][y], y),
        "small": (rng.standard_normal((8, 64)), np.arange(8) % 4),
    }[case]


CASES = ("one class", "one sample a class", "collapsed", "collapsed classes", "small")


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("case", CASES)
def test_a_degenerate_batch_is_finite_and_warns_once(case, objective):
    X, y = degenerate(case)
    z, labels = tensors(X, y, dtype=torch.float32)
    loss = DeepLDALoss(objective)
    with pytest.warns(DegenerateBatchWarning, match=r"n - C = .* in d = ") as said:
        value = loss(z, labels)
    assert len(said) == 1
    value.backward()
    assert bool(value.isfinite())
    assert bool(z.grad.isfinite().all())
    if case != "small":
        assert not bool(value.detach())
        assert not bool(z.grad.any())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss(z, labels)


@pytest.mark.parametrize("case", CASES)
def test_without_a_ridge_it_is_an_error_that_names_n_minus_c_and_d(case):
    X, y = degenerate(case)
    n, d, C = *X.shape, len(set(y))
    with pytest.raises(DataError, match=rf"n - C = {n} - {C} = {n - C} .* d = {d} "):
        DeepLDALoss(ridge=0.0)(*tensors(X, y))


def test_a_feature_that_follows_from_others_is_named_without_a_ridge():
    X, y = batch(d=3)
    X = np.round(X * 64)  # sums of these are exact
    z, labels = tensors(np.hstack([X, X[:, :1] + X[:, 1:2]]), y)
    with pytest.raises(DataError, match=r"S_w is singular .* ridge=0"):
        DeepLDALoss(ridge=0.0)(z, labels)
    assert bool(DeepLDALoss()(z, labels).isfinite())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_low_precision_and_autocast_are_computed_in_double(dtype):
    X, y = batch(n=200, d=20)
    low = torch.tensor(X).to(dtype)
    wanted = DeepLDALoss()(low.double(), torch.tensor(y))
    z = low.clone().requires_grad_(True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = DeepLDALoss()(z, torch.tensor(y))
    value.backward()
    assert value.dtype == torch.float32
    assert z.grad.dtype == dtype
    assert float(value.detach()) == pytest.approx(float(wanted), rel=1e-6)


def test_features_far_from_zero_lose_nothing():
    """Raw moments, E zz' - E z E z', lose all in float32."""
    X, y = batch(n=400, d=6)
    far = torch.tensor(X + 1e3, dtype=torch.float32)
    exact = far.double().numpy()
    values = DeepLDALoss(ridge=0.0).eigenvalues(far, torch.tensor(y)).numpy()
    assert values == pytest.approx(eigenvalues(exact, y), rel=1e-8)


def test_the_order_of_samples_and_the_names_of_classes_change_nothing():
    X, y = batch()
    order = np.random.default_rng(3).permutation(len(y))
    names = np.array([17, -2, 5, 900])
    value = DeepLDALoss("log1p-sum")(*tensors(X, y))
    other = DeepLDALoss("log1p-sum")(*tensors(X[order], names[y[order]]))
    assert float(other.detach()) == pytest.approx(float(value.detach()), rel=1e-11)


@pytest.mark.parametrize(
    ("X", "y", "error", "says"),
    [
        (np.ones((4, 2, 2)), np.arange(4), ShapeError, r"\(4, 2, 2\)"),
        (np.ones((4, 2)), np.arange(3), ShapeError, r"labels \(4,\).*got \(3,\)"),
        (np.ones((4, 2)), np.eye(4), ShapeError, r"argmax\(1\)"),
        (np.ones((0, 2)), np.arange(0), DataError, "empty"),
        (
            np.where(np.eye(4, 2) > 0, np.nan, 1.0),
            np.arange(4) % 2,
            DataError,
            "2 of 4 samples are not finite",
        ),
    ],
    ids=["three axes", "too few labels", "one-hot", "empty", "not a number"],
)
def test_bad_batches_are_named(X, y, error, says):
    with pytest.raises(error, match=says):
        DeepLDALoss()(*tensors(X, y))


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"objective": "tr"}, OptionError, "trace, mean, log1p-sum, log-det, dorfer"),
        ({"convention": "paper"}, OptionError, "scatter, code"),
        ({"ridge": -1.0}, DataError, "0 or more"),
        ({"ridge": float("nan")}, DataError, "0 or more"),
        ({"threshold": 0.0, "strict": True}, DataError, "no eigenvalue is kept"),
        ({"convention": "code"}, DataError, "goes with objective='dorfer'"),
    ],
)
def test_bad_words_are_named(words, error, says):
    with pytest.raises(error, match=says):
        DeepLDALoss(**words)


def test_statistics_are_those_of_all_samples_with_old_ones_decayed():
    """Against weighted moments of all samples, formed at the end."""
    decay, sizes = 0.7, (9, 7, 12)
    X, y = batch(n=sum(sizes), d=3, classes=3)
    loss = DeepLDALoss(ridge=0.0, statistics=ClassStatistics(5, 3, decay=decay))
    first, weights, value = 0, [], torch.zeros(())
    for age, size in zip((2, 1, 0), sizes, strict=True):
        rows = slice(first, first + size)
        value = loss(*tensors(X[rows], y[rows]))
        weights += [decay**age] * size
        first += size
    w = np.array(weights)
    mean = (w @ X) / w.sum()
    within, between = np.zeros((2, 3, 3))
    for label in range(3):
        mine, v = X[y == label], w[y == label]
        centre = v @ mine / v.sum()
        within += (mine - centre).T @ ((mine - centre) * v[:, None]) / w.sum()
        between += v.sum() / w.sum() * np.outer(centre - mean, centre - mean)
    wanted = -np.trace(np.linalg.solve(within, between))
    assert float(value.detach()) == pytest.approx(wanted, rel=1e-10)
    state = loss.state_dict()
    assert int(state["statistics.seen"]) == sum(sizes)


def test_statistics_make_a_small_batch_enough_and_its_derivative_right():
    X, y = batch(n=60, d=8, classes=3)
    labels = torch.tensor(y)
    loss = DeepLDALoss(statistics=ClassStatistics(3, 8))
    loss(torch.tensor(X[:50]), labels[:50])
    loss.eval()  # evaluation remembers nothing
    z = torch.tensor(X[50:55], requires_grad=True)
    before = loss.state_dict()["statistics.mass"].clone()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.autograd.gradcheck(lambda rows: loss(rows, labels[50:55]), (z,))
    assert bool((loss.state_dict()["statistics.mass"] == before).all())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ClassStatistics(1, 3), "two or more classes"),
        (lambda: ClassStatistics(3, 3, decay=1.5), r"in \[0, 1\]"),
        (
            lambda: DeepLDALoss(statistics=ClassStatistics(3, 4))(*tensors(*batch())),
            "has 4 features; the embeddings have 5",
        ),
        (
            lambda: DeepLDALoss(statistics=ClassStatistics(3, 5))(*tensors(*batch())),
            "classes 0 to 2; the labels run from 0 to 3",
        ),
    ],
)
def test_statistics_refuse(make, says):
    with pytest.raises((DataError, ShapeError), match=says):
        make()


def test_the_sampler_deals_every_class_evenly():
    labels = [0] * 30 + [1] * 7 + [2] * 12
    sampler = ClassBalancedSampler(labels, 3, batches=14, seed=1)
    drawn = [i for picked in sampler for i in picked]
    assert len(sampler) == 14
    for k in range(14):
        picked = drawn[9 * k : 9 * (k + 1)]
        assert sorted(labels[i] for i in picked) == [0] * 3 + [1] * 3 + [2] * 3
        assert len(set(picked)) == 9
    for label in range(3):
        counts = [drawn.count(i) for i, own in enumerate(labels) if own == label]
        assert max(counts) - min(counts) <= 1
    again = ClassBalancedSampler(labels, 3, batches=14, seed=1)
    assert [i for picked in again for i in picked] == drawn
    other = ClassBalancedSampler(labels, 3, batches=14, seed=1, rank=1)
    assert [i for picked in other for i in picked] != drawn


def test_the_sampler_feeds_a_loader():
    X, y = batch(n=60, classes=4)
    data = torch.utils.data.TensorDataset(*tensors(X, y))
    sampler = ClassBalancedSampler(y % 2, 2)
    for rows, labels in torch.utils.data.DataLoader(data, batch_sampler=sampler):
        assert len(rows) == 4
        assert sorted(torch.unique(labels % 2, return_counts=True)[1].tolist()) == [
            2,
            2,
        ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"per_class": 3}, "class 1 has 2 samples"),
        ({"per_class": 1, "classes": 3}, "3 classes a batch, of 2"),
        ({"per_class": 1, "batches": 0}, "batches=0"),
    ],
)
def test_the_sampler_refuses(words, says):
    with pytest.raises(DataError, match=says):
        ClassBalancedSampler([0, 0, 0, 1, 1], **words)


def test_it_is_a_loss_of_pytorch_metric_learning():
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    reducers = pytest.importorskip("pytorch_metric_learning.reducers")

    from tacit.bridges.torch import MetricDeepLDALoss

    X, y = batch()
    z, labels = tensors(X, y)
    plain = DeepLDALoss("mean")
    loss = MetricDeepLDALoss(plain, reducer=reducers.MeanReducer(), collect_stats=True)
    both = losses.MultipleLosses([loss, loss], weights=[1.0, 2.0])
    value = float(plain(z, labels).detach())
    assert float(loss(z, labels).detach()) == pytest.approx(value)
    assert float(both(z, labels).detach()) == pytest.approx(3 * value)
    assert loss.eigenvalue_sum == pytest.approx(-3 * value)
    assert "eigenvalue_sum" in loss._record_these_stats
    for extra in ({"indices_tuple": (labels,) * 4}, {"ref_emb": z, "ref_labels": y}):
        if "ref_emb" in extra:
            extra["ref_emb"], extra["ref_labels"] = z.detach() + 1, labels
        with pytest.raises(DataError, match="no pairs to mine"):
            loss(z, labels, **extra)
