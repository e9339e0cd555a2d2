"""What every step shares: load the volumes, call one kernel, save what it returns.

A step's ports carry the names of the vocabulary, so a subclass declares only its ports, its options and its kernel:

    class InversionInputSpec(KernelInputSpec):
        field_local = volume("field_local", mandatory=True)
        mask = volume("mask", mandatory=True)

    class InversionOutputSpec(TraitedSpec):
        chi = volume_out("chi")

    class DipoleInversion(KernelInterface):        # the step, in the room's base.py
        input_spec, output_spec = InversionInputSpec, InversionOutputSpec

    class TKDInputSpec(InversionInputSpec):        # a method, in its own file
        threshold = traits.Range(low=0.0, high=0.66, value=0.15, usedefault=True, desc="smallest kernel magnitude")

    class TKD(DipoleInversion):
        '''Invert by truncated k-space division.'''
        input_spec = TKDInputSpec
        _kernel = staticmethod(tkd)

A port made with `volume` is loaded and checked, and handed to the kernel under its own name (a list port as one
(x, y, z, echo) array); `grid` is made from the first volume's affine; every other input whose name is a parameter of
the kernel is an option (undefined ones are left out, so that the kernel's default holds). A kernel returns one array
for the single output, or a NamedTuple whose fields are the outputs: arrays (lists of arrays for per-echo ports) are
saved as NIfTI in the node's folder, anything else is passed on as it is. Threads are the node's `n_procs`.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from nipype.interfaces.base import (
    BaseInterfaceInputSpec,
    SimpleInterface,
    TraitedSpec,
    isdefined,
    traits,
)
from scipy import fft
from threadpoolctl import threadpool_limits

from nipype_qsm.errors import MetadataError, QSMError
from nipype_qsm.geometry import Frame
from nipype_qsm.interfaces import announced
from nipype_qsm.interfaces.ports import File, algorithm, b0_direction, volume, volume_out
from nipype_qsm.io import load_volume, save_volume
from nipype_qsm.memory import VoxelMemory
from nipype_qsm.quantities import VOCABULARY

__all__ = [
    "File",
    "Frame",
    "KernelInputSpec",
    "KernelInterface",
    "Keyed",
    "Methods",
    "SimpleStep",
    "TableStep",
    "TraitedSpec",
    "VoxelMemory",
    "algorithm",
    "b0_direction",
    "require_as_many",
    "threads",
    "traits",
    "volume",
    "volume_out",
]


class KernelInputSpec(BaseInterfaceInputSpec):
    """Inputs of every step."""

    num_threads = traits.Int(1, usedefault=True, nohash=True, desc="threads; kept in step with the node's n_procs")
    algorithm = algorithm("1")


class Keyed:
    """Keep apart in the cache what two interfaces compute from the same inputs.

    Nipype compares inputs before it takes a node's earlier result, and nothing else: a node whose method was replaced
    by another with the same options would keep the map of the first.
    """

    def __init__(self, *arguments: Any, **inputs: Any) -> None:
        super().__init__(*arguments, **inputs)
        ports, name = self.inputs, f"{type(self).__module__}.{type(self).__qualname__}"  # type: ignore[attr-defined]
        if not ports.algorithm.startswith(f"{name} "):
            ports.algorithm = f"{name} {ports.algorithm}"


class SimpleStep(Keyed, SimpleInterface):
    """Run Python code on the ports; what it gives is put into `_results`, which begins empty each time."""

    def _pre_run_hook(self, runtime: Any) -> Any:
        self._results = {}
        return runtime


class TableStep(SimpleStep):
    """A step from tables to tables, in the node's folder."""

    def _run_interface(self, runtime: Any) -> Any:
        with threads(self.inputs.num_threads):
            self._results = self._tables(Path(runtime.cwd))
        return runtime

    def _tables(self, folder: Path) -> dict[str, Any]:
        raise NotImplementedError


