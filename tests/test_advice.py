"""Advice on Adam's memories: signs that are known, limits, regimes, and the verb."""

import json
import math
import re
from typing import Any

import pytest
from typer.testing import CliRunner

import tacit
from tacit.cli import app
from tacit.errors import DataError, OptionError
from tacit.memory import (
    adam_schedule_advice,
    beta_of_half_life,
    half_life_of_beta,
    Stage,
)


PAIR: dict[str, Any] = {"beta1": (0.9,), "beta2": (0.999,)}


def test_without_noise_both_forms_are_the_difference_of_the_ages():
    for each in tacit.adam_advice(16, 0.0):
        ages = each.beta1 / (1 - each.beta1), each.beta2 / (1 - each.beta2)
        assert each.long == pytest.approx(ages[0] - ages[1])
        assert each.second == pytest.approx(ages[0] - ages[1])


def test_a_batch_of_all_samples_has_no_noise():
    whole = tacit.adam_advice(64, 50.0, samples=64, **PAIR)[0]
    assert whole.noise == 0
    half = tacit.adam_advice(32, 50.0, samples=64, **PAIR)[0]
    assert half.noise == pytest.approx(50 * 32 / (63 * 32))
    assert tacit.adam_advice(32, 64.0, **PAIR)[0].noise == 2


def test_enough_noise_turns_the_sign_where_the_ages_say():
    """The long-memory form changes sign at 1 + noise = B2 / B1."""
    turn = (0.999 / 0.001) / (0.9 / 0.1) - 1
    for noise, effect in (
        (0.99 * turn, "anti-regularises"),
        (1.01 * turn, "regularises"),
    ):
        assert tacit.adam_advice(1, noise, **PAIR)[0].effect == effect


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0, 5.0])
def test_a_longer_second_memory_always_raises_the_norm(noise):
    found = tacit.adam_advice(1, noise, beta1=(0.9,), beta2=(0.98, 0.99, 0.999))
    values = [each.value for each in found]
    assert values == sorted(values, reverse=True)
    turned = [each.second for each in found]
    assert (turned == sorted(turned)) == (noise > 0.5), "the formula's own trend"


@pytest.mark.parametrize(
    ("noise", "beta2", "regime"),
    [
        (0.05, 0.999, "both"),
        (0.05, 0.9, "second order"),
        (2.0, 0.999, "long memory"),
        (2.0, 0.98, "long memory"),
        (2.0, 0.9, "neither"),
    ],
)
def test_each_form_speaks_where_it_is_valid(noise, beta2, regime):
    found = tacit.adam_advice(1, noise, beta1=(0.5,), beta2=(beta2,))[0]
    assert found.regime == regime
    assert (
        math.isnan(found.value)
        == (regime == "neither")
        == (found.effect == "not known")
    )
    if regime == "both":
        assert found.value == found.long
        assert found.second == pytest.approx(found.long, rel=3 * noise**2 + 2e-3)


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"batch": 0}, DataError, "batch counts samples"),
        ({"noise_scale": -1.0}, DataError, "0 or more"),
        ({"noise_scale": math.nan}, DataError, "0 or more"),
        ({"samples": 3}, DataError, "cannot be drawn from 3"),
        ({"beta1": (1.0,)}, DataError, r"in \[0, 1\); got 1.0"),
        ({"beta2": (-0.1,)}, DataError, r"in \[0, 1\); got -0.1"),
        ({"model": "pink"}, OptionError, "independent, coordinate, scale"),
    ],
)
def test_bad_numbers_are_named(words, error, says):
    with pytest.raises(error, match=says):
        tacit.adam_advice(**{"batch": 8, "noise_scale": 1.0, **words})


def shell(*words):
    return CliRunner().invoke(app, ["advise-adam", *words])


def test_the_verb_prints_a_row_a_pair_and_what_it_rests_on():
    done = shell("--batch", "32", "--noise-scale", "48")
    assert done.exit_code == 0
    rows = re.findall(r"^0\.\d+ +0\.\d+ .*regularises|not known", done.stdout, re.M)
    assert len(rows) == 20
    assert "noise of a batch over its gradient: 1.5" in done.stdout
    assert "They say nothing of sharpness" in done.stdout
    assert "formula only" in done.stdout
    assert "unusual, beta2 < beta1²" in done.stdout
    calm = shell("--batch", "480", "--noise-scale", "48").stdout
    assert "formula only" not in calm


def test_the_verb_as_json():
    done = shell(
        *("--batch", "32", "--noise-scale", "48", "--samples", "64", "--json"),
        *("--beta1", "0.9", "--beta2", "0.9", "--beta2", "0.999"),
    )
    record = json.loads(done.stdout)
    assert record["schema"] == "tacit.advise-adam/1"
    assert record["noise"] == pytest.approx(48 / 63)
    assert record["second_order_trend_turned"]
    assert [each["beta2"] for each in record["grid"]] == [0.9, 0.999]
    assert record["grid"][0]["coefficient"] is None
    assert record["grid"][1]["effect"] == "anti-regularises"
    assert record["grid"][1]["coefficient"] == record["grid"][1]["long_memory"]


