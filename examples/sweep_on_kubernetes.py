"""A sweep on Kubernetes: Dask's operator starts pods, tacit hands them units.

``pip install 'tacit[dask]' dask-kubernetes``, and the operator in the cluster. The
image has tacit installed; results come back here, so the pods need no volume.
"""

from distributed import Client

from tacit.specs import SweepSpec
from tacit.sweeps.files import run_spec


def cluster():
    """Ten pods of one core."""
    from dask_kubernetes.operator import KubeCluster

    return KubeCluster(
        name="tacit-sweep",
        image="registry.example/tacit:0.1.0",
        n_workers=10,
        env={"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"},
        resources={"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1"}},
        worker_command=["dask", "worker", "--nthreads", "1"],
    )


def main():
    """Run a file of axes, and say how it went."""
    with cluster() as pods, Client(pods) as client:
        print(run_spec(SweepSpec.read("sweep.toml"), "runs/sweep", cluster=client))


if __name__ == "__main__":
    main()
