"""`tacit claims` reads the source; it says what the classes say, in a half a second."""

import inspect
import subprocess
import sys

from tacit.claims.catalogue import every_claim
from tacit.claims.papers import cite
from tacit.cli.stated import stated_claims
from tacit.display.notation import plain
from tests.present import present


def test_what_is_read_is_what_the_classes_say():
    assert [tuple(each) for each in stated_claims()] == [
        (
            claim.id,
            claim.__name__,
            plain(claim().statement),
            cite(claim.source),
            claim.needs.__name__,
            claim.__module__.split(".")[2],
            plain(" ".join(present(inspect.getdoc(claim)).split("\n")[1:]).strip()),
        )
        for claim in every_claim()
    ]


def test_nothing_that_computes_is_imported():
    code = "from tacit.cli.stated import stated_claims; stated_claims(); import sys;"
    heavy = "print({'jax', 'numpy', 'scipy', 'equinox'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code + heavy], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
