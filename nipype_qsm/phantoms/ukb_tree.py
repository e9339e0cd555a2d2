"""A digital subject as UK Biobank would have stored it.

One magnitude and one phase file for every coil and echo, phase as raw 12-bit numbers, the scanner's combined images,
the T1-space masks and labels that the susceptibility pipeline takes, and FLIRT matrices between the two. Coils are made
and written one at a time, on a few threads.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from threadpoolctl import threadpool_limits

from nipype_qsm.geometry import Frame
from nipype_qsm.io import atomically, save_image, save_volume, sidecar_path, write_json
from nipype_qsm.phantoms.brain_pipeline import FRACTION, derived, lesion_volume, write_matrix, write_nigra, write_warp
from nipype_qsm.phantoms.t1_space import T1Space
from nipype_qsm.phantoms.truth_folder import write_truth

if TYPE_CHECKING:
    from nipype_qsm.phantoms.subject import DigitalSubject

MAGNITUDE_SCALE = 1200.0
"""Stored magnitude of white matter at echo time zero where the coils' root sum of squares is 1."""
HALF_RANGE = 2048
"""Raw phase: (raw - 2048) / 2048 * pi."""
TWELVE_BIT_UNITS = "12-bit: (value - 2048) / 2048 * pi rad"
COIL_MAGNITUDE_SERIES, COIL_PHASE_SERIES = 17, 20
BULK_FIELDS = {"20251": "SWI", "20252": "T1", "20253": "T2_FLAIR"}
"""Bulk field to what it packs."""
BRAIN_PIPELINE = {
    "T1": ("T1", "T1_unbiased", "T1_brain", "T1_unbiased_brain", "T1_brain_mask"),
    "T1/T1_fast": ("T1_brain_pve_0", "T1_brain_pve_1", "T1_brain_pve_2", "T1_brain_WM_mask"),
    "T1/T1_first": ("T1_first_all_fast_firstseg",),
    "T2_FLAIR": ("T2_FLAIR",),
    "T2_FLAIR/lesions": ("bianca_mask", "final_mask", "T1_unbiased_bianca_mask", "T1_unbiased_ventmask"),
}
"""Folder to the files that the core pipeline leaves there."""


def twelve_bit(signal: np.ndarray) -> np.ndarray:
    """Return the phase of a signal as raw integers from 0 to 4095, int16."""
    raw = np.arctan2(signal.imag, signal.real)
    raw *= np.float32(HALF_RANGE / np.pi)
    raw += np.float32(HALF_RANGE)
    return np.minimum(np.rint(raw, out=raw), 2 * HALF_RANGE - 1).astype(np.int16)


def stored_magnitude(signal: np.ndarray) -> np.ndarray:
    """Return the magnitude of a signal as the scanner's integers, int16."""
    magnitude = np.hypot(signal.real, signal.imag)
    magnitude *= np.float32(MAGNITUDE_SCALE)
    return np.minimum(np.rint(magnitude, out=magnitude), 32767).astype(np.int16)


def save_integers(volume: np.ndarray, frame: Frame, path: Path, sidecar: dict[str, object] | None = None) -> Path:
    """Write integers, scanner affine in both forms, and a side-car."""
    image = nib.Nifti1Image(volume, frame.affine)
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(frame.affine, 1)
    image.set_sform(frame.affine, 1)
    if sidecar:
        write_json(sidecar, sidecar_path(path))
    return save_image(image, path)


def acquisition_sidecar(subject: DigitalSubject, echo: int) -> dict[str, object]:
    """Return what a scanner's side-car says about an echo (from 0)."""
    protocol = subject.protocol
    return {
        "Modality": "MR",
        "Manufacturer": "nipype_qsm",
        "ManufacturersModelName": "digital subject",
        "MagneticFieldStrength": protocol.field_strength,
        "EchoNumber": echo + 1,
        "EchoTime": protocol.echo_times[echo],
        "RepetitionTime": protocol.repetition_time,
        "FlipAngle": protocol.flip_angle,
        "MRAcquisitionType": "3D",
        "ScanningSequence": "GR",
    }


def write_ukb(subject: DigitalSubject, folder: str | Path) -> Path:
    """Write a UK-Biobank-style subject tree and a `truth` folder.

    Parameters
    ----------
    subject : DigitalSubject
    folder : path

    Returns
    -------
    folder : Path
        Holds SWI/{MAG,PHA}_TE{1,2}, SWI/SWI_TOTAL_{MAG,PHA}[_TE2], SWI/{SWI_to_T1,T1_to_SWI}.mat, T1 with labels,
        tissues and transforms, T2_FLAIR with lesions, and truth.
    """
    folder = Path(folder)
    subject.truth()
    swi = folder / "SWI"
    _write_coils(subject, swi)
    _write_brain_pipeline(T1Space(subject), folder)
    write_truth(subject, folder / "truth")
    return folder


