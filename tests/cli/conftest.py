"""A tiny series whose files can be spoiled, and what the command line said."""

import json

import nibabel as nib
import numpy as np
import pytest

from nipype_qsm.cli.main import main
from nipype_qsm.reports import drawing

SHAPE = (12, 14, 10)


@pytest.fixture(autouse=True, scope="session")
def small_pictures():
    """Draw reports at a third of the size: these tests are not about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "PIXELS", 600)
        yield


class Tiny:
    """Two echoes of random phase; every file can be written again, spoiled."""

    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "new" / "out"
        self.rng = np.random.default_rng(5)
        self.phase = [self.add_phase(f"phase_e{echo}", echo) for echo in (1, 2)]
        self.magnitude = [self.add(f"magnitude_e{echo}", self.rng.uniform(50, 100, SHAPE)) for echo in (1, 2)]
        brain = np.zeros(SHAPE, np.uint8)
        brain[2:-2, 2:-2, 2:-2] = 1
        self.brain = brain
        self.mask = self.add("mask", brain)

    def add(self, name, array, affine=None, sidecar=None, kind=np.float32, ending=".nii.gz"):
        path = self.folder / f"{name}{ending}"
        image = nib.Nifti1Image(np.asarray(array, kind), np.eye(4) if affine is None else affine)
        image.set_sform(image.affine, 1)
        nib.save(image, path)
        if sidecar is not None:
            (self.folder / f"{name}.json").write_text(json.dumps(sidecar))
        return str(path)

    def add_phase(self, name, echo, shape=SHAPE, **others):
        sidecar = {"EchoTime": 0.01 * echo, "MagneticFieldStrength": 3, "Units": "rad"}
        return self.add(name, self.rng.uniform(-3, 3, shape), sidecar=sidecar, **others)

    def without_sidecars(self):
        for path in self.folder.glob("*.json"):
            path.unlink()

    def arguments(self, *more):
        return [
            *("files", str(self.out), "--phase", *self.phase, "--magnitude", *self.magnitude),
            *(["--mask", self.mask] if self.mask else []),
            *more,
        ]


@pytest.fixture
def tiny(tmp_path):
    return Tiny(tmp_path)


@pytest.fixture
def refused(capsys):
    """Run a command that must fail, and return what it said."""

    def run(arguments, status=2):
        assert main([str(argument) for argument in arguments]) == status
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return " ".join(said.split())

    return run
