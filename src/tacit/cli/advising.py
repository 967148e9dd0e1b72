"""`tacit advise-adam`."""

import math
from typing import Annotated

import typer

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


@app.command("advise-adam")
def advise_adam(
    *,
    batch: Annotated[int, typer.Option(help="Samples in a batch.")],
    noise_scale: Annotated[
        float, typer.Option(help="tr Σ / |g|² in samples, as measured.")
    ],
    samples: Annotated[
        int | None, typer.Option(help="Training samples, if batches are shuffles.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="Noise: independent, coordinate or scale.")
    ] = "independent",
    beta1: Annotated[list[float] | None, typer.Option(help="Repeat for more.")] = None,
    beta2: Annotated[list[float] | None, typer.Option(help="Repeat for more.")] = None,
    as_json: Json = False,
) -> None:
    """Say what Adam's memory does at this noise."""
    from ..memory.advice import adam_advice, BETA1, BETA2, LITTLE, LONG

    rows = adam_advice(
        batch,
        noise_scale,
        samples=samples,
        model=model,
        beta1=tuple(beta1 or BETA1),
        beta2=tuple(beta2 or BETA2),
    )
    noise = rows[0].noise
    turned = noise > 0.5 and model != "scale"
    if as_json:
        given = {"batch": batch, "noise_scale": noise_scale, "samples": samples}
        limits = {"second_order_noise": LITTLE, "long_memory_1_minus_beta2": LONG}
        print_json(
            "advise-adam",
            **given,
            model=model,
            noise=noise,
            trusted_up_to=limits,
            second_order_trend_turned=turned,
            grid=[
                {
                    "beta1": each.beta1,
                    "beta2": each.beta2,
                    "coefficient": None if math.isnan(each.value) else each.value,
                    "effect": each.effect,
                    "regime": each.regime,
                    "long_memory": each.long,
                    "second_order": each.second,
                    "usual": each.beta2 >= each.beta1**2,
                }
                for each in rows
            ],
        )
        return
    print(f"noise of a batch over its gradient: {noise:.3g} ({model})")
    print(f"{'beta1':<7} {'beta2':<7} {'C':>10}  {'long':>10} {'second':>10}  effect")
    for each in rows:
        value = "-" if math.isnan(each.value) else f"{each.value:.3g}"
        odd = "; unusual, beta2 < beta1²" if each.beta2 < each.beta1**2 else ""
        print(
            f"{each.beta1:<7g} {each.beta2:<7g} {value:>10}  {each.long:>10.3g} "
            f"{each.second:>10.3g}  {each.effect} ({each.regime}){odd}"
        )
    print("\n".join(("", *NOTES, *([BEYOND.format(noise=noise)] if turned else []))))
