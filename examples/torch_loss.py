"""A Deep LDA loss in a training loop."""

import torch
from sklearn.datasets import load_digits
from torch import nn

from tacit.bridges.torch import DeepLDALoss


X, y = (torch.tensor(part) for part in load_digits(return_X_y=True))
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 9)).double()
optimizer, loss = torch.optim.Adam(model.parameters(), 0.01), DeepLDALoss("log1p-sum")
for _ in range(100):
    optimizer.zero_grad()
    loss(model(X), y).backward()
    optimizer.step()
print("eigenvalues of LDA, raw:    ", loss.eigenvalues(X, y).numpy().round(2))
print("eigenvalues of LDA, trained:", loss.eigenvalues(model(X), y).numpy().round(2))
