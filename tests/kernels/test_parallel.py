"""A process that has run a parallel loop can be forked, and its fork runs one, too."""

import subprocess
import sys

SCRIPT = """
import multiprocessing
import warnings
import numpy as np
import numba  # before this project, as in a notebook
from nipype_qsm.kernels.background.vsharp import vsharp
from nipype_qsm.geometry import Grid

warnings.simplefilter("ignore")
mask = np.zeros((16, 16, 16), bool)
mask[2:-2, 2:-2, 2:-2] = True
field = np.random.default_rng(0).normal(size=mask.shape).astype(np.float32)


def work(_):
    return float(np.abs(vsharp(field, mask, Grid(mask.shape, (1, 1, 1), (0, 0, 1)), max_radius_mm=3).field_local).sum())


here = work(0)
there = multiprocessing.get_context("fork").Pool(1).map_async(work, [0]).get(timeout=60)
assert here == there[0] > 0, (here, there)
print(numba.threading_layer())
"""


def test_a_fork_of_a_process_that_used_threads_can_use_them():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["workqueue"]
