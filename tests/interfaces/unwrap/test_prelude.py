import os

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.errors import MetadataError, ToolMissing
from nipype_qsm.interfaces.unwrap import UNWRAPPERS
from nipype_qsm.interfaces.unwrap.prelude import PRELUDE

COPY_PHASE_TO_OUTPUT = """#!/bin/sh
for argument in "$@"; do
    case "$argument" in
        --phase=*) phase="${argument#--phase=}" ;;
        --unwrap=*) output="${argument#--unwrap=}" ;;
    esac
done
cp "$phase" "$output"
"""


@pytest.fixture
def prelude_on_path(tmp_path, monkeypatch):
    """A program of this name that copies the phase; FSL itself cannot be had."""
    program = tmp_path / "bin" / "prelude"
    program.parent.mkdir()
    program.write_text(COPY_PHASE_TO_OUTPUT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FSLOUTPUTTYPE", "NIFTI")


@pytest.fixture
def inputs(write_nifti, rng):
    return {
        "phase": [write_nifti(f"p{n}.nii", rng.uniform(-3, 3, (4, 5, 6)).astype(np.float32)) for n in (1, 2)],
        "magnitude": [write_nifti(f"m{n}.nii", np.ones((4, 5, 6), np.float32)) for n in (1, 2)],
        "mask": write_nifti("mask.nii", np.ones((4, 5, 6), bool)),
    }


def test_without_fsl_it_is_said_when_the_graph_is_built_with_the_pure_alternative(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissing, match="romeo"):
        UNWRAPPERS.make("prelude")


def test_the_command_line_is_preludes(prelude_on_path, inputs, tmp_path):
    commands = PRELUDE(**inputs).commands(tmp_path)
    phase, magnitude, mask = inputs["phase"], inputs["magnitude"], inputs["mask"]
    assert [command.cmdline for command in commands] == [
        f"prelude --abs={magnitude[n]} --mask={mask} --numphasesplit=8 --phase={phase[n]} --force3D "
        f"--unwrap={tmp_path}/phase_unwrapped_echo-{n + 1}.nii"
        for n in (0, 1)
    ]


def test_slices_can_be_unwrapped_first(prelude_on_path, inputs, tmp_path):
    command = PRELUDE(**inputs, process3d=False, num_partitions=4).commands(tmp_path)[0]
    assert "--force3D" not in command.cmdline
    assert "--numphasesplit=4" in command.cmdline


def test_a_missing_magnitude_is_refused_with_its_cure(prelude_on_path, inputs, tmp_path):
    inputs["magnitude"].pop()
    with pytest.raises(MetadataError, match=r"2 files of phase and 1 files of magnitude\.  Give each of them"):
        PRELUDE(**inputs).commands(tmp_path)


def test_it_runs_and_gives_one_file_an_echo(prelude_on_path, inputs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = PRELUDE(**inputs).run().outputs
    for given, made in zip(inputs["phase"], outputs.phase_unwrapped, strict=True):
        np.testing.assert_array_equal(nib.load(made).get_fdata(), nib.load(given).get_fdata())
