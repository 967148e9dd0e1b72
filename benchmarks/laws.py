"""Counting laws: right on how many networks, how fast, and against computer algebra."""

from pairs import paired, show, verdict  # first: it pins the process to one core

import itertools
import time

import numpy as np

import tacit
from tacit.conservation import modular, Symmetry
from tacit.conservation.architectures import Attention
from tacit.conservation.arithmetic import Modular
from tacit.conservation.closure import closure
from tacit.conservation.dynamics import Gradient
from tacit.conservation.generators import Generators
from tacit.conservation.liftings import lifting_of
from tacit.conservation.symmetry import NONE
from tacit.networks import DeepLinear, Diagonal, MLP


RNG = np.random.default_rng(12)


def two_layers(n, r, m):
    """The closed form of Marcotte et al. (2023)."""
    k = min(n + m, r)
    return k * (2 * r + 1 - k) // 2


def balances(widths):
    """The rank of the derivatives of all entries of the balances, by loops."""
    layers = [RNG.standard_normal(s) for s in zip(widths[1:], widths, strict=False)]
    rows = []
    for at, (W, V) in enumerate(itertools.pairwise(layers)):
        for i, j in itertools.combinations_with_replacement(range(len(W)), 2):
            slope = [np.zeros_like(layer) for layer in layers]
            slope[at][i] += W[j]
            slope[at][j] += W[i]
            slope[at + 1][:, i] -= V[:, j]
            slope[at + 1][:, j] -= V[:, i]
            rows.append(np.concatenate([s.ravel() for s in slope]))
    return int(np.linalg.matrix_rank(np.array(rows), tol=1e-9))


def deep(widths):
    """As many as balances are independent, unless layers meet in a single unit twice.

    What lies between two single units is one function of its parameters: training
    moves them along one curve, and all but one number is kept. A single unit between
    two parts balances them.
    """
    ones = [at for at, width in enumerate(widths) if width == 1]
    if len(ones) < 2:
        return balances(widths)
    ends = [widths[: ones[0] + 1], widths[ones[-1] :]]
    kept = sum(balances(end) for end in ends if len(end) > 2)
    for begin, end in itertools.pairwise(ones):
        part = widths[begin : end + 1]
        kept += sum(a * b for a, b in itertools.pairwise(part)) - 1
    return kept + sum(0 < at < len(widths) - 1 for at in ones)


def subjects():
    """Networks and the number of laws that the literature gives them."""
    for k in range(70):
        depth = 2 + k % 3
        widths = tuple(int(w) for w in RNG.integers(1, 9, depth + 1))
        known = two_layers(*widths) if depth == 2 else deep(widths)
        yield "linear", DeepLinear.gaussian(widths), None, known
    for k in range(44):
        widths = tuple(int(w) for w in RNG.integers(1, 7, 3 + k % 2))
        words = {"activation": ("relu", "leaky_relu")[k % 2], "biases": k % 4 < 2}
        yield "rectifiers", MLP.he_normal(widths, **words), None, sum(widths[1:-1])
    for d, k, heads in [
        (2, 2, 1),
        (2, 3, 1),
        (3, 2, 1),
        (1, 3, 1),
        (2, 2, 2),
        (3, 2, 3),
    ]:
        rho = min(2 * d, k)
        known = heads * rho * (2 * k + 1 - rho)
        yield "attention", Attention.gaussian(d, k, heads=heads), None, known
    for depth, d in itertools.product((1, 2, 3, 4), (2, 3, 5)):
        network = Diagonal(RNG.uniform(0.5, 1.5, (depth, d)))
        for loss, more in (
            (None, 0),
            (Symmetry(scale=True), 1),
            (tacit.losses.Fisher(), 1),
        ):
            yield "diagonal", network, loss, (depth - 1) * d + more


def counts():
    """How many counts are the known ones, and how many are proved."""
    tally: dict[str, np.ndarray] = {}
    for kind, network, loss, known in subjects():
        found = tacit.laws(network, loss)
        row = np.array([1, found.count == known, found.certified])
        tally[kind] = tally.get(kind, 0) + row
        if found.count != known:
            print(f"{kind} {network}: {found.count}, known {known}")
    show(
        "counts",
        [(k, *row) for k, row in tally.items()],
        ("kind", "tried", "right", "proved"),
    )
    total = np.sum(list(tally.values()), axis=0)
    right = verdict("right, in per cent", 100 * total[1] / total[0], 100)
    return verdict("proved, in per cent", 100 * total[2] / total[0], 95) and right


