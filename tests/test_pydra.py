"""Interfaces as tasks of Pydra: every one of them, split over workers, known by what is in their files."""

import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from inventory import all_methods, input_ports, output_ports

from nipype_qsm.errors import GeometryError, ToolMissing
from nipype_qsm.interfaces.background import VSHARP
from nipype_qsm.interfaces.inversion import TKD, TSVD
from nipype_qsm.interfaces.relaxation import LogLinearT2Star
from nipype_qsm.pydra import task

# Pydra asks asyncio for a loop before there is one, of which Python 3.12 to 3.13 warn.
pytestmark = pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
pytest.importorskip("pydra.compose", reason="pydra is not installed (extra `pydra`)")


@pytest.fixture
def given(write_nifti, rng):
    field = rng.normal(scale=0.01, size=(12, 12, 12)).astype(np.float32)
    files = {"field_local": write_nifti("field.nii", field), "mask": write_nifti("mask.nii", np.ones((12, 12, 12)))}
    return {**files, "b0_direction": [0.0, 0.0, 1.0], "pad": 4}


def map_of(outputs):
    return nib.load(outputs.chi).get_fdata()


def test_every_method_makes_a_task_with_its_ports(programs):
    def fields(each):
        return {field.name for field in each.__attrs_attrs__ if not field.name.startswith("_")} - {
            "function",
            "interface",
        }

    for _, _, interface in all_methods():
        made = task(interface)
        assert fields(made) == set(input_ports(interface))
        assert fields(made.Outputs) >= set(output_ports(interface))


def test_a_task_is_run_again_only_when_something_that_it_takes_changed(given, tmp_path, write_nifti):
    cache = tmp_path / "cache"

    def run(interface, **changes):
        before = len(list(cache.glob("python-*")))
        outputs = task(interface)(**{**given, **changes})(cache_root=cache)
        return map_of(outputs), len(list(cache.glob("python-*"))) - before

    first, made = run(TKD)
    assert made
    again, made = run(TKD)
    assert not made
    np.testing.assert_array_equal(first, again)
    assert run(TKD, threshold=0.2)[1]
    assert run(TKD, algorithm="2")[1]
    assert run(TSVD)[1], "another method with the same options"
    write_nifti("field.nii", np.zeros((12, 12, 12), np.float32))
    other, made = run(TKD)
    assert made, "the file holds something else now"
    assert not other.any()


def test_a_split_task_runs_in_workers_and_keeps_its_order(given, tmp_path):
    pads = [2, 4, 6]
    fixed = {name: value for name, value in given.items() if name != "pad"}
    split = task(TKD)(**fixed).split(pad=pads)(cache_root=tmp_path / "cache", worker="cf")
    for path, pad in zip(split.chi, pads, strict=True):
        expected = TKD(**{**given, "pad": pad}).run(cwd=str(tmp_path)).outputs
        np.testing.assert_array_equal(nib.load(path).get_fdata(), map_of(expected))


def test_tasks_are_joined_into_a_workflow(given, tmp_path):
    from pydra.compose import workflow

    @workflow.define(outputs=["chi"])
    def Chain(field_total: str, mask: str) -> str:
        remove = workflow.add(task(VSHARP)(field_total=field_total, mask=mask, max_radius_mm=3.0))
        return workflow.add(task(TKD)(field_local=remove.field_local, mask=remove.mask_local)).chi

    outputs = Chain(field_total=given["field_local"], mask=given["mask"])(cache_root=tmp_path / "cache")
    assert map_of(outputs).any()


def test_lists_of_files_reach_their_port(write_nifti, tmp_path):
    decay = [write_nifti(f"e{n}.nii", np.full((4, 4, 4), 100 * np.exp(-0.01 * n / 0.05))) for n in (1, 2)]
    made = task(LogLinearT2Star)(
        magnitude=decay, mask=write_nifti("mask.nii", np.ones((4, 4, 4))), echo_times=[0.01, 0.02]
    )
    np.testing.assert_allclose(nib.load(made(cache_root=tmp_path).t2star).get_fdata(), 0.05, rtol=1e-5)


def test_a_refusal_arrives_as_it_was_said(given, tmp_path, write_nifti):
    other = write_nifti("other.nii", np.ones((4, 4, 4)))
    with pytest.raises(GeometryError, match=r"mask is \(4, 4, 4\)"):
        task(TKD)(**{**given, "mask": other})(cache_root=tmp_path)


def test_without_pydra_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydra.compose", None)
    with pytest.raises(ToolMissing, match=r"nipype_qsm\[pydra\]"):
        task(TKD)


def test_pydra_is_not_loaded_before_it_is_asked_for():
    program = "import sys, nipype_qsm.pydra; print('pydra.compose' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
