"""The sliders that several studies have."""

from .controls import Control, Slider


STEPS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
FLOW: dict[float | int, str] = {0.0: "the flow itself"}
BATCHES = (0, 8, 16, 32, 64, 128)
WHOLE: dict[float | int, str] = {0: "the whole sample"}

DEPTH = Slider("depth", "depth", tuple(range(1, 9)), 3, "layers of the network")
IMBALANCE = Slider(
    "imbalance",
    "imbalance",
    (0.0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1, 0.3, 0.6),
    0.0,
    "the first two layers start at 1 + this and 1 − this times the balanced start",
    {0.0: "balanced"},
)
START = Slider(
    "start", "start", (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), 1.0,
    "the size of the predictor at the start, times that of the study",
)  # fmt: skip
STEP = Slider("step", "step", STEPS, 0.0, "the length of a step of descent", FLOW)
BATCH = Slider("batch", "batch", BATCHES, 0, "samples a step sees", WHOLE)
RATIO = Slider(
    "ratio", "n/d", (1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0), 20.0,
    "samples to features",
)  # fmt: skip
TIME = Slider(
    "time", "time", (10.0, 100.0, 1e3, 1e4, 1e5, 1e6), 1e3, "when the run ends"
)
WRONG = Slider(
    "wrong", "wrong signs", tuple(range(7)), 0,
    "how many features start with the sign that their class means do not have",
)  # fmt: skip
SEED = Slider("seed", "draw", tuple(range(20)), 0, "which sample is drawn")

LDA: tuple[Control, ...] = (DEPTH, IMBALANCE, START, WRONG, STEP, BATCH, TIME)
