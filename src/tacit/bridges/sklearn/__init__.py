"""scikit-learn: sparse discriminant analysis as a classifier and as a selector."""

from .classifier import DeepLDAClassifier
from .selector import DeepLDASelector


__all__ = ["DeepLDAClassifier", "DeepLDASelector"]
