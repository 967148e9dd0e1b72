from . import synthetic as synthetic
from .datasets import load as load, SETS as SETS
from .problem import Problem as Problem
from .scatter import Scatter as Scatter
from .synthetic import (
    strong_weak_noise as strong_weak_noise,
    two_gaussians as two_gaussians,
)
from .trees import scatter_blocks as scatter_blocks, scatter_file as scatter_file
