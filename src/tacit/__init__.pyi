from . import (
    bridges as bridges,
    claims as claims,
    conservation as conservation,
    errors as errors,
    events as events,
    fits as fits,
    flows as flows,
    losses as losses,
    memory as memory,
    networks as networks,
    observables as observables,
    oracles as oracles,
    problems as problems,
    selection as selection,
    specs as specs,
    studies as studies,
    sweeps as sweeps,
)
from .bridges.sklearn import (
    DeepLDAClassifier as DeepLDAClassifier,
    DeepLDASelector as DeepLDASelector,
)
from .conservation import Laws as Laws, laws as laws
from .ensemble import train_ensemble as train_ensemble
from .events import Reaches as Reaches, RiskBelow as RiskBelow
from .experiment import Experiment as Experiment, Snapshot as Snapshot
from .integration import clocks as clocks
from .memory import adam_advice as adam_advice, AdamAdvice as AdamAdvice
from .prediction import Forecasts as Forecasts, predict as predict
from .problems import load as load, Problem as Problem, Scatter as Scatter
from .risk import Risk as Risk
from .studies import Report as Report, reproduce as reproduce
from .sweeps import Grid as Grid, Store as Store, Sweep as Sweep, sweep as sweep
from .training import train as train, Trajectory as Trajectory
from .verdict import (
    check as check,
    judge as judge,
    Outcome as Outcome,
    Verdict as Verdict,
)
