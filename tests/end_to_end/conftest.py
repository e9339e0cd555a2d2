"""Running a whole subject, and the truth it is compared with."""

import pytest

from nipype_qsm.io import load_volume
from nipype_qsm.workflows.subject import init_subject_wf


class Mapped:
    """An output folder whose volumes are read by name."""

    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, name):
        return load_volume(self.folder / f"{name}.nii.gz", name.partition("_echo-")[0])[0]


@pytest.fixture(scope="session")
def mapping():
    """Run a subject with one thread; return what was delivered."""

    def run(folder, inputs, preset="best", *, plugin="Linear", work=None, **options):
        workflow = init_subject_wf(folder / "out", preset, automatic_reference=False, draw=False, **options)
        workflow.base_dir = str(work or folder / "work")
        workflow.config["execution"].update(
            poll_sleep_duration="0.1", stop_on_first_crash="true", crashdump_dir=str(folder / "crashes")
        )
        workflow.inputs.inputnode.trait_set(**inputs)
        workflow.run(plugin=plugin, plugin_args={"n_procs": 1})
        return Mapped(folder / "out")

    return run


@pytest.fixture(scope="session")
def inputs_of():
    """Return a maker of the graph's inputs from a subject's folder: pairs of patterns below it."""

    def make(folder, phase, magnitude, truth=None):
        truth = truth or folder / "truth"
        return {
            "phase": sorted(str(path) for path in folder.glob(phase)),
            "magnitude": sorted(str(path) for path in folder.glob(magnitude)),
            "mask_fraction": str(truth / "mask_brain.nii.gz"),
            "mask_reference": str(truth / "mask_reference.nii.gz"),
        }

    return make
