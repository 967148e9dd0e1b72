"""Papers, each as experiments, claims and figures."""

from .alignment import Alignment
from .base import AbstractStudy, Answer, Question
from .deep_lda import DeepLDA
from .reproduction import Report, reproduce, STUDIES
from .saddle_escape import SaddleEscape


__all__ = [
    "AbstractStudy",
    "Alignment",
    "Answer",
    "DeepLDA",
    "Question",
    "Report",
    "STUDIES",
    "SaddleEscape",
    "reproduce",
]
