"""Methods that other packages announce, found by name and held to the step's ports before they are used.

A package announces a class under the entry-point group `nipype_qsm.<step>`. Nothing of it is imported until its name is
asked for or methods are listed, and what is wrong with one package is told without harm to any other.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from nipype.interfaces.base import BaseInterface

from nipype_qsm.errors import QSMError, ToolMissing

PAGE = "docs/adding_a_method.md shows a method that fits"


class MethodError(QSMError):
    """A method of another package that cannot stand at its step."""


def points(step: str, name: str | None = None) -> dict[str, list[metadata.EntryPoint]]:
    """Return what is announced for a step, by name; more than one where packages chose the same name.

    Parameters
    ----------
    step : str
    name : str, optional
        This name only.
    """
    found: dict[str, list[metadata.EntryPoint]] = {}
    for point in metadata.entry_points(group=f"nipype_qsm.{step}"):
        if name in (None, point.name):
            found.setdefault(point.name, []).append(point)
    return found


def origin(point: metadata.EntryPoint) -> str:
    """Return the package that announced a method, and its version.

    Parameters
    ----------
    point : EntryPoint
    """
    package = getattr(point, "dist", None)
    return f"{package.name} {package.version}" if package is not None else point.value.partition(":")[0]


def loaded(step: str, given: list[metadata.EntryPoint], own: Mapping[str, type]) -> type:
    """Import an announced method and check that it fits.

    Parameters
    ----------
    step : str
    given : list of EntryPoint
        Of one name.
    own : mapping
        The project's own methods of the step.

    Raises
    ------
    MethodError
        Names the package.
    """
    point = given[0]
    if len({each.value for each in given}) > 1:
        raise MethodError(
            f"{' and '.join(origin(each) for each in given)} both announce the {step} method '{point.name}'.",
            remedy="Uninstall one of them, or hand the class itself to the workflow.",
        )
    try:
        method = point.load()
    except Exception as error:
        raise MethodError(
            f"The {step} method '{point.name}' of {origin(point)} cannot be imported from {point.value}: "
            f"{type(error).__name__}: {error}.",
            remedy=f"Repair or uninstall {origin(point)}.",
        ) from error
    try:
        require_fit(step, method, own)
    except MethodError as error:
        raise MethodError(f"{origin(point)}: {error.problem}", remedy=error.remedy) from None
    return method


def require_fit(step: str, method: Any, own: Mapping[str, type]) -> None:
    """Refuse a class that cannot stand where the project's own methods do.

    It must give the volumes that all of those give, and need nothing that none of them takes.

    Parameters
    ----------
    step : str
    method : class
    own : mapping
        The project's own methods of the step.
    """
    name = getattr(method, "__name__", repr(method))
    kinds = _common_bases(own.values())
    if not (isinstance(method, type) and issubclass(method, kinds)):
        wanted = " and ".join(kind.__name__ for kind in kinds)
        raise MethodError(f"{name} is no subclass of {wanted}.", remedy=f"Derive it from the base of its step; {PAGE}.")
    try:
        inputs, outputs = _ports(method.input_spec), _ports(method.output_spec)
        asked = _asked_of_the_kernel(method)
    except Exception as error:
        raise MethodError(
            f"The ports of {name} cannot be made: {error}.", remedy=f"Correct its specs; {PAGE}."
        ) from error
    missing = {port: what for port, what in _always_given(own.values()).items() if outputs.get(port, ...) != what}
    if missing:
        raise MethodError(
            f"{name} does not give {', '.join(missing)}, which a method of {step} must.",
            remedy=f"Declare it in the output spec with `volume_out`; {PAGE}.",
        )
    offered = {port for each in own.values() for port in _ports(each.input_spec)}
    needed = {port for port, trait in method.input_spec().traits(mandatory=True).items()}
    if own and needed - offered:
        raise MethodError(
            f"{name} needs {', '.join(sorted(needed - offered))}, which the step {step} does not have.",
            remedy=f"It has: {', '.join(sorted(offered - {'algorithm', 'num_threads'}))}.",
        )
    if asked - set(inputs):
        raise MethodError(
            f"The kernel of {name} asks for {', '.join(sorted(asked - set(inputs)))}, for which there is no port.",
            remedy="Give the port and the kernel's parameter the same name.",
        )


def _common_bases(methods: Any) -> tuple[type, ...]:
    from nipype_qsm.interfaces.base import KernelInterface

    return (KernelInterface,) if all(issubclass(method, KernelInterface) for method in methods) else (BaseInterface,)


def _ports(spec: Any) -> dict[str, Any]:
    made = spec()
    return {name: made.trait(name).quantity for name in made.copyable_trait_names()}


def _always_given(methods: Any) -> dict[str, str]:
    """Return the volumes that every one of the methods gives."""
    each = [{(port, what) for port, what in _ports(method.output_spec).items() if what} for method in methods]
    return dict(set.intersection(*each)) if each else {}


def _asked_of_the_kernel(method: type) -> set[str]:
    """Return what a kernel must be given; what a reader of coils or a base class adds is not asked for."""
    kernel = getattr(method, "_kernel", None)
    if kernel is None:
        return set()
    provided = {"grid", "read", "n_coils", "n_echoes", "echo_times"}
    parameters = inspect.signature(kernel).parameters.values()
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {p.name for p in parameters if p.default is p.empty and p.kind not in variable} - provided


def listed(step: str, own: Mapping[str, type]) -> dict[str, tuple[str, str]]:
    """Return what other packages announce for a step: by name its first sentence, or what is wrong, and its package.

    Parameters
    ----------
    step : str
    own : mapping
        The project's own methods of the step.
    """
    told = {}
    for name, given in sorted(points(step).items()):
        if name in own:
            text = "not used: a method of the project has this name."
        else:
            try:
                text = (loaded(step, given, own).__doc__ or "").strip().partition("\n")[0]
            except (MethodError, ToolMissing) as error:
                text = f"cannot be used: {error.problem}"
        told[name] = (text, ", ".join(origin(each) for each in given))
    return told
