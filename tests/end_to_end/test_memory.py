"""Every node of the subject workflow declares the memory that it takes, at two sizes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nipype_qsm.memory import FLOOR_GB
from nipype_qsm.phantoms import DigitalSubject

PROGRAM = Path(__file__).parents[1] / "peaks_of_nodes.py"
LARGER = {"shape": (144, 160, 26), "voxel_size": (1.4, 1.4, 6.0)}  # 5 times the voxels


def peaks(subject, out, preset):
    nigra = [str(subject / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
    given = ["--nigra", *nigra, "--template-space", "MNI152NLin2009cAsym", "--n-procs", "1", "--preset", preset]
    command = [sys.executable, str(PROGRAM), "ukb", str(subject), "--out", str(out), "--quiet", *given]
    limits = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "NUMBA")}
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **limits}).stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


@pytest.mark.skipif(sys.platform != "linux", reason="the figure is Linux's")
@pytest.mark.parametrize(("preset", "changes"), [("ukb", {}), ("best", LARGER)], ids=["small ukb", "larger best"])
def test_a_node_takes_no_more_than_it_declares_and_declares_no_more_than_twice_that(preset, changes, tmp_path):
    DigitalSubject("small", seed=1, n_coils=2, threads=1, **changes).write_ukb(tmp_path / "subject")
    rows = peaks(tmp_path / "subject", tmp_path / "out", preset)
    assert len(rows) > 40
    too_little = [row for row in rows if row["peak_gb"] > row["declared_gb"]]
    too_much = [row for row in rows if row["declared_gb"] > 2 * max(row["peak_gb"], FLOOR_GB)]
    assert too_little == []
    assert too_much == []
