"""The iteration without memory: how closely it follows, on which batches, from when."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from tacit import Experiment, Problem, Risk, train
from tacit.claims import FollowsMemoryless
from tacit.claims.measures.carried import carried, window
from tacit.errors import DataError
from tacit.flows import (
    Adam,
    AdamW,
    Descent,
    GradientFlow,
    Memoryless,
    PowerDecay,
    RMSprop,
    SignDescent,
    Stochastic,
)
from tacit.losses import Squared
from tacit.memory import adam_memory
from tacit.networks import MLP
from tests.present import present

from .cases import each, NETWORKS, RISK as FISHER


RNG = np.random.default_rng(1203)
RISK = Risk(Problem(RNG.standard_normal((30, 4)), RNG.standard_normal(30)), Squared())
NETWORK = MLP([RNG.standard_normal((2, 4)), RNG.standard_normal((1, 2))])
LINEAR = NETWORKS["Diagonal"]
SHORT: dict[str, Any] = dict(beta1=0.6, beta2=0.7, eps=1e-2)


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


@pytest.mark.parametrize(
    ("flow", "unmet"),
    [
        (RMSprop(1e-3, 0.6, 1e-2), []),
        (AdamW(1e-3, **SHORT, weight_decay=0.5), []),
        (AdamW(0.1, **SHORT), ["the step is below 0.1 (1 - beta)"]),
        (Stochastic(1e-3, 6), ["the optimiser has a memory"]),
        (Adam(1e-3, **SHORT, schedule=uneven), ["the step is constant"]),
    ],
    ids=["RMSprop", "AdamW", "long steps", "no memory", "schedule"],
)
def test_the_claim_is_about_every_optimiser_with_memory(flow, unmet):
    run = train(Experiment(NETWORK, RISK, flow, until=16), records=1)
    found = FollowsMemoryless().hypotheses(run.experiment)
    assert [h.text for h in found if not h.met] == unmet


def test_one_move_is_the_oracle_at_its_batches():
    of = Adam(1e-3, **SHORT, batch=6, warm=8)
    rows = Adam(1e-3, **SHORT, batch=6).rows(RISK, 7, 9)
    found = end(Memoryless(of), 1)
    X, y = present(RISK.problem.X), present(RISK.problem.y)

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


LIMITS = {
    "Adam": Adam(1e-3, 0.4, 0.5, 0.3),
    "heavy ball": Descent(2e-3, momentum=0.4),
    "Nesterov": Descent(2e-3, momentum=0.4, nesterov=True),
}


@pytest.mark.parametrize("of", **each(LIMITS))
def test_the_optimiser_follows_its_limit_to_second_order(of):
    """From where its past is that of the flow: one it has been following."""

    def off(of, steps):
        # The start has no past; both go on from where the first 40 moves lead.
        early = train(Experiment(NETWORK, RISK, of, until=40), records=1).network
        whole = end(of, 40 + steps)
        flow = GradientFlow(1e-11, 1e-13, memory=of)
        there = Experiment(early, RISK, flow, until=steps * of.step)
        network = train(there, records=1).network
        reached = np.concatenate([np.ravel(x) for x in jax.tree.leaves(network)])
        return np.abs(whole - reached).max()

    assert abs(np.log2(off(of, 100) / off(halved(of), 200)) - 2) < 0.15


def test_noise_slows_its_limit():
    def reached(**batch):
        of = Adam(1e-3, 0.4, 0.99, **batch)
        flow = GradientFlow(1e-4, 1e-6, solver="explicit", memory=of)
        there = Experiment(NETWORK, RISK, flow, until=0.02)
        network = train(there, records=1).network
        return RISK.value(network)

    # The square it divides by has the variance of the batches in it.
    assert reached() < reached(batch=2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientFlow(memory=SignDescent(0.1)),
        lambda: GradientFlow(memory=AdamW(0.1)),
        lambda: GradientFlow(memory=Adam(0.1), clock="log-risk"),
        lambda: Experiment(
            LINEAR, FISHER, GradientFlow(memory=Adam(batch=8)), until=1.0
        ),
    ],
    ids=["no memory", "decay", "clock", "no mean"],
)
def test_what_has_no_limit_is_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 40


def test_nought_over_nought_says_so():
    weights = [np.zeros((2, 4)), np.ones((1, 2))]  # tanh(0): the read-out is not seen
    flow = Memoryless(Adam(0.01, eps=0.0), correction=False, window=2)
    run = train(Experiment(MLP(weights), RISK, flow, until=3), records=1)
    assert "give eps > 0" in present(run.reason)
    np.testing.assert_array_equal(run.network.weights[0], weights[0])


@pytest.mark.parametrize("of", ["Adam, outside", "Nesterov"])
def test_what_is_foreseen_of_memory_is_the_sum_of_its_corrections(of):
    moves, flow = 5, eqx.tree_at(lambda f: f.step, FOLLOWED[of], 1.0)
    total = 0.0
    for sign, correction in ((1, True), (-1, False)):
        still = Memoryless(flow, correction, window=window(flow))
        memory = still.memory(RISK, NETWORK, jax.random.key(7))
        for k in range(moves):
            moved, memory = still.move(RISK, NETWORK, memory, jnp.asarray(k))
            total = total + sign * ravel_pytree(moved)[0]
    true = Experiment(NETWORK, RISK, FOLLOWED[of], until=moves, seed=7)
    np.testing.assert_allclose(carried(true, moves), total, rtol=1e-11, atol=1e-12)