def speed():
    """Seconds of a first count with formulas, in this process, without compilation."""
    rows, good = [], True
    for widths, most in (
        ((3, 4, 2), 1),
        ((10, 10, 6), 5),
        ((10, 20, 10), 60),
        ((12, 16, 10, 5), 60),
    ):
        network = DeepLinear.gaussian(widths)
        size = sum(W.size for W in network.layers)
        begun = time.process_time()
        found = tacit.laws(network)
        spent = time.process_time() - begun
        rows.append((widths, size, found.count, found.status, f"{spent:.2f}", most))
        good = good and spent < most
    show("seconds", rows, ("widths", "D", "laws", "status", "CPU s", "at most"))
    return good


def generators(widths):
    """The gradient fields of a linear network."""
    shape = lifting_of(DeepLinear.gaussian(widths))
    assert shape is not None, "every linear network has a lifting"
    return Generators(shape, NONE, Gradient())


def by_algebra(widths):
    """The same dimension by polynomials of FLINT, modulo the same prime.

    Brackets of the basis fields, which are sparse, with every bracket kept that is new
    at one random point, until a depth adds none.
    """
    import flint

    D = sum(a * b for a, b in itertools.pairwise(widths))
    names = tuple(f"x{i}" for i in range(D))
    ring = flint.nmod_mpoly_ctx.get(names, modulus=modular.PRIME)
    variables, begin = ring.gens(), 0
    product: list = []
    for n, m in itertools.pairwise(widths):
        W = [[variables[begin + i * n + j] for j in range(n)] for i in range(m)]
        begin += n * m
        product = (
            W
            if not product
            else [
                [
                    sum((W[i][k] * product[k][j] for k in range(n)), ring.constant(0))
                    for j in range(len(product[0]))
                ]
                for i in range(m)
            ]
        )
    basis = [[phi.derivative(v) for v in names] for row in product for phi in row]
    point = [int(v) for v in np.random.default_rng(0).integers(0, modular.PRIME, D)]
    space = modular.Echelon(D)

    def new(field):
        row = np.array([[int(f(*point)) for f in field]], np.int64)
        return bool(space.add(row))

    def bracket(X, Y):
        found = []
        for Xk, Yk in zip(X, Y, strict=True):
            total = ring.constant(0)
            for j, v in enumerate(names):
                if X[j] and Yk:
                    total += Yk.derivative(v) * X[j]
                if Y[j] and Xk:
                    total -= Xk.derivative(v) * Y[j]
            found.append(total)
        return found

    last = [field for field in basis if new(field)]
    while last:
        pairs = (bracket(X, Y) for X in basis for Y in last)
        last = [field for field in pairs if new(field)]
    return space.rank


def against_algebra():
    """Both dimensions of the same closures, in turn."""
    try:
        import flint  # noqa: F401
    except ImportError:
        print("python-flint is not installed; the pair with algebra is left out.")
        return True
    rows, least = [], np.inf
    for widths in ((3, 4, 2), (4, 5, 4), (5, 6, 4)):
        size = sum(a * b for a, b in itertools.pairwise(widths))
        ours, theirs = (
            closure(generators(widths), Modular(), (0,)).rank,
            by_algebra(widths),
        )
        assert ours == theirs, (widths, ours, theirs)
        ways = {
            "tacit": lambda w=widths: closure(generators(w), Modular(), (0,)),
            "algebra": lambda w=widths: by_algebra(w),
        }
        spent = paired(ways, repeats=3)
        ratio = spent["algebra"] / spent["tacit"]
        rows.append(
            (
                widths,
                size,
                ours,
                f"{spent['tacit']:.3f}",
                f"{spent['algebra']:.3f}",
                f"{ratio:.1f}",
            )
        )
        least = min(least, ratio) if size >= 40 else least
    show("one closure", rows, ("widths", "D", "rank", "tacit s", "FLINT s", "ratio"))
    return verdict("times as fast as algebra at D >= 40", float(least), 5)


if __name__ == "__main__":
    met = [against_algebra(), speed(), counts()]
    raise SystemExit(not all(met))
