"""The Deep LDA loss, forward and backward, and the monitor, on one core.

The loss against an allowance of 2 ms at 64 dimensions and 80 ms at 512, for 1,024
samples of ten classes; the monitor against 5 % of a step of Adam on an MLP of width
1,024, batches of 128, at every tenth step.
"""

from pairs import paired, show, verdict  # first: it pins the process to one core

import torch

from tacit.bridges.torch import DeepLDALoss, Monitor


torch.set_num_threads(1)
ALLOWED = {64: 2e-3, 512: 80e-3}
OBJECTIVES = ("trace", "mean", "log1p-sum", "log-det", "dorfer")


def losses(d):
    """A forward and a backward pass of each objective on float32 embeddings."""
    torch.manual_seed(0)
    rows, labels = torch.randn(1024, d, requires_grad=True), torch.arange(1024) % 10

    def way(loss):
        def run():
            rows.grad = None
            loss(rows, labels).backward()

        return run

    return {name: way(DeepLDALoss(name)) for name in OBJECTIVES}


def steps():
    """Ten steps of a reference MLP, and the same under a monitor."""
    torch.manual_seed(0)
    inputs, labels = torch.randn(128, 784), torch.randint(10, (128,))

    def way(*, watched):
        widths, parts = (784, 1024, 1024, 1024, 10), []
        for below, above in zip(widths, widths[1:], strict=False):
            parts += [torch.nn.Linear(below, above), torch.nn.ReLU()]
        model = torch.nn.Sequential(*parts[:-1])
        optimizer = torch.optim.Adam(model.parameters())
        if watched:
            Monitor(model, optimizer, every=10)

        def run():
            for _ in range(10):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(inputs), labels).backward()
                optimizer.step()

        return run

    return {"plain": way(watched=False), "watched": way(watched=True)}


def main():
    met = []
    for d, allowed in ALLOWED.items():
        spent = paired(losses(d), repeats=15, inner=1 + 640 // d)
        rows = [(name, f"{1e3 * s:.2f}") for name, s in spent.items()]
        show(f"n = 1024, d = {d}", rows, ("objective", "ms"))
        met.append(
            verdict(
                f"{1e3 * allowed:g} ms over the slowest",
                allowed / max(spent.values()),
                1,
            )
        )
    spent = paired(steps(), repeats=9)
    share = spent["watched"] / spent["plain"] - 1
    print(f"\nten steps: {1e3 * spent['plain']:.0f} ms, the monitor adds {share:.1%}")
    met.append(verdict("5 % over its share", 0.05 / max(share, 1e-9), 1))
    raise SystemExit(not all(met))


if __name__ == "__main__":
    main()
