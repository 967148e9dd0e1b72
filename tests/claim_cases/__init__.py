"""One example of every claim, and of every variant that runs differently."""

from . import adam_noise, alignment, deep_lda, saddle_escape


CLAIMS = adam_noise.CLAIMS | alignment.CLAIMS | deep_lda.CLAIMS | saddle_escape.CLAIMS
