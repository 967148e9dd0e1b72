"""Papers, each as experiments, claims and figures."""

from .base import AbstractStudy, Answer, Question
from .deep_lda import DeepLDA
from .reproduction import Report, reproduce, STUDIES


__all__ = [
    "AbstractStudy",
    "Answer",
    "DeepLDA",
    "Question",
    "Report",
    "STUDIES",
    "reproduce",
]
