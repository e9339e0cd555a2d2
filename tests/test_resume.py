"""A finished node whose files were lost since runs again, and no other."""

import itertools
from pathlib import Path

import nibabel as nib
import nipype.pipeline.engine as pe
import numpy as np
import pytest
from nipype.interfaces.base import BaseInterfaceInputSpec, File, SimpleInterface, TraitedSpec, traits

from nipype_qsm.plugins import MultiProcPlugin
from nipype_qsm.resume import forget_lost

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class MapInput(BaseInterfaceInputSpec):
    source = File(exists=True, desc="a map, or nothing")
    log = traits.Str(nohash=True, desc="path where each run leaves a line")
    name = traits.Str(desc="of the node")


class MapOutput(TraitedSpec):
    made = File(exists=True, desc="a map")


class Map(SimpleInterface):
    input_spec, output_spec = MapInput, MapOutput

    def _run_interface(self, runtime):
        path = Path(runtime.cwd) / "made.nii"
        nib.save(nib.Nifti1Image(np.ones((8, 8, 8), np.float32), np.eye(4)), path)
        with Path(self.inputs.log).open("a") as lines:
            lines.write(f"{self.inputs.name}\n")
        self._results["made"] = str(path)
        return runtime


def chain(folder):
    """Return three maps, each made from the one before."""
    workflow = pe.Workflow("chain", base_dir=str(folder))
    workflow.config["execution"] = {"crashdump_dir": str(folder / "crashes"), "poll_sleep_duration": "0.1"}
    nodes = [pe.Node(Map(name=name, log=str(folder / "ran.txt")), name=name) for name in ("first", "second", "third")]
    for one, other in itertools.pairwise(nodes):
        workflow.connect(one, "made", other, "source")
    return workflow


def delete(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:500])


def damage(path):
    next(path.parent.glob("result_*.pklz")).write_bytes(b"half a note")


@pytest.mark.parametrize("harm", [delete, cut, damage])
@pytest.mark.parametrize("own", [False, True])
def test_a_node_that_lost_its_output_runs_again_and_those_before_it_do_not(tmp_path, harm, own):
    def run():
        if own:
            chain(tmp_path).run(plugin=MultiProcPlugin({"n_procs": 1}))
        else:
            forget_lost(tmp_path)
            chain(tmp_path).run(plugin="Linear")

    run()
    harm(tmp_path / "chain" / "second" / "made.nii")
    run()
    again = (tmp_path / "ran.txt").read_text().split()[3:]
    assert again[0] == "second"
    assert "first" not in again
    assert forget_lost(tmp_path) == []


def test_what_nipype_made_of_a_loss_is_forgotten_too(tmp_path):
    """It empties the note, and the next node runs without its input."""
    chain(tmp_path).run(plugin="Linear")
    (tmp_path / "chain" / "second" / "made.nii").unlink()
    chain(tmp_path).run(plugin="Linear")
    assert not (tmp_path / "chain" / "second" / "made.nii").exists()
    assert [path.name for path in forget_lost(tmp_path)] == ["second"]
    chain(tmp_path).run(plugin="Linear")
    assert (tmp_path / "chain" / "second" / "made.nii").is_file()


def test_a_folder_that_is_not_there_has_lost_nothing(tmp_path):
    assert forget_lost(tmp_path / "nowhere") == []
