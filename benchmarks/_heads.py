"""Heads with known truth for the benchmarks of accuracy: digital subjects of this project, or simulations from disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.phantoms import DigitalSubject
from nipype_qsm.phantoms.structures import NUCLEI, STRUCTURES

IN_SLOPE = [name for name in NUCLEI if name not in ("hippocampus", "amygdala", "accumbens")]
"""Nuclei with iron, over which slopes are taken."""

ARRAYS = ("chi", "field_local", "field_total", "mask", "deep_grey", "calcification", "reference", "t2star", "veins")


@dataclass
class Head:
    """What is true, and what was measured.

    Parameters
    ----------
    chi, field_local, field_total : (x, y, z) float32 array, ppm
        The truth.
    mask : (x, y, z) bool array
        The brain.
    grid : Grid
    deep_grey : (x, y, z) int array
        A number for each nucleus, 0 elsewhere.
    calcification, reference : (x, y, z) bool array
    t2star : (x, y, z) float32 array, s
    veins : (x, y, z) bool array
        Both empty where the head came from disk.
    signals : dict of (x, y, z) complex64 array
        By echo and coil.
    echo_times : list of float, s
    field_strength : float, T
    """

    chi: np.ndarray
    field_local: np.ndarray
    field_total: np.ndarray
    mask: np.ndarray
    grid: Grid
    deep_grey: np.ndarray
    calcification: np.ndarray
    reference: np.ndarray
    t2star: np.ndarray
    veins: np.ndarray
    signals: dict[tuple[int, int], np.ndarray]
    echo_times: list[float]
    field_strength: float

    @property
    def n_coils(self) -> int:
        """Number of coils."""
        return 1 + max(coil for _, coil in self.signals)

    @property
    def magnitude(self) -> np.ndarray:
        """Root sum of squares of echoes and coils."""
        return np.sqrt(sum(np.abs(signal) ** 2 for signal in self.signals.values()))


def of_subject(subject: DigitalSubject) -> Head:
    """Return a digital subject's scan."""
    truth, protocol = subject.truth(), subject.protocol
    labels = truth["labels"]
    deep_grey = np.zeros(labels.shape, int)
    for name in IN_SLOPE:
        for number in STRUCTURES[name].numbers:
            deep_grey[labels == number] = number
    n_echoes = len(protocol.echo_times)
    return Head(
        *(truth[name] for name in ("chi", "field_local", "field_total", "mask_brain")),
        subject.grid,
        deep_grey,
        labels == STRUCTURES["calcification"].numbers[0],
        truth["mask_reference"],
        truth["t2star"],
        (labels == STRUCTURES["vein"].numbers[0]) & truth["mask_brain"],
        {(echo, coil): subject.signal(echo, coil) for echo in range(n_echoes) for coil in range(protocol.n_coils)},
        list(protocol.echo_times),
        protocol.field_strength,
    )


def from_folder(folder: Path) -> Head:
    """Return a simulation as PyPI `qsm-forward` writes it, whose nuclei are 1 to 6 and calcification 16."""
    images = sorted(folder.glob("sub-*/anat/*part-phase_MEGRE.nii*"))
    (chi,) = folder.glob("derivatives/*/sub-*/anat/*_Chimap.nii*")

    def derived(ending: str) -> np.ndarray:
        return np.ascontiguousarray(nib.load(str(chi).replace("Chimap", ending)).get_fdata(dtype=np.float32))

    sidecars = [json.loads(Path(str(path).split(".nii")[0] + ".json").read_text()) for path in images]
    signals = {}
    for echo, path in enumerate(images):
        phase, size = (nib.load(str(path).replace("phase", part)).get_fdata() for part in ("phase", "mag"))
        signals[echo, 0] = np.ascontiguousarray((size * np.exp(1j * phase)).astype(np.complex64))
    mask, labels = derived("mask") > 0.5, derived("dseg").astype(int)
    voxel_size = tuple(float(size) for size in nib.load(images[0]).header.get_zooms()[:3])
    grid = Grid(mask.shape, voxel_size, tuple(sidecars[0].get("B0_dir") or (0.0, 0.0, 1.0)))
    return Head(
        *(derived(name) for name in ("Chimap", "fieldmap-local", "desc-shimmed_fieldmap")),
        mask,
        grid,
        np.where(labels <= 6, labels, 0),
        labels == 16,
        mask,
        np.zeros(mask.shape, np.float32),
        np.zeros(mask.shape, bool),
        signals,
        [sidecar["EchoTime"] for sidecar in sidecars],
        float(sidecars[0]["MagneticFieldStrength"]),
    )


def write(head: Head, path: Path) -> None:
    """Store a head for another process."""
    arrays = {name: getattr(head, name) for name in ARRAYS}
    arrays |= {f"signal-{echo}-{coil}": signal for (echo, coil), signal in head.signals.items()}
    rest = [head.grid.shape, head.grid.voxel_size, head.grid.b0_direction, head.echo_times, head.field_strength]
    np.savez(path, rest=json.dumps([np.asarray(part).tolist() for part in rest]), **arrays)


def read(path: Path) -> Head:
    """Return what `write` stored."""
    with np.load(path) as stored:
        shape, voxel_size, b0_direction, echo_times, field_strength = json.loads(str(stored["rest"]))
        names = [name.split("-") for name in stored.files if name.startswith("signal")]
        return Head(
            **{name: stored[name] for name in ARRAYS},
            grid=Grid(tuple(shape), tuple(voxel_size), tuple(b0_direction)),
            signals={(int(echo), int(coil)): stored[f"signal-{echo}-{coil}"] for _, echo, coil in names},
            echo_times=echo_times,
            field_strength=field_strength,
        )
