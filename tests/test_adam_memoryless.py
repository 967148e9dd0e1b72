"""The iteration without memory: how closely it follows, on which batches, from when."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.errors import DataError
from tacit.flows import (
    Adam,
    AdamW,
    Descent,
    Memoryless,
    PowerDecay,
    RMSprop,
    SignDescent,
    Stochastic,
)
from tacit.losses import Squared
from tacit.networks import MLP
from tacit.oracles import adam_memory

from .cases import each


RNG = np.random.default_rng(1203)
RISK = Risk(Problem(RNG.standard_normal((30, 4)), RNG.standard_normal(30)), Squared())
NETWORK = MLP([RNG.standard_normal((2, 4)), RNG.standard_normal((1, 2))])
SHORT = dict(beta1=0.6, beta2=0.7, eps=1e-2)


def uneven(k):
    """Long and short moves in turn; the same flow time at any step."""
    return jnp.where(k % 2 == 0, 1.3, 0.7)


FOLLOWED = {
    "Adam": Adam(1e-3, **SHORT, batch=6, fixed=True),
    "Adam, outside": Adam(1e-3, **SHORT, batch=6, inside=False, weight_decay=0.1),
    "AdamW": AdamW(1e-3, **SHORT, weight_decay=0.5, schedule=uneven, warm=9),
    "RMSprop": RMSprop(1e-3, 0.6, 1e-2, batch=6, fixed=True),
    "heavy ball": Stochastic(1e-3, 6, momentum=0.6, fixed=True),
    "Nesterov": Descent(1e-3, momentum=0.6, nesterov=True, weight_decay=0.2),
}


def end(flow, steps, seed=7):
    run = train(Experiment(NETWORK, RISK, flow, until=steps, seed=seed), records=1)
    assert run.finite
    return np.concatenate([np.ravel(x) for x in jax.tree.leaves(run.network)])


def halved(flow):
    return eqx.tree_at(lambda f: f.step, flow, flow.step / 2)


@pytest.mark.parametrize("of", **each(FOLLOWED))
def test_follows_to_second_order_with_the_correction_and_to_first_without(of):
    for correction, order in ((True, 2), (False, 1)):
        flow = Memoryless(of, correction, window=50)
        errors = [
            np.abs(end(one, steps) - end(other, steps)).max()
            for one, other, steps in (
                (flow, of, 200),
                (halved(flow), halved(of), 400),
            )
        ]
        assert abs(np.log2(errors[0] / errors[1]) - order) < 0.1


def test_one_move_is_the_oracle_at_its_batches():
    of = Adam(1e-3, **SHORT, batch=6, warm=8)
    rows = Adam(1e-3, **SHORT, batch=6).rows(RISK, 7, 9)
    found = end(Memoryless(of), 1)
    X, y = RISK.problem.X, RISK.problem.y

    def loss(network, b):
        return Squared()(jax.vmap(network)(X[rows[b]]), y[rows[b]])

    main, _ = adam_memory(loss, np.arange(9), NETWORK, **SHORT)
    wanted = jax.tree.map(lambda p, m: p - 1e-3 * m, NETWORK, main)
    wanted = np.concatenate([np.ravel(x) for x in jax.tree.leaves(wanted)])
    # Warm batches moved nothing, so there is no past to correct for.
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Memoryless(SignDescent(0.1)),
        lambda: Memoryless(Descent(0.1, momentum=0.5, schedule=PowerDecay(0.5))),
        lambda: Memoryless(Adam(0.1), window=0),
        lambda: end(Memoryless(Adam(0.1, batch=7, fixed=True)), 1),
    ],
    ids=["no memory", "schedule in the velocity", "no window", "does not divide n"],
)
def test_what_has_no_such_form_is_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 40