def write_bulk(subject: DigitalSubject, folder: str | Path, *, eid: str = "1000001", instance: int = 2) -> list[Path]:
    """Write what the bulk download would give: `<eid>_<field>_<instance>_0.zip` for SWI, T1 and T2_FLAIR.

    Parameters
    ----------
    subject : DigitalSubject
    folder : path
    eid : str
        Of the participant.
    instance : int
        2 is the first imaging visit.

    Returns
    -------
    archives : list of Path
    """
    with tempfile.TemporaryDirectory(prefix="nipype-qsm-") as scratch:
        return pack_bulk(write_ukb(subject, scratch), folder, eid=eid, instance=instance)


def pack_bulk(tree: str | Path, folder: str | Path, *, eid: str = "1000001", instance: int = 2) -> list[Path]:
    """Pack a subject tree into bulk archives.

    Parameters
    ----------
    tree, folder : path
    eid : str
    instance : int

    Returns
    -------
    archives : list of Path
    """
    archives = []
    for field, top in BULK_FIELDS.items():
        archive = Path(folder) / f"{eid}_{field}_{instance}_0.zip"
        with atomically(archive) as temporary, zipfile.ZipFile(temporary, "w") as packed:
            for path in sorted((Path(tree) / top).rglob("*")):
                packed.write(path, path.relative_to(tree))
        archives.append(archive)
    return archives


def _write_brain_pipeline(t1: T1Space, folder: Path) -> None:
    """Write what the core pipeline leaves: T1, FLAIR, tissues, labels, lesions and transforms."""
    found = derived(t1)
    for top, names in BRAIN_PIPELINE.items():
        for name in names:
            volume, quantity = found[name]
            save_volume(volume, t1.frame, folder / top / f"{name}.nii.gz", quantity)
    with atomically(folder / "T2_FLAIR" / "lesions" / "volume.txt") as temporary:
        temporary.write_text("{} {:.6f}\n".format(*lesion_volume(t1)))
    for name, matrix in (("SWI_to_T1", t1.flirt), ("T1_to_SWI", np.linalg.inv(t1.flirt))):
        write_matrix(matrix, folder / "SWI" / f"{name}.mat")
    save_volume(t1.brain_on_gradient_echo(), t1.subject.frame, folder / "SWI" / "brain_mask.nii.gz", FRACTION)
    write_warp(t1, folder / "T1" / "transforms" / "T1_to_MNI_warp.nii.gz")
    write_nigra(t1, folder / "truth")


def _write_coils(subject: DigitalSubject, swi: Path) -> None:
    n_echoes, shape = len(subject.protocol.echo_times), subject.protocol.shape
    power = [np.zeros(shape, np.float32) for _ in range(n_echoes)]
    total = [np.zeros(shape, np.complex64) for _ in range(n_echoes)]
    lock = Lock()

    def one(coil: int) -> None:
        sensitivity = subject.sensitivity(coil)
        for echo in range(n_echoes):
            signal = subject.signal(echo, coil, sensitivity=sensitivity)
            _write_pair(subject, signal, swi, echo, coil)
            weighted, own = signal * sensitivity.conj(), signal.real**2 + signal.imag**2
            with lock:
                total[echo] += weighted
                power[echo] += own

    in_threads(one, range(subject.protocol.n_coils), subject.threads)
    for echo in range(n_echoes):
        sidecar, suffix = acquisition_sidecar(subject, echo), "" if echo == 0 else f"_TE{echo + 1}"
        magnitude = stored_magnitude(np.sqrt(power[echo]).astype(np.complex64))
        save_integers(magnitude, subject.frame, swi / f"SWI_TOTAL_MAG{suffix}.nii.gz", sidecar)
        about = {**sidecar, "Units": TWELVE_BIT_UNITS}
        save_integers(
            twelve_bit(total[echo] * subject.transmission), subject.frame, swi / f"SWI_TOTAL_PHA{suffix}.nii.gz", about
        )


def _write_pair(subject: DigitalSubject, signal: np.ndarray, swi: Path, echo: int, coil: int) -> None:
    stem = f"SWI_3MM_UPDATED_V1.1_COIL{coil + 1:02d}_ECHO{echo + 1}"
    for kind, series, volume, units in (
        ("MAG", COIL_MAGNITUDE_SERIES, stored_magnitude(signal), "arbitrary"),
        ("PHA", COIL_PHASE_SERIES, twelve_bit(signal), TWELVE_BIT_UNITS),
    ):
        about = {"SeriesNumber": series, "CoilString": f"H{coil + 1}", "Units": units}
        path = swi / f"{kind}_TE{echo + 1}" / f"{stem}_{series}.nii.gz"
        save_integers(volume, subject.frame, path, {**acquisition_sidecar(subject, echo), **about})


def in_threads(work: Callable[[int], None], items: Iterable[int], threads: int) -> None:
    """Do independent pieces of work on a few threads."""
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))
