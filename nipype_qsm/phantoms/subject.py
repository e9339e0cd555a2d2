"""A person who does not exist, scanned as often as wanted, and known exactly.

The seed makes the person (size, folds, veins, lesions, iron), the scan makes the session (pose, shim, coil phases,
noise). Everything is simulated once, on first use, and then read coil by coil, so that no series is ever held.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import fft
from threadpoolctl import threadpool_limits

from nipype_qsm.geometry import Frame, Grid
from nipype_qsm.phantoms.anatomy import Anatomy, anatomy
from nipype_qsm.phantoms.coils import Coils, helmet, normalised
from nipype_qsm.phantoms.forward import FineHead, echo_signal, fields, fine_head
from nipype_qsm.phantoms.protocol import Protocol, pose, protocol_of
from nipype_qsm.phantoms.resolution import averaged, majority
from nipype_qsm.phantoms.structures import STRUCTURES, Structure, label_names
from nipype_qsm.phantoms.vessels import small_things

COARSE_TEMPLATE_MM = 1.25
"""Fine voxels larger than this are filled from the template at 2 mm."""


@dataclass(frozen=True)
class Scan:
    """What one simulation leaves behind: truth and signal on the acquired grid."""

    truth: dict[str, np.ndarray]
    signals: tuple[np.ndarray, ...]
    coils: Coils
    noise: float


def mean_chi(fine: FineHead, brain: np.ndarray) -> np.ndarray:
    """Average susceptibility over each acquired voxel; where most of it is brain, over that part alone."""
    inner = fine.chi[fine.window]
    own = averaged(np.where(fine.brain, inner, np.float32(0)), brain.shape)
    return np.where(brain > 0.5, own / np.maximum(brain, 0.5), averaged(inner, brain.shape))


class DigitalSubject:
    """A digital head with known truth.

    Parameters
    ----------
    size : str or Protocol
        "ukb" (256 x 288 x 48, 0.8 x 0.8 x 3 mm), "small" (64 x 72 x 26, for tests), "iso1", "iso2" or "iso3".
    seed : int
        The person.
    scan : int
        The session; another number is a rescan with new pose, shim, coil phases and noise.
    pose_scan : int, optional
        The session whose pose is used, to rescan without moving; that of `scan` by default.
    calcification : bool
        Whether the pineal gland is calcified (-2 ppm).
    microbleed : bool
        Whether there is a small haemorrhage (0.9 ppm) in white matter.
    structures : tuple of Structure
        What some structures hold, where the seed shall not say it.
    threads : int
    **protocol
        Fields of `Protocol` to change: shape, voxel_size, echo_times [s], field_strength [T], n_coils, snr,
        obliquity [degrees], fine_mm, ...

    Examples
    --------
    >>> subject = DigitalSubject("small", seed=1, n_coils=4)
    >>> sorted(subject.truth())[:3]
    ['chi', 'field_local', 'field_total']
    >>> subject.signal(echo=0, coil=3).shape
    (64, 72, 26)
    """

    def __init__(
        self,
        size: str | Protocol = "small",
        *,
        seed: int = 1,
        scan: int = 0,
        pose_scan: int | None = None,
        calcification: bool = False,
        microbleed: bool = True,
        structures: tuple[Structure, ...] = (),
        threads: int = 2,
        **protocol: object,
    ) -> None:
        self.protocol = protocol_of(size, **protocol)
        self.seed, self.scan = seed, scan
        self.pose_scan = scan if pose_scan is None else pose_scan
        self.calcification, self.microbleed = calcification, microbleed
        self.structures = tuple(structures)
        self.threads = threads

    def rescan(self, scan: int | None = None, *, move: bool = True) -> DigitalSubject:
        """Return the same person in another session.

        Parameters
        ----------
        scan : int, optional
            The next one by default.
        move : bool
            Whether the head lies differently; without, only shim, coil phases and noise are new.
        """
        scan = self.scan + 1 if scan is None else scan
        return DigitalSubject(
            self.protocol,
            seed=self.seed,
            scan=scan,
            pose_scan=scan if move else self.pose_scan,
            calcification=self.calcification,
            microbleed=self.microbleed,
            structures=self.structures,
            threads=self.threads,
        )

    @property
    def grid(self) -> Grid:
        """The acquired grid."""
        return self.protocol.grid

    @property
    def affine(self) -> np.ndarray:
        """Voxel indices to scanner millimetres, (4, 4)."""
        return self.protocol.affine

    @property
    def frame(self) -> Frame:
        """Shape and affine, as the writers of images want them."""
        return Frame(self.protocol.shape, self.affine, f"digital subject {self.seed}")

    @property
    def to_scanner(self) -> np.ndarray:
        """MNI152NLin2009cAsym millimetres to scanner millimetres, (4, 4)."""
        return pose(self.seed, self.pose_scan)

    @property
    def head(self) -> Anatomy:
        """The head in template space."""
        fov = np.multiply(self.protocol.shape, self.protocol.voxel_size)
        coarse = float(np.max(fov / self.protocol.fine_shape)) > COARSE_TEMPLATE_MM
        return anatomy(self.seed, 2 if coarse else 1, self.structures)

    def truth(self) -> dict[str, np.ndarray]:
        """Return what is true on the acquired grid.

        Returns
        -------
        truth : dict of (x, y, z) arrays
            chi [ppm, relative to water; of the brain's part of each voxel of the brain], field_total [ppm, shimmed:
            what the phase holds], field_local [ppm, of the brain's own susceptibility], t2star [s, 0 outside the
            head; without macroscopic dephasing] as float32; mask_brain, mask_reference (lateral ventricles),
            mask_lesions (white matter hyperintensities) as bool; labels (see `label_names`) as uint8.
        """
        return self._scan.truth

    def signal(self, echo: int, coil: int, *, sensitivity: np.ndarray | None = None) -> np.ndarray:
        """Return the noisy complex image of one echo and coil (both from 0), complex64.

        Parameters
        ----------
        echo, coil : int
        sensitivity : (x, y, z) complex64 array, optional
            The coil's, where the caller has it already.
        """
        signal = (self.sensitivity(coil) if sensitivity is None else sensitivity) * self._scan.signals[echo]
        return self._with_noise(signal, echo, coil)

    def sensitivity(self, coil: int) -> np.ndarray:
        """Return a coil's complex sensitivity (from 0), transmission's phase included, complex64."""
        return self._scan.coils.sensitivity(coil, *self._millimetres)

    def combined(self, echo: int) -> np.ndarray:
        """Return the noisy image of one echo with its coils combined optimally, complex64.

        The phase of transmission, which no combination can tell from the field, stays in it.
        """
        if self.protocol.n_coils == 1:
            return self.signal(echo, 0)
        return self._with_noise(
            self.strength * self.transmission * self._scan.signals[echo], echo, self.protocol.n_coils
        )

    @cached_property
    def strength(self) -> np.ndarray:
        """Root sum of squares of the coils, float32."""
        power = np.zeros(self.protocol.shape, np.float32)
        for coil in range(self.protocol.n_coils):
            sensitivity = self.sensitivity(coil)
            power += sensitivity.real**2 + sensitivity.imag**2
        return np.sqrt(power)

    @property
    def transmission(self) -> np.ndarray:
        """Phasor of the phase that all coils share, complex64."""
        return self._scan.coils.transmission(*self._millimetres)

    @property
    def label_names(self) -> dict[int, str]:
        """Names of the numbers in `labels`."""
        return label_names()

    def write_ukb(self, folder: str | Path) -> Path:
        """Write a UK-Biobank-style subject tree, and the truth; see `ukb_tree.write_ukb`."""
        from nipype_qsm.phantoms.ukb_tree import write_ukb

        return write_ukb(self, folder)

    def write_bulk(self, folder: str | Path, *, eid: str = "1000001", instance: int = 2) -> list[Path]:
        """Write UK Biobank's bulk archives; see `ukb_tree.write_bulk`."""
        from nipype_qsm.phantoms.ukb_tree import write_bulk

        return write_bulk(self, folder, eid=eid, instance=instance)

    def write_bids(self, folder: str | Path, *, uncombined: bool = False) -> Path:
        """Write a BIDS data set, and the truth; see `bids_tree.write_bids`."""
        from nipype_qsm.phantoms.bids_tree import write_bids

        return write_bids(self, folder, uncombined=uncombined)

    @property
    def noise(self) -> float:
        """Standard deviation of the real and of the imaginary part of the noise of every coil."""
        return self._scan.noise

    def _with_noise(self, signal: np.ndarray, echo: int, coil: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, self.scan, 17, echo, coil])
        noise = rng.standard_normal((*signal.shape, 2), np.float32)
        noise *= np.float32(self._scan.noise)
        signal += noise.view(np.complex64)[..., 0]
        return signal

    @cached_property
    def _millimetres(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        axes = [np.arange(n, dtype=np.float32) for n in self.protocol.shape]
        i, j, k = np.meshgrid(*axes, indexing="ij", sparse=True)
        rows = self.affine.astype(np.float32)[:3]
        x, y, z = (row[0] * i + row[1] * j + row[2] * k + row[3] for row in rows)
        return x, y, z

    @cached_property
    def _scan(self) -> Scan:
        with fft.set_workers(self.threads), threadpool_limits(1):
            return self._simulated()

    def _simulated(self) -> Scan:
        shape, head = self.protocol.shape, self.head
        things = small_things(head, self.seed, calcification=self.calcification, microbleed=self.microbleed)
        fine = fine_head(head, things, self.protocol, self.to_scanner, threads=self.threads)
        rng = np.random.default_rng([self.seed, self.scan, 19])
        total, local = fields(fine, rng)
        labels = majority(fine.labels, shape)
        brain = averaged(fine.brain, shape)
        truth = {
            "chi": mean_chi(fine, brain),
            "field_total": averaged(total, shape),
            "field_local": averaged(local, shape),
            "mask_brain": brain > 0.5,
            "mask_reference": np.isin(labels, STRUCTURES["lateral_ventricle"].numbers),
            "mask_lesions": labels == STRUCTURES["white_matter_lesion"].numbers[0],
            "labels": labels,
        }
        rate = averaged(fine.r2star, shape)
        truth["t2star"] = np.where((labels > 0) & (rate > 0), 1 / np.maximum(rate, 1e-3), 0).astype(np.float32)
        del local
        signals = tuple(
            echo_signal(fine, total, self.protocol, echo, self.threads) for echo in range(len(self.protocol.echo_times))
        )
        inside = np.argwhere(truth["mask_brain"])
        points = self.affine[:3, :3] @ inside[rng.integers(len(inside), size=4000)].T + self.affine[:3, 3:]
        coils = normalised(helmet(self.protocol.n_coils, self.protocol.field_strength, rng), points)
        noise = float(np.abs(signals[0][truth["mask_brain"]]).mean()) / self.protocol.snr
        return Scan(truth, signals, coils, noise)
