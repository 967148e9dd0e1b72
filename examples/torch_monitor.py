"""Watching a model train: a record every ten steps, and a page at the end."""

import torch
from sklearn.datasets import load_digits
from torch import nn

from tacit.bridges.torch import Monitor, sinks


X, y = (torch.tensor(part) for part in load_digits(return_X_y=True))
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).double()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
with Monitor(model, optimizer, every=10, sinks=[sinks.JSONLines("seen.jsonl")]) as seen:
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()
print(seen.report("watched"), *seen.records[-1][1].items(), sep="\n")