@pytest.mark.parametrize(
    "words",
    [
        ["--batch", "0", "--noise-scale", "1"],
        ["--batch", "8", "--noise-scale", "1", "--model", "pink"],
        ["--batch", "8", "--noise-scale", "1", "--beta2", "1"],
    ],
)
def test_the_verb_refuses_bad_numbers(words):
    done = shell(*words)
    assert isinstance(done.exception, tacit.errors.TacitError)  # main says it, code 2
    assert done.stdout == ""


def test_the_verb_needs_both_measurements():
    assert shell("--batch", "8").exit_code == 2


def test_a_half_life_is_the_time_to_half_the_weight():
    beta = beta_of_half_life(3000.0, 32, tokens=5.0)
    assert beta ** (3000 / (32 * 5)) == pytest.approx(0.5)
    assert half_life_of_beta(beta, 32, tokens=5.0) == pytest.approx(3000)
    one = beta_of_half_life(1000.0, 16)
    assert beta_of_half_life(1000.0, 32) == pytest.approx(one**2), "twice the samples"


def test_at_a_fixed_half_life_the_second_term_peaks_at_the_noise_scale():
    """What the note says of -B2 / (1 + noise)², by values on a grid of batches."""
    batches = [2**k for k in range(4, 13)]
    found = adam_schedule_advice(
        batches[:1], 256.0, beta1=(0.0,), half_life2=1e6
    )  # beta1 = 0 leaves that term alone
    values = [
        adam_schedule_advice([b], 256.0, beta1=(0.0,), half_life2=1e6)[0].advice.long
        for b in batches
    ]
    assert found[0].advice.long == values[0]
    assert batches[values.index(min(values))] == 256


def test_a_schedule_is_the_advice_of_each_stage_and_says_when_it_speaks():
    stages = [Stage(32, 1000), Stage(256, 40), Stage(1024)]
    found = adam_schedule_advice(stages, 228.0, beta1=(0.9,), beta2=(0.99,))
    assert [each.stage for each in found] == stages
    for each in found:
        alone = tacit.adam_advice(each.stage.batch, 228.0, beta1=(0.9,), beta2=(0.99,))
        assert each.advice == alone[0]
        assert 0.99**each.settling <= 0.05 < 0.99 ** (each.settling - 1)
    assert found[0].covered == pytest.approx(1 - found[0].settling / 1000)
    assert [found[1].covered, found[2].covered] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("stages", "words", "says"),
    [
        ([], {}, "one stage or more"),
        ([Stage(32), Stage(64)], {}, "batch 32 has no number of steps"),
        ([Stage(32, 0)], {}, "one step or more"),
        ([Stage(32)], {"half_life2": 0.0}, "half-life is above 0"),
        ([Stage(32)], {"half_life2": 9.0, "tokens": 0.0}, "above 0"),
    ],
)
def test_bad_schedules_are_named(stages, words, says):
    with pytest.raises(DataError, match=says):
        adam_schedule_advice(stages, 1.0, **words)


def test_the_verb_takes_a_schedule_and_a_half_life():
    words = ("--noise-scale", "228", "--beta1", "0.9", "--half-life2", "50000")
    done = shell("--batch", "32x1000,256x9000,256", *words, "--tokens", "4")
    assert done.exit_code == 0
    assert re.findall(r"^batch (\d+), (.*):$", done.stdout, re.M) == [
        ("32", "1000 steps"),
        ("256", "9000 steps"),
        ("256", "for good"),
    ]
    assert done.stdout.count("not within this stage") == 1
    assert "2^(-tokens in a batch / h)" in done.stdout
    record = json.loads(
        shell("--batch", "32x1000,256", *words, "--tokens", "4", "--json").stdout
    )
    assert record["stages"][0]["grid"][0]["beta2"] == pytest.approx(
        2 ** (-32 * 4 / 50000)
    )
    assert record["stages"][0]["grid"][0]["covered"] == 0
    assert record["stages"][1]["steps"] is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--batch", "32*9,64"), r"32x2000,64x4000"),
        (("--beta2", "0.9", "--half-life2", "9"), "not both"),
        (("--noise-scale", "no-such-file.json"), "is neither"),
    ],
)
def test_the_verb_names_what_it_cannot_read(words, says):
    given = {"--batch": "8", "--noise-scale": "1"}
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    done = shell(*[x for pair in (given | pairs).items() for x in pair])
    assert re.search(says, str(done.exception))


def test_a_file_without_a_finite_scale_says_what_to_do(tmp_path):
    path = tmp_path / "noise.json"
    path.write_text('{"noise_scale": null, "interval": [12.0, null]}')
    done = shell("--batch", "8", "--noise-scale", str(path))
    assert "over more steps" in str(done.exception)
    path.write_text("48.0\n")
    assert shell("--batch", "8", "--noise-scale", str(path)).exit_code == 0
