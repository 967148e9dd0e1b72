"""Papers, each as experiments, claims and figures."""

from .adam_noise import AdamNoise
from .alignment import Alignment
from .base import AbstractStudy, Answer, Question
from .deep_lda import DeepLDA
from .laws import ConservedLaws
from .phase_diagram import PhaseDiagram
from .reproduction import Report, reproduce, STUDIES
from .saddle_escape import SaddleEscape


__all__ = [
    "AbstractStudy",
    "AdamNoise",
    "Alignment",
    "Answer",
    "ConservedLaws",
    "DeepLDA",
    "PhaseDiagram",
    "Question",
    "Report",
    "STUDIES",
    "SaddleEscape",
    "reproduce",
]
