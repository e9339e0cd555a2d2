"""Looking at the data for scanner faults, and saying so."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from nipype.interfaces.base import TraitedSpec, traits

from nipype_qsm.interfaces.base import KernelInputSpec, SimpleStep, VoxelMemory, threads
from nipype_qsm.interfaces.ports import File
from nipype_qsm.kernels.reading.faults import faults
from nipype_qsm.series import Series

COILS_LOOKED_AT = 4
"""A fault of the reconstruction is in every coil; a few tell it from noise."""


class FaultsInputSpec(KernelInputSpec):
    """Inputs of `Faults`."""

    series = File(exists=True, mandatory=True, desc="table of files from ReadSeries, JSON")


class FaultsOutputSpec(TraitedSpec):
    """Outputs of `Faults`."""

    series = File(exists=True, desc="the same table: nothing is corrected here")
    alternating_slices = traits.Bool(desc="every second slice is turned by pi")
    alternation = traits.Float(desc="share of opposed minus share of agreeing slice neighbours, -1 to 1")
    inverted_sign = traits.Bool(desc="the phase's sign is the opposite of the field's")
    sign_correlation = traits.Float(
        desc="measured against modelled field steps, -1 to 1; near 0 says nothing, NaN: not judged"
    )


class Faults(SimpleStep):
    """Look for alternating slices and an inverted phase sign; warn, and correct nothing."""

    input_spec = FaultsInputSpec
    output_spec = FaultsOutputSpec
    memory = VoxelMemory(series=21)

    def _run_interface(self, runtime: Any) -> Any:
        series = Series.load(self.inputs.series)
        grid = series.frame.grid(list(series.b0_direction) or None)
        step = max(1, series.n_coils // COILS_LOOKED_AT)
        coils = list(range(0, series.n_coils, step))[:COILS_LOOKED_AT]
        with threads(self.inputs.num_threads):
            first = series.read(0, coils[0])
            product = None if series.n_echoes == 1 else np.zeros_like(first)
            for coil in coils if product is not None else []:
                earlier = first if coil == coils[0] else series.read(0, coil)
                product += series.read(1, coil) * earlier.conj()
            found = faults(first, product, grid)
        if found.alternating_slices:
            warnings.warn(
                f"Every second slice of the phase is turned by pi (alternation {found.alternation:.2f}): known of GE. "
                "Run again with --fix-alternating-slices.",
                stacklevel=2,
            )
        if found.inverted_sign:
            warnings.warn(
                f"The phase seems to have the opposite sign (correlation {found.sign_correlation:.2f} with the field "
                "that the head's outline makes): the map would be inverted. Run again with --invert-phase.",
                stacklevel=2,
            )
        self._results = {"series": self.inputs.series, **found._asdict()}
        return runtime
