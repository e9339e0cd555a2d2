"""FSL's PRELUDE as a node: an external program, so there is no kernel of this name.

It is what UK Biobank's pipeline unwraps the difference of two echoes with. Each echo is handed to the program through
Nipype's own wrapper; files, mask and outputs are those of every other unwrapping. Where FSL is not installed, that is
said when the interface is made, which is when the graph is built.
"""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

from nipype.interfaces import fsl

from nipype_qsm.errors import ToolMissing
from nipype_qsm.interfaces.base import require_as_many, traits, volume
from nipype_qsm.interfaces.unwrap.base import PhaseUnwrapping, PhaseUnwrappingInputSpec


class PRELUDEInputSpec(PhaseUnwrappingInputSpec):
    """Options of PRELUDE."""

    magnitude = volume("magnitude", mandatory=True)
    process3d = traits.Bool(True, usedefault=True, desc="unwrap in 3-D; otherwise slices first, then between slices")
    num_partitions = traits.Range(low=2, value=8, usedefault=True, desc="phase partitions that regions start from")


class PRELUDE(PhaseUnwrapping):
    """Unwrap each echo with FSL's PRELUDE (FSL's licence is non-commercial)."""

    input_spec = PRELUDEInputSpec
    program = "prelude"

    def __init__(self, **inputs: Any) -> None:
        if shutil.which(self.program) is None:
            raise ToolMissing(
                "FSL's program prelude is not on the PATH.",
                remedy="Install FSL and source its set-up, or unwrap with 'romeo', which needs nothing else.",
            )
        super().__init__(**inputs)

    def commands(self, folder: Path) -> list[fsl.PRELUDE]:
        """Return one command an echo, writing into `folder`."""
        phases, magnitudes = self.inputs.phase, self.inputs.magnitude
        require_as_many({"phase": phases, "magnitude": magnitudes})
        made = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Nipype announces that its wrapper was not fully tested.
            for number, (phase, magnitude) in enumerate(zip(phases, magnitudes, strict=True), start=1):
                command = fsl.PRELUDE(
                    phase_file=phase,
                    magnitude_file=magnitude,
                    mask_file=self.inputs.mask,
                    num_partitions=self.inputs.num_partitions,
                    unwrapped_phase_file=str(folder / f"phase_unwrapped_echo-{number}.nii"),
                    output_type="NIFTI",
                )
                if self.inputs.process3d:
                    command.inputs.process3d = True
                made.append(command)
        return made

    def _run_interface(self, runtime: Any) -> Any:
        folder = Path(runtime.cwd)
        for command in self.commands(folder):
            command.run(cwd=str(folder))
        written = [str(folder / f"phase_unwrapped_echo-{n}.nii") for n in range(1, len(self.inputs.phase) + 1)]
        self._results = {"phase_unwrapped": written}
        return runtime
