"""One example of every claim, and of every variant that runs differently."""

from . import deep_lda


CLAIMS = deep_lda.CLAIMS
