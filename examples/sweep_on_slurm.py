"""A sweep on Slurm: dask-jobqueue submits workers, tacit hands them units.

``pip install 'tacit[dask]' dask-jobqueue``. Run it on the login node, in a session that
lasts (tmux); if it is killed all the same, the same script goes on.
"""

from distributed import Client

from tacit.specs import SweepSpec
from tacit.sweeps.files import run_spec


def cluster():
    """Two to forty workers of one core, for an hour each."""
    from dask_jobqueue.slurm import SLURMCluster

    found = SLURMCluster(
        cores=1,
        processes=1,
        memory="2GB",
        walltime="01:00:00",
        worker_extra_args=["--lifetime", "55m", "--lifetime-stagger", "4m"],
        job_script_prologue=["export OMP_NUM_THREADS=1 JAX_PLATFORMS=cpu"],
    )
    found.adapt(minimum=2, maximum=40)
    return found


def main():
    """Run a file of axes, and say how it went."""
    with cluster() as nodes, Client(nodes) as client:
        print(run_spec(SweepSpec.read("sweep.toml"), "runs/sweep", cluster=client))


if __name__ == "__main__":
    main()
