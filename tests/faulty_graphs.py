"""Small graphs whose nodes count how often they ran, and faults to put into them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import nipype.pipeline.engine as pe
from nipype.interfaces.base import BaseInterfaceInputSpec, SimpleInterface, TraitedSpec, traits
from nipype.interfaces.utility import Merge


class NumberInput(BaseInterfaceInputSpec):
    number = traits.Int(desc="what to work on")
    log = traits.Str(nohash=True, desc="path where each run leaves a line")


class NumberOutput(TraitedSpec):
    out = traits.Int(desc="the result")


class Double(SimpleInterface):
    input_spec, output_spec = NumberInput, NumberOutput

    def _run_interface(self, runtime):
        with Path(self.inputs.log).open("a") as lines:
            lines.write(f"{self.inputs.number}\n")
        self._results["out"] = 2 * self.inputs.number
        return runtime


class SumInput(BaseInterfaceInputSpec):
    numbers = traits.List(traits.Int, desc="what to add")


class Sum(SimpleInterface):
    input_spec, output_spec = SumInput, NumberOutput

    def _run_interface(self, runtime):
        self._results["out"] = sum(self.inputs.numbers)
        return runtime


class FaultyInput(NumberInput):
    fault = traits.Enum(
        "die", "leave", "hoard", "fill", "wait", desc="what goes wrong, unless a file says that it is cured"
    )


class Faulty(SimpleInterface):
    input_spec, output_spec = FaultyInput, NumberOutput

    def _run_interface(self, runtime):
        folder = Path(self.inputs.log).parent
        if not (folder / "cured").exists():
            getattr(self, f"_{self.inputs.fault}")(folder)
        self._results["out"] = self.inputs.number
        return runtime

    def _die(self, folder):
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does when memory runs out

    def _leave(self, folder):
        os._exit(3)

    def _hoard(self, folder):
        kept = bytearray(600_000_000)
        kept[::4096] = b"1" * len(kept[::4096])
        time.sleep(30)

    def _fill(self, folder):
        Path("/dev/full").write_text("what does not fit")

    def _wait(self, folder):
        (folder / "waiting").touch()
        time.sleep(float(os.environ.get("LONG_WAIT", "60")))


def fan(folder: Path, *, width: int = 4, fault: str | None = None) -> pe.Workflow:
    """Return a graph of `width` doubled numbers and their sum, with a faulty node beside them."""
    workflow = pe.Workflow("fan", base_dir=str(folder))
    merge = pe.Node(Merge(width), name="merge", run_without_submitting=True)
    add = pe.Node(Sum(), name="total", mem_gb=0.25)
    for number in range(width):
        node = pe.Node(Double(number=number, log=str(folder / "ran.txt")), name=f"double_{number}", mem_gb=0.25)
        workflow.connect(node, "out", merge, f"in{number + 1}")
    workflow.connect(merge, "out", add, "numbers")
    if fault is not None:
        faulty = Faulty(number=1, log=str(folder / "ran.txt"), fault=fault)
        workflow.add_nodes([pe.Node(faulty, name="faulty", mem_gb=0.25)])
    return workflow


def ran(folder: Path) -> list[int]:
    """Return the numbers that were doubled, once for each run of their node."""
    path = folder / "ran.txt"
    return sorted(int(line) for line in path.read_text().split()) if path.exists() else []


def result(graph, name: str):
    """Return the output of a node of a graph that ran."""
    return next(node.result.outputs.out for node in graph.nodes() if node.name == name)
