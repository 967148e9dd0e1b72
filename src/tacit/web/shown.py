"""The studies on the dashboard: what each asks, and what can be moved in it.

Plain data: what computes them is in `tacit.web.benches`, imported when first asked.
"""

import dataclasses

from .controls import Choice, Name, Slider
from .sliders import (
    BATCH,
    BATCHES,
    DEPTH,
    FLOW,
    IMBALANCE,
    LDA,
    RATIO,
    SEED,
    START,
    STEP,
    STEPS,
    TIME,
)
from .study import Shown


ALL = (
    Shown(
        "deep-lda",
        "Implicit bias in deep LDA",
        "Li (2026), arXiv:2603.02622",
        "https://arxiv.org/abs/2603.02622",
        r"A diagonal linear network $w = \theta_1 \odot \dots \odot \theta_L$ descends "
        r"$-\log J$, with $J$ the ratio of between-class to within-class scatter along "
        "$w$. $J$ does not see the length of $w$: which discriminant does the flow "
        "prefer, and does depth $L$ change it?",
        "deep_lda",
        (*LDA[:4], RATIO, *LDA[4:], SEED),
    ),
    Shown(
        "alignment",
        "Alignment and margins of deep linear networks",
        "Ji and Telgarsky (2019), arXiv:1810.02032",
        "https://arxiv.org/abs/1810.02032",
        r"A linear network $W_L \cdots W_1$ descends the exponential loss on two "
        "classes that a hyperplane separates. Its norm goes to infinity, its layers "
        r"align, and its predictor $w$ turns to the direction $\bar u$ of largest "
        r"margin $\gamma$.",
        "alignment",
        (
            dataclasses.replace(DEPTH, stops=tuple(range(1, 7))),
            Slider(
                "imbalance", "imbalance", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0), 0.0,
                "normal noise on layers that are balanced and of rank one",
                {0.0: "balanced"},
            ),
            START,
            dataclasses.replace(RATIO, stops=(3.0, 5.0, 7.0, 10.0, 20.0), default=7.0),
            Slider(
                "step", "step", STEPS[:7], 0.0,
                "of descent, divided by the risk; it is raised again as the risk falls",
                FLOW,
            ),
            dataclasses.replace(BATCH, stops=BATCHES[:4]),
            Slider(
                "norm", "norm at the end", (10.0, 100.0, 1e3, 1e4, 1e6, 1e9, 1e12), 1e6,
                "of the predictor; that is the clock of this flow",
            ),
            SEED,
        ),
        ("depth", "ratio"),
    ),
    Shown(
        "saddle-escape",
        "Escape from the saddle of small initialisation",
        "Rawal and DeWeese (2026), arXiv:2605.01288",
        "https://arxiv.org/abs/2605.01288",
        r"A network whose last $r$ layers start at the gain $\varepsilon$ stands at a "
        "saddle of the squared error $R$. It waits there for a time that grows like "
        r"$\varepsilon^{-(r-2)}$: the power counts the layers that start small, not "
        "the depth.",
        "saddle_escape",
        (
            Slider("depth", "depth", (2, 3, 4, 5), 4, "layers of the network"),
            Slider("small", "small layers r", (1, 2, 3, 4, 5), 3, "the last ones"),
            Slider(
                "start", "start ε", (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 1e-3,
                "the gain of the small layers",
            ),
            Slider(
                "imbalance", "imbalance", (0.0, 0.03, 0.1, 0.3, 0.6), 0.0,
                "by what share the last layer starts smaller", {0.0: "alike"},
            ),
            Choice(
                "activation", "activation",
                dict(tanh="tanh", identity="identity", relu="ReLU", gelu="GELU"),
                "tanh",
            ),
            dataclasses.replace(
                STEP, stops=(0.0, 0.03, 0.1, 0.3), about="of descent, until it escapes"
            ),
            dataclasses.replace(BATCH, stops=(0, 4, 8, 16, 32)),
            dataclasses.replace(
                RATIO, stops=(2.0, 3.0, 5.0, 8.0, 16.0, 32.0), default=16.0
            ),
        ),
        ("depth", "ratio"),
    ),
    Shown(
        "adam-noise",
        "Memory and mini-batch noise in Adam",
        "Cattaneo and Shigida (2026), arXiv:2602.01642",
        "https://arxiv.org/abs/2602.01642",
        r"Two layers of tanh units learn 32 noisy samples by Adam. An optimiser with "
        "memory is an iteration without memory and a correction that can be computed, "
        "beside which the run is drawn. The correction raises the 1-norm of the "
        r"gradient where $\beta_2 > \beta_1$; noise damps that.",
        "adam_noise",
        (
            Slider(
                "batch", "batch", (1, 2, 4, 8, 16, 32), 8, "samples a step sees",
                {32: "the whole sample"},
            ),
            Slider(
                "beta1", "β₁", (0.0, 0.5, 0.8, 0.9, 0.95), 0.8,
                "the memory of the mean gradient",
            ),
            Slider(
                "beta2", "β₂", (0.8, 0.9, 0.95, 0.97, 0.98), 0.97,
                "the memory of its square",
            ),
            Slider("step", "step", (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 1e-3),
            Slider(
                "noise", "noise", (0.0, 0.25, 0.5, 1.0, 2.0), 0.5,
                "of the targets, against a teacher of size 1",
            ),
            Slider("moves", "steps", (64, 128, 256, 512), 128, "how many"),
            dataclasses.replace(SEED, about="which weights it starts from"),
        ),
        ("batch",),
    ),
    Shown(
        "laws",
        "What training conserves",
        "Marcotte, Gribonval and Peyré (2023), arXiv:2307.00144",
        "https://arxiv.org/abs/2307.00144",
        "A law is a function of the parameters that training does not change, whatever "
        "the data. Those of a network are counted by machine and written out, and "
        "followed along a run on the squared loss: the flow keeps them, steps of "
        "descent move them by an amount that is predicted, and Adam keeps none.",
        "laws",
        (
            Choice(
                "network", "network",
                {"mlp": "units with an activation", "deep-linear": "linear layers",
                 "diagonal": "diagonal", "two-sided": "two-sided"},
                "mlp",
            ),
            Slider("inputs", "inputs", (1, 2, 3, 4, 5), 3),
            Slider(
                "hidden", "width", (1, 2, 3, 4, 5, 6), 4,
                "units of a layer inside; diagonal networks have none",
            ),
            Slider(
                "outputs", "outputs", (1, 2, 3), 2, "of the first two networks",
            ),
            Slider("depth", "depth", (2, 3, 4), 2, "layers of the network"),
            Choice(
                "activation", "activation",
                {"relu": "ReLU", "leaky_relu": "leaky ReLU", "identity": "identity",
                 "tanh": "tanh", "gelu": "GELU"},
                "leaky_relu", "of units",
            ),
            Choice("biases", "biases", {"no": "none", "yes": "of every unit"}, "yes"),
            Choice(
                "way", "way of descending",
                {"flow": "gradient flow", "decay": "with weight decay",
                 "descent": "steps of descent", "momentum": "with momentum 1/2",
                 "batches": "on mini-batches", "adam": "Adam"},
                "descent",
            ),
            Slider("step", "step", (1e-3, 3e-3, 0.01, 0.03, 0.1), 0.01, "of descent"),
            Slider("batch", "batch", (1, 2, 4, 8, 12, 24), 8, "of mini-batches"),
            Slider("time", "time", (1.0, 3.0, 10.0, 30.0), 3.0, "when the run ends"),
            SEED,
        ),
        (
            "network", "inputs", "hidden", "outputs", "depth", "activation", "biases",
            "way",
        ),
    ),
    Shown(
        "phase-diagram",
        "Where deep LDA ends",
        "after Li (2026), arXiv:2603.02622",
        "https://arxiv.org/abs/2603.02622",
        r"The network and objective of deep LDA on few samples of correlated features. "
        "All layers but one start larger than that one, by the imbalance. Balanced, "
        "the flow ends in the best discriminant of its orthant, as is foretold; how "
        "far from balance does it still?",
        "phase_diagram",
        (
            dataclasses.replace(DEPTH, stops=(2, 3, 4, 5, 6), default=2),
            dataclasses.replace(
                IMBALANCE,
                stops=(0.0, 1e-8, 1e-6, 1e-4, 1e-2, 0.1, 1.0), default=1e-4,
                about="by how much all layers but one start larger than that one",
            ),
            dataclasses.replace(
                RATIO, stops=(1.25, 1.5, 2.0, 3.0, 5.0, 10.0), default=1.5
            ),
            dataclasses.replace(TIME, default=100.0),
            dataclasses.replace(SEED, stops=tuple(range(80))),
        ),
    ),
    Shown(
        "own-data",
        "Deep LDA on a table of your own",
        "Li (2026), arXiv:2603.02622",
        "https://arxiv.org/abs/2603.02622",
        "The same network and objective on the columns of a CSV file, which stays on "
        "this machine: one class against all others, every column standardised.",
        "own_table",
        (
            Name("table", "table"),
            Name("label", "label column"),
            Name("against", "class"),
            *LDA,
        ),
    ),
)  # fmt: skip

SHOWN = {study.name: study for study in ALL}
