"""A node's memory from the voxels of its inputs."""

import nibabel as nib
import numpy as np
import pytest
from nipype import IdentityInterface, Node
from nipype.interfaces.base import BaseInterfaceInputSpec, SimpleInterface, TraitedSpec, traits

from nipype_qsm.kernels.reading.declared_phase import DeclaredPhase
from nipype_qsm.memory import FLOOR_GB, LEAST_GB, VoxelMemory, declare_memory
from nipype_qsm.series import Series, group


class Nothing(SimpleInterface):
    """Do nothing, in memory that grows with the field."""

    input_spec = type("NothingInputSpec", (BaseInterfaceInputSpec,), {"field": traits.Str(desc="a file")})
    output_spec = TraitedSpec
    memory = VoxelMemory(field=100)


def test_only_the_axes_of_space_are_counted(write_nifti):
    assert VoxelMemory.voxels(write_nifti("field.nii", np.zeros((4, 5, 6), np.uint8))) == 120
    assert VoxelMemory.voxels(write_nifti("echoes.nii.gz", np.zeros((4, 5, 6, 3), np.uint8))) == 120


def test_a_table_of_files_counts_one_coil_of_each_echo(tmp_path):
    tables = []
    for kind in ("phase", "magnitude"):
        paths = [tmp_path / f"{kind}_c{coil}_e{echo}.nii" for echo in (1, 2) for coil in (1, 2, 3)]
        for path in paths:
            nib.save(nib.Nifti1Image(np.zeros((4, 5, 6), np.float32), np.eye(4)), path)
        tables.append(group([str(path) for path in paths], kind))
    table = Series(*tables, (0.01, 0.02), 3.0, DeclaredPhase(1.0, 0.0, "test")).save(tmp_path / "series.json")
    assert VoxelMemory.voxels(str(table)) == 2 * 120


def test_a_node_follows_its_interface_and_declares_no_less_than_python_takes(write_nifti):
    node, other = Node(Nothing(), "nothing"), Node(IdentityInterface(["field"]), "other")
    for one in (node, other):
        one._mem_gb = 0.01
        declare_memory(one)
        assert one._mem_gb == LEAST_GB
    assert node.ram_estimator is Nothing.memory
    assert getattr(other, "ram_estimator", None) is None
    node.inputs.field = write_nifti("field.nii", np.zeros((100, 100, 100), np.uint8))
    assert node.mem_gb_runtime == pytest.approx(FLOOR_GB + 0.1, abs=0.01)
