"""Questions in several processes: the answers of one, in their order."""

import contextlib
import multiprocessing
import os
import time

import numpy as np
import pytest
import xarray

from tacit.reporting import Section
from tacit.studies import Answer, Question
from tacit.studies.side_by_side import answers


def slow(quick):
    time.sleep(1.0)
    return quickly(quick)


def quickly(quick):
    record = xarray.Dataset({"x": ("time", np.arange(3.0))}, attrs={"pid": os.getpid()})
    return Answer(Section("A heading", f"quick: {quick}"), (), {"run": record})


def wrong(quick):
    raise ArithmeticError(f"quick: {quick}")


def endless(quick):
    del quick
    time.sleep(600)


def asked(*asks):
    return [Question(ask.__name__, "a text", ask, "An answer.") for ask in asks]


def process(answer):
    return answer.records["run"].attrs["pid"]


def test_answers_come_in_the_order_of_the_questions():
    found = list(answers(asked(slow, quickly, slow), 2, quick=True))
    assert len({process(each) for each in found} - {os.getpid()}) == 2
    assert [each.section.parts for each in found] == [("quick: True",)] * 3


def test_one_worker_is_this_process():
    (found,) = answers(asked(quickly), 1, quick=False)
    assert process(found) == os.getpid()


def test_a_question_that_fails_fails_here():
    with pytest.raises(ArithmeticError, match="quick: False"):
        list(answers(asked(wrong, quickly), 2, quick=False))


def test_what_is_still_asked_is_given_up_on_closing():
    begun, before = time.perf_counter(), set(multiprocessing.active_children())
    with contextlib.closing(answers(asked(quickly, endless), 2, quick=False)) as found:
        next(found)
    left = set(multiprocessing.active_children()) - before
    for child in left:
        child.join(20)
    assert not any(child.is_alive() for child in left)
    assert time.perf_counter() - begun < 120
