"""A network, its data and six optimisers; where PyTorch takes the network.

`END` was computed by `by_torch` with torch 2.13.0 on a CPU, in float64; the tests do so
again where torch is installed. To renew it: ``python -m tests.trajectories``.
"""

import numpy as np


STEPS = 12
X = np.sin(np.arange(24.0) ** 2).reshape(6, 4)
Y = np.cos(3 * np.arange(6.0))
WEIGHTS = [
    np.cos(np.arange(8.0)).reshape(2, 4),
    np.sin(1 + np.arange(2.0)).reshape(1, 2),
]
OPTIONS = {
    "Adam": ("Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3}),
    "Adam, decay": ("Adam", {"lr": 0.02, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {"lr": 0.02, "betas": (0.9, 0.99), "weight_decay": 0.2}),
    "RMSprop": ("RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-4}),
    "heavy ball": ("SGD", {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.05}),
    "Nesterov": ("SGD", {"lr": 0.02, "momentum": 0.8, "nesterov": True}),
}


def by_torch(kind, options):
    """The parameters, flat, after `STEPS` steps of ``torch.optim.kind(**options)``."""
    import torch

    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    weights = [torch.from_numpy(W.copy()).requires_grad_() for W in WEIGHTS]
    optimiser = getattr(torch.optim, kind)(weights, **options)
    for _ in range(STEPS):
        optimiser.zero_grad()
        outputs = (torch.tanh(x @ weights[0].T) @ weights[1].T)[:, 0]
        (0.5 * torch.mean((outputs - y) ** 2)).backward()
        optimiser.step()
    return np.concatenate([W.detach().numpy().ravel() for W in weights])


END = {
    "Adam": [
        1.2185586893230678,
        0.4156970152039503,
        -0.6300828443660412,
        -0.7688498291261375,
        -0.44911083816447983,
        0.46681450009766245,
        0.7335112505003486,
        0.9815194401695011,
        0.676689936993702,
        0.8007170190746985,
    ],
    "Adam, decay": [
        1.172914686996619,
        0.3052981251596692,
        -0.6289764054293616,
        -0.7602141749979696,
        -0.42862073198836004,
        0.377507286558524,
        0.7272170614181925,
        0.9798774177041627,
        0.619202178185767,
        0.709474756161849,
    ],
    "AdamW": [
        1.1732161414324118,
        0.40381815201869176,
        -0.6131196412661978,
        -0.7217665527979554,
        -0.41129468674483355,
        0.4694531262133012,
        0.6893660507219095,
        0.9449136414439357,
        0.6261541133946025,
        0.7345930593269818,
    ],
    "RMSprop": [
        1.167790616373714,
        0.40771729165106835,
        -0.5801985382176207,
        -0.8181896026924916,
        -0.4993437474060878,
        0.42355437057157436,
        0.7799470515273143,
        0.9350323999289692,
        0.7508987885434039,
        0.8717688968674039,
    ],
    "heavy ball": [
        1.114171225323589,
        0.5100042147087697,
        -0.5718545299655207,
        -0.6851945974558148,
        -0.5526806648879498,
        0.29946110161055567,
        0.6811874522372907,
        1.0034868238175998,
        0.7766620528468465,
        0.8318113228937992,
    ],
    "Nesterov": [
        1.1632619061509324,
        0.5265724446246256,
        -0.5934311993854886,
        -0.7122993138230628,
        -0.577115204495154,
        0.308675911817921,
        0.7056771601183794,
        1.053143582817674,
        0.8125597367712681,
        0.8789513127872486,
    ],
}


if __name__ == "__main__":
    for name, (kind, options) in OPTIONS.items():
        print(f'    "{name}": {[float(x) for x in by_torch(kind, options)]},')
