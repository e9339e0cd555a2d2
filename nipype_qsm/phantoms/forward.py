"""From a head to its field and signal, on a grid finer than the acquired one and wider than its field of view.

Susceptibility is sampled over the whole head, neck included, so that sources outside the slab and outside the brain
make a real background field; the dipole convolution takes air as zero. A shim of second-order solid harmonics, fitted
in the brain with a few per cent of error, is then taken off, as a scanner would.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from nipype_qsm.geometry import Grid
from nipype_qsm.kernels.dipole import dipole_field
from nipype_qsm.phantoms.anatomy import BRAIN_LABELS, Anatomy, value_of
from nipype_qsm.phantoms.coils import polar
from nipype_qsm.phantoms.interpolation import interpolate, nearest
from nipype_qsm.phantoms.protocol import Protocol
from nipype_qsm.phantoms.resolution import cropping
from nipype_qsm.phantoms.structures import AIR_CHI, STRUCTURES
from nipype_qsm.phantoms.vessels import Tube, filled
from nipype_qsm.units import radians_per_ppm

BEYOND_MM = 45.0
"""How far past the field of view the head is simulated, at most."""
PAD = 16
SHIM_ERROR = 0.05
OUTER_FLUID = STRUCTURES["outer_fluid"].numbers[0]
SLAB = 24
"""Fine planes worked on at a time."""

Box = tuple[slice, slice, slice]


@dataclass
class FineHead:
    """A head on the fine grid.

    `chi` spans the wide grid; the others span the field of view, which is its `window`.
    """

    wide: Grid
    window: Box
    chi: np.ndarray
    r2star: np.ndarray
    signal: np.ndarray
    labels: np.ndarray

    @property
    def brain(self) -> np.ndarray:
        """Brain, on the field of view."""
        return (self.labels > 0) & (self.labels < BRAIN_LABELS)


def steady_state(proton_density: np.ndarray, r1: np.ndarray, protocol: Protocol) -> np.ndarray:
    """Return the spoiled gradient-echo signal at echo time zero; white matter is about 1."""
    angle = np.float32(np.deg2rad(protocol.flip_angle))
    decay = np.exp(np.float32(-protocol.repetition_time) * r1)
    reference = 0.7 * np.sin(angle) * (1 - np.exp(-protocol.repetition_time / 0.85))
    reference /= 1 - np.cos(angle) * np.exp(-protocol.repetition_time / 0.85)
    signal = proton_density * np.sin(angle) * (1 - decay) / (1 - np.cos(angle) * decay)
    return (signal / np.float32(reference)).astype(np.float32)


def wide_window(protocol: Protocol, head: Anatomy, to_scanner: np.ndarray) -> tuple[tuple[int, int, int], Box]:
    """Return the shape that holds the head as far as it is simulated, and the field of view inside it."""
    fine = np.array(protocol.fine_shape)
    voxel = np.multiply(protocol.shape, protocol.voxel_size) / fine
    matter = np.argwhere(head.labels[::4, ::4, ::4] > 0) * 4
    to_fine = np.linalg.inv(protocol.fine_affine) @ to_scanner @ head.affine
    index = matter @ to_fine[:3, :3].T + to_fine[:3, 3]
    most = np.ceil(BEYOND_MM / voxel)
    low = np.clip(np.ceil(-index.min(axis=0)), 0, most).astype(int)
    high = np.clip(np.ceil(index.max(axis=0) + 1 - fine), 0, most).astype(int)
    shape = tuple(int(n) for n in fine + low + high)
    window = tuple(slice(int(a), int(a + n)) for a, n in zip(low, fine, strict=True))
    return shape, window  # type: ignore[return-value]


def sample(volumes: np.ndarray, to_template: np.ndarray, shape: tuple[int, ...], threads: int) -> np.ndarray:
    """Interpolate template volumes on a grid, in slabs, with their edges carried on (the neck goes on below).

    Parameters
    ----------
    volumes : (x, y, z, n) float32 array
        On the template grid.
    to_template : (4, 4) float array
        Grid indices to template indices.
    shape : (3,) int
    threads : int

    Returns
    -------
    sampled : (n, x, y, z) float32 array
    """
    out = np.empty((volumes.shape[3], *shape), np.float32)
    affine = np.ascontiguousarray(to_template)

    def slab(start: int) -> None:
        interpolate(volumes, affine, start, out[:, start : start + SLAB])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(slab, range(0, shape[0], SLAB)))
    return out


def fine_head(
    head: Anatomy, things: list[Tube], protocol: Protocol, to_scanner: np.ndarray, *, threads: int
) -> FineHead:
    """Lay a head, its veins and small lesions onto the fine grid.

    Parameters
    ----------
    head : Anatomy
    things : list of Tube
    protocol : Protocol
    to_scanner : (4, 4) float array
        Template to scanner millimetres.
    threads : int
    """
    shape, window = wide_window(protocol, head, to_scanner)
    affine = protocol.fine_affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ [s.start for s in window]
    to_template = np.linalg.inv(head.affine) @ np.linalg.inv(to_scanner)
    inner = to_template @ protocol.fine_affine
    steady = steady_state(head.proton_density, head.r1, protocol)
    rates = sample(np.stack([head.r2star, steady], axis=3), inner, protocol.fine_shape, threads)
    fine = FineHead(
        Grid.from_affine(shape, affine),
        window,
        sample(head.chi[..., None], to_template @ affine, shape, threads)[0],
        rates[0],
        rates[1],
        nearest(head.labels, inner, protocol.fine_shape),
    )
    draw(fine, head, things, np.linalg.inv(protocol.fine_affine) @ to_scanner, protocol)
    return fine


def draw(fine: FineHead, head: Anatomy, things: list[Tube], to_index: np.ndarray, protocol: Protocol) -> None:
    """Draw veins and small lesions where there is brain or fluid."""
    voxel_size = np.multiply(protocol.shape, protocol.voxel_size) / np.array(protocol.fine_shape)
    chi = fine.chi[fine.window]
    for thing in things:
        crossed = filled(thing, to_index, voxel_size, protocol.fine_shape)
        if crossed is None:
            continue
        box, share = crossed
        matter = head.structures[thing.structure]
        share = share * (
            (fine.labels[box] > 0) & ((fine.labels[box] < BRAIN_LABELS) | (fine.labels[box] == OUTER_FLUID))
        )
        density, rate = (np.array([value_of(matter, name)], np.float32) for name in ("proton_density", "r1"))
        signal = steady_state(density, rate, protocol)[0]
        for volume, value in ((chi, matter.chi), (fine.r2star, value_of(matter, "r2star")), (fine.signal, signal)):
            volume[box] += share * (np.float32(value) - volume[box])
        most = (share > 0.5) & (fine.labels[box] < BRAIN_LABELS)
        fine.labels[box][most] = matter.numbers[0]


def fields(fine: FineHead, shim: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the shimmed total field and the field of the brain alone on the field of view, ppm.

    Parameters
    ----------
    fine : FineHead
    shim : numpy Generator
        Draws the error of the shim.
    """
    total = np.ascontiguousarray(dipole_field(fine.chi - np.float32(AIR_CHI), fine.wide, pad=PAD)[fine.window])
    own = np.where(fine.brain, fine.chi[fine.window], np.float32(0))
    local = dipole_field(own, fine.wide.resized(own.shape), pad=PAD)
    remove_shim(total, fine.brain, fine.wide, shim)
    return total, np.ascontiguousarray(local)


