"""`tacit advise-adam`."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError
from .base import app, Json, print_json


NOTES = (
    "C is the factor of the 1-norm of the gradient: per step, memory moves the\n"
    "parameters by -(step²) C grad|g|_1 / |g|. Below 0 it raises the norm.",
    "long memory: any noise, to within a few (1 - beta2); trusted for beta2 >= 0.98.",
    "second order: any beta2, to first order in the noise; trusted for noise <= 0.1.",
    "Both take the noise to be alike in all coordinates, and the step small against\n"
    "1 - beta2. They say nothing of sharpness, validation loss or speed.",
)
BEYOND = (
    "formula only: at noise {noise:.3g} the second-order formula has passed the noise\n"
    "at which its trend in beta2 turns (a half, for independent noise). The turn is a\n"
    "property of the formula: the 1-norm itself is raised by a larger beta2 at every\n"
    "noise, only less and less."
)
STAGES = (
    "Both are averages over batches of one size: in a stage they speak of the steps\n"
    "after `settling`, when less than 5 % of the memory is from before it. The noise\n"
    "scale is taken to be the same in all stages; in training it often grows."
)
HALF_LIFE = (
    "A half-life of h tokens is beta = 2^(-tokens in a batch / h). With beta2 so, its\n"
    "term -B2 / (1 + noise)², for independent noise, is largest where the batch\n"
    "equals the noise scale, and small for batches far from it on either side."
)


DRIFT = (
    "note: the noise scale drifts: {first} samples in the first half of the last\n"
    "{steps} steps, {last} in the second. The average is stale and its interval too\n"
    "narrow; measure with a shorter window, NoiseScale(..., window={half})."
)


@app.command("advise-adam")
def advise_adam(
    *,
    batch: Annotated[
        str,
        typer.Option(help="Samples in a batch; or stages, 32x2000,64x4000,128."),
    ],
    noise_scale: Annotated[
        str,
        typer.Option(help="tr Σ / |g|² in samples, or the file of a NoiseScale."),
    ],
    samples: Annotated[
        int | None, typer.Option(help="Training samples, if batches are shuffles.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            help="How noise is spread: independent across coordinates; "
            "coordinate, which counts that of each with itself too; "
            "scale, one random factor on the whole loss."
        ),
    ] = "independent",
    beta1: Annotated[
        list[float] | None,
        typer.Option(help="Repeat for more; 0.9, 0.95, 0.99 and 0.999 if not given."),
    ] = None,
    beta2: Annotated[
        list[float] | None,
        typer.Option(help="Repeat for more; 0.9 to 0.9999 in five if not given."),
    ] = None,
    half_life1: Annotated[
        float | None, typer.Option(help="Of beta1, in tokens; instead of it.")
    ] = None,
    half_life2: Annotated[
        float | None, typer.Option(help="Of beta2, in tokens; instead of it.")
    ] = None,
    tokens: Annotated[float, typer.Option(help="Tokens in a sample.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Say what Adam's memory does at this noise."""
    from ..memory import adam_schedule_advice
    from ..memory.advice import BETA1, BETA2

    for given, life, name in ((beta1, half_life1, "1"), (beta2, half_life2, "2")):
        if given and life is not None:
            raise DataError(f"give --beta{name} or --half-life{name}, not both.")
    scale, interval, drift = _measured(noise_scale)
    stages = _stages(batch)
    rows = adam_schedule_advice(
        stages,
        scale,
        samples=samples,
        model=model,
        beta1=tuple(beta1 or BETA1),
        beta2=tuple(beta2 or BETA2),
        half_life1=half_life1,
        half_life2=half_life2,
        tokens=tokens,
    )
    parts = [[row for row in rows if row.stage is stage] for stage in stages]
    if as_json:
        lives = {"half_life1": half_life1, "half_life2": half_life2, "tokens": tokens}
        given = {"noise_scale": scale, "interval": interval, "samples": samples}
        given["drifts"] = bool(drift)
        _print_json(parts, given | {"model": model, **lives})
        return
    if interval is not None:
        ends = ["inf" if x is None else f"{x:.3g}" for x in interval]
        print(f"noise scale: {scale:.4g} samples, 95 % interval {' to '.join(ends)}")
    if drift:
        print(drift)
    turned = 0.0
    for part in parts:
        stage, noise = part[0].stage, part[0].advice.noise
        if len(parts) > 1:
            lasts = "for good" if stage.steps is None else f"{stage.steps} steps"
            print(f"batch {stage.batch}, {lasts}:")
        print(f"noise of a batch over its gradient: {noise:.3g} ({model})")
        _print_rows(part, settles=len(parts) > 1)
        if _turned(noise, model):
            turned = max(turned, noise)
    notes = [*NOTES]
    notes += [STAGES] if len(parts) > 1 else []
    notes += [HALF_LIFE] if half_life2 is not None else []
    notes += [BEYOND.format(noise=turned)] if turned else []
    print("\n".join(("", *notes)))