class KernelInterface(SimpleStep):
    """Load, check, call one kernel, save."""

    _kernel: ClassVar[Callable[..., Any]]
    memory: ClassVar[VoxelMemory | None] = None
    """What a node takes, measured."""

    def _pre_run_hook(self, runtime: Any) -> Any:
        _forget_peak()
        return super()._pre_run_hook(runtime)

    def _post_run_hook(self, runtime: Any) -> Any:
        runtime.peak_gb = _peak()
        return runtime

    def _run_interface(self, runtime: Any) -> Any:
        with threads(self.inputs.num_threads):
            arguments, frame = self._arguments()
            result = self._call(arguments, frame)
        self._results = self._saved(result, frame, Path(runtime.cwd))
        return runtime

    def uses(self, port: str) -> bool:
        """Tell whether an input port makes a difference: a step offers more volumes than each of its methods takes."""
        if not hasattr(type(self), "_kernel"):
            return True  # an external program declares only what it takes
        accepted = inspect.signature(type(self)._kernel).parameters
        if port == "b0_direction":
            return "grid" in accepted
        return self.inputs.trait(port).quantity is None or port in accepted

    def _call(self, arguments: dict[str, Any], frame: Frame) -> Any:
        return type(self)._kernel(**arguments)

    def _arguments(self) -> tuple[dict[str, Any], Frame]:
        accepted = inspect.signature(type(self)._kernel).parameters
        arguments, frame = self._ports(accepted)
        if frame is None:
            raise TypeError(f"{type(self).__name__} has no volume to work on")
        if "grid" in accepted:
            given = getattr(self.inputs, "b0_direction", None)
            arguments["grid"] = frame.grid(list(given) if isdefined(given) and given else None)
        return arguments, frame

    def _ports(self, accepted: Collection[str], frame: Frame | None = None) -> tuple[dict[str, Any], Frame | None]:
        """Return the ports that are accepted, volumes loaded, and the frame of the first unless one is given."""
        arguments: dict[str, Any] = {}
        given = {name: value for name, value in self.inputs.get().items() if isdefined(value) and name in accepted}
        quantities = {name: quantity for name in given if (quantity := self.inputs.trait(name).quantity) is not None}
        require_as_many({name: given[name] for name in quantities if isinstance(given[name], list)})
        for name, value in given.items():
            if name in quantities:
                arguments[name], frame = _loaded(value, quantities[name], name, frame)
            else:
                arguments[name] = value
        return arguments, frame

    def _saved(self, result: Any, frame: Frame, folder: Path) -> dict[str, Any]:
        named = result._asdict() if hasattr(result, "_asdict") else {next(iter(self.output_spec().get())): result}
        saved: dict[str, Any] = {}
        for name, value in named.items():
            quantity = self.output_spec().trait(name).quantity
            if value is None:
                continue
            saved[name] = value if quantity is None else _stored(value, name, quantity, frame, folder)
        return saved


def require_as_many(files: Mapping[str, Sequence[Any]]) -> None:
    """Refuse ports of one file an echo that do not agree on the number of echoes."""
    if len({len(paths) for paths in files.values()}) > 1:
        raise MetadataError(
            f"There are {' and '.join(f'{len(paths)} files of {port}' for port, paths in files.items())}.",
            remedy="Give each of them one file an echo, in the same order.",
        )


def _forget_peak() -> None:
    """Start a new measurement of this process's peak memory, where the kernel of the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float | None:
    """Return the peak memory since `_forget_peak` in GB, where it can be known."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return round(int(line.split()[1]) / 1024**2, 3)
    return None


def _loaded(value: Any, quantity: str, port: str, frame: Frame | None) -> tuple[np.ndarray, Frame]:
    if not isinstance(value, list):
        array, own = load_volume(value, quantity, port)
        if frame is not None:
            frame.require_same(own, port)
        return array, frame or own
    first, frame = _loaded(value[0], quantity, port, frame)
    # One array from the beginning: stacking at the end would hold every echo twice.
    echoes = np.empty((len(value), *first.shape), first.dtype)
    echoes[0] = first
    for number, path in enumerate(value[1:], start=1):
        echoes[number], _ = _loaded(path, quantity, port, frame)
    # Echo last, as the kernels document it, but each echo contiguous in memory.
    return np.moveaxis(echoes, 0, -1), frame


def _stored(value: Any, name: str, quantity: str, frame: Frame, folder: Path) -> str | list[str]:
    if not VOCABULARY[quantity].per_echo:
        return str(save_volume(value, frame, folder / f"{name}.nii", quantity))
    echoes = value if isinstance(value, (list, tuple)) else list(np.moveaxis(value, -1, 0))
    return [
        str(save_volume(echo, frame, folder / f"{name}_echo-{number}.nii", quantity))
        for number, echo in enumerate(echoes, start=1)
    ]


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Give FFT, BLAS and numba `count` threads and no more, inside the block."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(count, numba.config.NUMBA_NUM_THREADS)))
    try:
        with fft.set_workers(max(1, count)), threadpool_limits(max(1, count)):
            yield
    finally:
        numba.set_num_threads(before)


class Methods(dict[str, type[KernelInterface]]):
    """The methods of one step by name; a method's name is its file's.

    Other packages add theirs under the entry-point group `nipype_qsm.<step>`; they are found when a name is asked for
    that is not here. Only the project's own are counted and walked through; `names` has both.

    Parameters
    ----------
    step : str
        The room.
    methods : interface classes
    """

    def __init__(self, step: str, *methods: type[KernelInterface]) -> None:
        super().__init__({method.__module__.rpartition(".")[2]: method for method in methods})
        self.step = step

    def __missing__(self, name: str) -> type[KernelInterface]:
        given = announced.points(self.step, name)
        if given:
            return announced.loaded(self.step, given[name], self)
        known = ", ".join(sorted(self.names()))
        raise QSMError(f"{self.step} has no method '{name}'.", remedy=f"Choose one of: {known}.")

    def names(self) -> list[str]:
        """Return the names of all methods, those of other packages included."""
        return list(dict.fromkeys([*self, *announced.points(self.step)]))

    def package(self, name: str) -> str:
        """Return the package, with its version, that announced a method; nothing for the project's own."""
        given = [] if name in self else announced.points(self.step, name).get(name, [])
        return ", ".join(announced.origin(point) for point in given)

    def make(self, method: str | KernelInterface, **options: Any) -> KernelInterface:
        """Return an interface from a name or an instance; options are set on it."""
        if not isinstance(method, str) and type(method) not in self.values():
            announced.require_fit(self.step, type(method), self)
        interface = self[method]() if isinstance(method, str) else method
        interface.inputs.trait_set(**options)
        return interface
