"""Files as other tools write them, and numbers as a hand slips on the keyboard."""

from typing import Any

import numpy as np
import pytest

from tacit.errors import SpecError
from tacit.specs import Spec
from tests.specs import table


ROWS = "".join(
    f"{i},{i % 3},{i * i % 7},{'ab'[i % 2]},{1 + i % 2}.0\n" for i in range(12)
)


def read(tmp_path, head="x,gene_1,gene_2,g,code\n", **problem: Any):
    (tmp_path / "t.csv").write_text(head + ROWS)
    whole = {"file": "t.csv", "label": "g"} | problem
    return Spec.of(table(problem=whole), folder=tmp_path).problem.build()


@pytest.mark.parametrize(
    ("problem", "features"),
    [
        ({}, ("x", "gene_1", "gene_2", "code")),
        ({"features": ["gene_*"]}, ("gene_1", "gene_2")),
        ({"features": ["gene_2", "x"]}, ("gene_2", "x")),
        ({"features": ["gene_*", "gene_1"]}, ("gene_1", "gene_2")),
        ({"exclude": ["gene_*", "code"]}, ("x",)),
        ({"features": ["*"], "exclude": ["gene_1"]}, ("x", "gene_2", "code")),
    ],
)
def test_columns_are_named_or_matched(tmp_path, problem, features):
    assert read(tmp_path, **problem).features == features


def test_a_column_without_a_name_counts_rows_and_is_no_feature(tmp_path):
    found = read(tmp_path, head=",gene_1,gene_2,g,code\n")
    assert found.features == ("gene_1", "gene_2", "code")


def test_labels_with_a_point_are_the_whole_numbers_asked_for(tmp_path):
    found = read(tmp_path, label="code", classes=[1, 2], exclude=["g"])
    assert found.classes == (1, 2)
    assert np.all(found.labels == [1 + i % 2 for i in range(12)])
    targets = read(tmp_path, label="code", exclude=["g"])
    assert targets.classes == ()  # without `classes` they are real targets


def test_a_mark_at_the_start_of_a_file_is_read_over(tmp_path):
    from tacit.specs.toml import as_toml

    text = as_toml(table())
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_bytes(text.encode("utf-8-sig"))
    assert Spec.read(tmp_path / "a.toml") == Spec.read(tmp_path / "b.toml")


SLIPS = [
    ({"until": "10"}, "until", "got the text '10'. Leave the quotes out"),
    ({"until": 10**400}, "until", "up to 1.8e308"),
    ({"records": 10**9}, "records", "should be at most 1000000"),
    ({"network__depth": 10**9}, "network.depth", "should be at most 1000000"),
    ({"network__depth": "3"}, "network.depth", "the text '3'"),
    ({"seed": 2**70}, "seed", "should be below 9223372036854775808"),
    ({"seed": "0"}, "seed", "the text '0'"),
    ({"problem__standardised": 1}, "problem.standardised", "true or false"),
    ({"problem__standardised": "yes"}, "problem.standardised", "true or false"),
    ({"network__start": [10**400] * 13}, "network.start", "up to 1.8e308"),
    ({"flow__rtol": 10**400}, "flow.rtol", "up to 1.8e308"),
]


@pytest.mark.parametrize(("changes", "place", "says"), SLIPS)
def test_a_slip_is_told_before_memory_is_asked_for(changes, place, says):
    with pytest.raises(SpecError) as caught:
        Spec.of(table(**changes))
    told = dict(caught.value.mistakes)
    assert list(told) == [place]
    assert says in told[place]


@pytest.mark.parametrize("key", ["features", "exclude"])
def test_a_pattern_that_nothing_matches_is_told(tmp_path, key):
    with pytest.raises(SpecError, match=rf"problem.{key}: .*no {key}: column 'gne_\*'"):
        read(tmp_path, **dict[str, Any]({key: ["gne_*"]}))