def _turned(noise: float, model: str) -> bool:
    return noise > 0.5 and model != "scale"


def _stages(text: str) -> list:
    """``32x2000,64x4000,128`` as stages; one of its own even where two are alike."""
    from ..memory import Stage

    found = []
    for part in text.split(","):
        size, _, steps = part.strip().partition("x")
        try:
            found.append(Stage(int(size), int(steps) if steps else None))
        except ValueError:
            raise DataError(
                f"--batch is a number of samples, or stages such as 32x2000,64x4000,128"
                f" (samples x steps); got {part!r}."
            ) from None
    return found


def _measured(text: str) -> tuple[float, list[float | None] | None, str]:
    """The noise scale, its interval and what is said of its drift: of a number none.

    From a number, or from a file that has them.
    """
    try:
        return float(text), None, ""
    except ValueError:
        pass
    try:
        record = json.loads(Path(text).read_text())
        if isinstance(record, int | float):
            return float(record), None, ""
        scale, interval = record["noise_scale"], record.get("interval")
        drift = _drift(record) if record.get("drifts") else ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "--noise-scale is a number, or a file that NoiseScale.save wrote; "
            f"{text!r} is neither ({type(error).__name__}: {error})."
        ) from None
    if scale is None:
        raise DataError(
            f"{text}: the noise scale is infinite: no gradient is told from the noise, "
            f"whose interval is {interval}. Measure it over more steps."
        )
    return float(scale), interval, drift


def _drift(record) -> str:
    halves = [half[0] for half in record["halves"]]
    first, last = ("inf" if x is None else f"{x:.3g}" for x in halves)
    steps = record["steps"]
    return DRIFT.format(first=first, last=last, steps=steps, half=max(steps // 10, 1))


def _print_rows(part, *, settles) -> None:
    more = "  settling" if settles else ""
    head = f"{'beta1':<7} {'beta2':<7} {'C':>10}  {'long':>10} {'second':>10}"
    print(f"{head}{more}  effect")
    for row in part:
        each = row.advice
        value = "-" if math.isnan(each.value) else f"{each.value:.3g}"
        odd = "; unusual, beta2 < beta1²" if each.beta2 < each.beta1**2 else ""
        odd += "; not within this stage" if not row.covered else ""
        wait = f"{row.settling:>10}" if settles else ""
        print(
            f"{each.beta1:<7.4g} {each.beta2:<7.6g} {value:>10}  {each.long:>10.3g} "
            f"{each.second:>10.3g}{wait}  {each.effect} ({each.regime}){odd}"
        )


def _print_json(parts, given) -> None:
    from ..memory.advice import LITTLE, LONG

    stages = [
        {
            "batch": part[0].stage.batch,
            "steps": part[0].stage.steps,
            "noise": part[0].advice.noise,
            "second_order_trend_turned": _turned(part[0].advice.noise, given["model"]),
            "grid": [_row(row) for row in part],
        }
        for part in parts
    ]
    alone = stages[0] if len(stages) == 1 else {"stages": stages}
    limits = {"second_order_noise": LITTLE, "long_memory_1_minus_beta2": LONG}
    print_json("advise-adam", **given, trusted_up_to=limits, **alone)


def _row(row) -> dict:
    each = row.advice
    return {
        "beta1": each.beta1,
        "beta2": each.beta2,
        "coefficient": None if math.isnan(each.value) else each.value,
        "effect": each.effect,
        "regime": each.regime,
        "long_memory": each.long,
        "second_order": each.second,
        "usual": each.beta2 >= each.beta1**2,
        "settling_steps": row.settling,
        "covered": row.covered,
    }
