"""A sweep on machines that one can log in to: Dask starts workers over SSH.

``pip install 'tacit[dask]' asyncssh`` here, tacit in the same version of Python there.
"""

from distributed import Client, SSHCluster

from tacit.specs import SweepSpec
from tacit.sweeps.files import run_spec


HOSTS = ["localhost", "first.example", "second.example"]
"""Where the scheduler runs, then where the workers do."""


def cluster():
    """Four workers of one thread on every machine."""
    return SSHCluster(
        HOSTS,
        worker_options={"nthreads": 1, "n_workers": 4},
        scheduler_options={"dashboard_address": None},
    )


def main():
    """Run a file of axes, and say how it went."""
    with cluster() as machines, Client(machines) as client:
        print(run_spec(SweepSpec.read("sweep.toml"), "runs/sweep", cluster=client))


if __name__ == "__main__":
    main()
