"""What every claim is."""

import abc
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TYPE_CHECKING

import equinox as eqx
from jaxtyping import ArrayLike

from ..errors import ClaimError, OptionError, require_kind
from ..experiment import Experiment, N
from ..networks import AbstractNetwork
from ..observables import AbstractObservable
from ..training import Trajectory
from .papers import cite, each_source, Source, STATUS
from .parts import exceeding, Forecast, Hypothesis, optional, relative, Rival, Term


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar


PARTS = ("id", "source", "needs", "sees")
"""What a claim states as data."""


class AbstractClaim(eqx.Module, Generic[N]):
    """A theorem about where training goes, in a form a run can be held against.

    To add one: subclass, set the data, define the abstract methods, and either
    `forecast` or `predicted`. The verdict compares `predicted` with `measured`: it
    *holds* if their `distance` is within the `budget` and that of every rival is not,
    *fails* beyond the budget, and is *undecided* where the budget also covers a rival.
    """

    id: AbstractClassVar[str]
    """A short name, such as ``"B3"``: the section and the number."""

    source: AbstractClassVar[Source | tuple[Source, ...]]
    """The paper and the theorem in it, and whether it is quoted, derived, corrected."""

    needs: AbstractClassVar[type[AbstractNetwork]]
    """The kind of network the theorem is about."""

    sees: AbstractClassVar[float]
    """The smallest relative error in its own statement that it notices on its witness:
    in an exponent, a factor, a direction."""

    observes: ClassVar[tuple[AbstractObservable, ...]] = ()
    """What must be recorded during the run for `measured` to be computed."""

    at_most: ClassVar[bool] = False
    """Whether what it predicts is a bound: what is measured may well be less. `sees` is
    then by what part the bound could be lower and still be noticed."""

    records: ClassVar[int | ArrayLike] = 50
    """At how many times, or at which, as `tacit.train` takes them."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__name__.startswith("Abstract"):
            _require_parts(cls)

    @property
    def reference(self) -> str:
        """Where the theorem comes from, in words."""
        return cite(self.source)

    @property
    def statement(self) -> str:
        """What it states: the first line of its docstring, with our notation."""
        return (type(self).__doc__ or "").strip().split("\n")[0].strip()

    @property
    def foresees(self) -> bool:
        """Whether it says what will happen before any training."""
        return type(self).forecast is not AbstractClaim.forecast

    @abc.abstractmethod
    def hypotheses(self, experiment: Experiment[N]) -> Iterable[Hypothesis]:
        """The theorem's conditions on the experiment, tested without training."""

    @optional
    def conditions(self, run: Trajectory[N]) -> Iterable[Hypothesis]:
        """The theorem's conditions on the run: a norm reached, a sample fitted."""
        del run
        return ()

    @optional
    def forecast(self, experiment: Experiment[N]) -> Forecast:
        """What the theorem predicts, without training, certified.

        A claim whose prediction lives on the path defines `predicted` instead.
        """
        raise NotImplementedError(f"{type(self).__name__} predicts on the path")

    @optional
    def predicted(self, run: Trajectory[N]) -> Any:
        """What the theorem predicts of this run: a number or an array."""
        return foretold(self, run.experiment).value

    @abc.abstractmethod
    def measured(self, run: Trajectory[N]) -> Any:
        """The same quantity, read off the run."""

    @optional
    def distance(self, predicted: Any, measured: Any, run: Trajectory[N]) -> float:
        """How far the two are apart, free of scale: the largest relative difference.

        Of a bound it is the largest relative excess over it.
        """
        del run
        return (exceeding if self.at_most else relative)(predicted, measured)

    @abc.abstractmethod
    def budget(self, run: Trajectory[N]) -> Iterable[Term]:
        """The errors that the theorem allows on this run, each named, with a reason."""

    @abc.abstractmethod
    def rivals(self, run: Trajectory[N]) -> Iterable[Rival]:
        """False statements nearby, and what each predicts of this run."""

    @abc.abstractmethod
    def witness(self, seed: int | None = None) -> Experiment[N]:
        """A small experiment that meets every hypothesis; another draw for a seed."""

    @abc.abstractmethod
    def foil(self, seed: int | None = None) -> Experiment[N]:
        """The witness with a hypothesis broken, so that the conclusion is false."""


def foretold(claim: AbstractClaim[N], experiment: Experiment[N]) -> Forecast:
    """The forecast of `claim`; raises `KindError` if it returns something else."""
    told, name = claim.forecast(experiment), type(claim).__name__
    room = "tacit.claims.Forecast(value, about)"
    require_kind(f"what {name}.forecast returns", told, Forecast, room)
    return told


def _require_parts(cls: type[AbstractClaim]) -> None:
    """Raise `ClaimError` naming what a claim does not define.

    And `OptionError` for a source whose status is not one of `STATUS`.
    """
    asked = {
        name
        for parent in cls.__mro__[1:]
        for name in getattr(parent, "__abstractmethods__", ())
    }
    missing = [
        name
        for name in sorted(asked)
        if getattr(getattr(cls, name), "__isabstractmethod__", False)
    ]
    missing += [name for name in PARTS if not hasattr(cls, name)]
    if (
        cls.forecast is AbstractClaim.forecast
        and cls.predicted is AbstractClaim.predicted
    ):
        missing.append("forecast or predicted")
    if missing:
        raise ClaimError(cls.__name__, missing)
    for source in each_source(cls.source):
        if source.status not in STATUS:
            what = f"the status of the source of {cls.__name__}"
            raise OptionError(what, source.status, STATUS)