def remove_shim(field: np.ndarray, brain: np.ndarray, grid: Grid, rng: np.random.Generator) -> None:
    """Subtract, in place, the solid harmonics up to second order that fit a field in the brain, with some error."""
    axes = [
        (np.arange(n, dtype=np.float32) - n / 2) * np.float32(size / 100)
        for n, size in zip(field.shape, grid.voxel_size, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    step = max(1, round((brain.sum() / 20000) ** (1 / 3)))
    few = (slice(None, None, step),) * 3
    chosen = brain[few]
    columns = [np.broadcast_to(h, chosen.shape)[chosen] for h in solid_harmonics(*(a[few] for a in (x, y, z)))]
    design = np.stack(columns, axis=1).astype(np.float64)
    coefficients = np.linalg.lstsq(design, field[few][chosen].astype(np.float64), rcond=None)[0]
    coefficients[1:] *= 1 + SHIM_ERROR * rng.standard_normal(coefficients.size - 1)
    for start in range(0, field.shape[0], SLAB):
        rows = slice(start, start + SLAB)
        for value, harmonic in zip(coefficients, solid_harmonics(x[rows], y, z), strict=True):
            field[rows] -= np.float32(value) * harmonic


def solid_harmonics(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
    """Return the nine polynomials that a shim up to second order can make; each is free of sources."""
    one = np.ones((1, 1, 1), np.float32)
    return [one, x, y, z, x * y, y * z, z * x, x * x - y * y, 2 * z * z - x * x - y * y]


def echo_signal(fine: FineHead, field: np.ndarray, protocol: Protocol, echo: int, threads: int) -> np.ndarray:
    """Return the acquired signal of one echo before any coil, complex64: decayed, turned by the field, cropped.

    Parameters
    ----------
    fine : FineHead
    field : (x, y, z) float32 array, ppm
        On the fine field of view.
    protocol : Protocol
    echo : int
        From 0.
    threads : int
    """
    time = protocol.echo_times[echo]
    turn = np.float32(radians_per_ppm(time, protocol.field_strength))
    along_x, along_y, along_z = (
        cropping(n_fine, n).astype(np.complex64) for n_fine, n in zip(field.shape, protocol.shape, strict=True)
    )
    half = np.empty((field.shape[0], *protocol.shape[1:]), np.complex64)

    def slab(start: int) -> None:
        rows = slice(start, start + SLAB)
        decayed = fine.signal[rows] * np.exp(np.float32(-time) * fine.r2star[rows])
        half[rows] = np.matmul(along_y, polar(decayed, turn * field[rows]) @ along_z.T)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(slab, range(0, field.shape[0], SLAB)))
    return (along_x @ half.reshape(field.shape[0], -1)).reshape(protocol.shape)
