from . import (
    bridges as bridges,
    claims as claims,
    clocks as clocks,
    errors as errors,
    events as events,
    exponents as exponents,
    flows as flows,
    losses as losses,
    networks as networks,
    observables as observables,
    oracles as oracles,
    plateaus as plateaus,
    studies as studies,
    sweeps as sweeps,
)
from .advice import adam_advice as adam_advice, AdamAdvice as AdamAdvice
from .datasets import load as load
from .ensemble import train_ensemble as train_ensemble
from .events import Reaches as Reaches, RiskBelow as RiskBelow
from .experiment import Experiment as Experiment, Snapshot as Snapshot
from .problem import Problem as Problem
from .risk import Risk as Risk
from .scatter import Scatter as Scatter
from .studies import Report as Report, reproduce as reproduce
from .training import train as train, Trajectory as Trajectory
from .verdict import (
    check as check,
    judge as judge,
    Outcome as Outcome,
    Verdict as Verdict,
)
