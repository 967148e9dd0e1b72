"""One example of every claim, and of every variant that runs differently."""

from . import alignment, deep_lda


CLAIMS = alignment.CLAIMS | deep_lda.CLAIMS
