"""BIDS data sets: which gradient echoes, weighted images and derivatives belong together.

File names are taken apart into entities; side-cars are merged by the inheritance principle, the nearest winning. One
`Recording` is one run of one session. Uncombined coils, for which BIDS has no entity, are read from
`rec-uncombined_coil-NN` names. Labels, masks and transforms come from derivative data sets, by the names of `BRAIN`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nipype_qsm.bids_names import Name, checked_filters
from nipype_qsm.errors import ImageError, MetadataError
from nipype_qsm.io import read_json

IMAGES = (".nii", ".nii.gz")
RUN_ENTITIES = ("sub", "ses", "acq", "run")
"""Entities that tell recordings apart."""
UNCOMBINED = "uncombined"

BRAIN: dict[str, dict[str, str]] = {
    "mask_t1w": {"suffix": "mask", "desc": "brain"},
    "mask_fraction": {"suffix": "mask", "desc": "brain", "space": "MEGRE"},
    "labels": {"suffix": "dseg", "desc": "first"},
    "mask_white_matter": {"suffix": "mask", "label": "WM"},
    "mask_bianca": {"suffix": "mask", "label": "bianca"},
    "mask_lesions": {"suffix": "mask", "label": "WMH"},
    "mask_ventricles": {"suffix": "mask", "label": "ventricles"},
    "swi_to_t1": {"suffix": "xfm", "from": "MEGRE", "to": "T1w"},
    "t1_to_mni": {"suffix": "xfm", "from": "T1w"},
}
"""What is read of derivatives, by the names that the workflow gives it; on T1's grid unless `space-MEGRE`."""


@dataclass(frozen=True)
class Recording:
    """One multi-echo gradient echo, and what belongs to it.

    Parameters
    ----------
    entities : dict
        Of `RUN_ENTITIES`; name the outputs.
    source : str
        `coils` or `combined`.
    phase, magnitude : list of Path
        Every coil of the first echo, then of the second, ...
    echo_times : list of float, s
    field_strength : float, T
    phase_range : tuple of float, optional
        Where a side-car further up declares the unit of the phase.
    t1w, flair : Path, optional
    brain : dict of Path
        From derivatives, by the names of `BRAIN`.
    template_space : str
        Of `t1_to_mni`.
    notes : list of str
    """

    entities: dict[str, str]
    source: str
    phase: list[Path]
    magnitude: list[Path]
    echo_times: list[float]
    field_strength: float
    phase_range: tuple[float, float] | None = None
    t1w: Path | None = None
    flair: Path | None = None
    brain: dict[str, Path] = field(default_factory=dict)
    template_space: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """What the names of its outputs begin with."""
        return "_".join(f"{key}-{value}" for key, value in self.entities.items())

    @property
    def folder(self) -> str:
        """Where its outputs go, below the data set."""
        session = f"/ses-{self.entities['ses']}" if "ses" in self.entities else ""
        return f"sub-{self.entities['sub']}{session}"


class Dataset:
    """A raw data set and its derivatives.

    Parameters
    ----------
    root : path
    derivatives : sequence of path
        Searched in this order; by default the data sets in `derivatives/`.
    filters : mapping, optional
        By `megre`, `t1w` and `flair`: entities that files must have.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        derivatives: Sequence[str | Path] | None = None,
        filters: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise ImageError(f"{root} is not a folder.", remedy="Give the folder of a BIDS data set.")
        within = sorted(p for p in (self.root / "derivatives").glob("*") if p.is_dir())
        self.derivatives = within if derivatives is None else [Path(path) for path in derivatives]
        for path in self.derivatives:
            if not path.is_dir():
                raise ImageError(f"{path} is not a folder.", remedy="Correct --derivatives.")
        self.filters = checked_filters(filters or {})

    @property
    def participants(self) -> list[str]:
        """Labels of the participants, without `sub-`."""
        return sorted(p.name.removeprefix("sub-") for p in self.root.glob("sub-*") if p.is_dir())

    def recordings(
        self, participants: Iterable[str] | None = None, sessions: Iterable[str] | None = None
    ) -> list[Recording]:
        """Return every recording of some participants and sessions, all by default.

        Parameters
        ----------
        participants, sessions : iterable of str, optional
            Labels, with or without `sub-` and `ses-`.
        """
        known = self.participants
        wanted = known if participants is None else [label.removeprefix("sub-") for label in participants]
        missing = [label for label in wanted if label not in known]
        if missing or not known:
            raise MetadataError(
                f"{self.root} has no participant {', '.join(missing) or 'at all (no folder sub-*)'}.",
                remedy=f"It has: {', '.join(known[:20]) or 'nothing that BIDS names'}.",
            )
        chosen = None if sessions is None else {label.removeprefix("ses-") for label in sessions}
        found = [recording for label in dict.fromkeys(wanted) for recording in self._of(label, chosen)]
        if not found:
            raise MetadataError(
                f"No participant of {self.root} has a multi-echo gradient echo with phase"
                + (f" in session {', '.join(sorted(chosen))}" if chosen else "")
                + " (anat/*_echo-1_part-phase_MEGRE.nii.gz).",
                remedy="Name the files as BIDS does, or correct the labels and filters.",
            )
        return found

    def _of(self, label: str, sessions: set[str] | None) -> list[Recording]:
        names = [Name.of(path) for path in sorted((self.root / f"sub-{label}").rglob("*.nii*"))]
        names = [name for name in names if name.extension in IMAGES and name.entities.get("sub") == label]
        if sessions is not None:
            names = [name for name in names if name.entities.get("ses") in sessions]
        echoes = [name for name in names if name.matches({"suffix": "MEGRE", **self.filters.get("megre", {})})]
        runs: dict[tuple[tuple[str, str], ...], list[Name]] = {}
        for name in echoes:
            key = tuple((key, name.entities[key]) for key in RUN_ENTITIES if key in name.entities)
            runs.setdefault(key, []).append(name)
        return [self._recording(dict(key), own, names) for key, own in runs.items()]

    def _recording(self, entities: dict[str, str], echoes: list[Name], names: list[Name]) -> Recording:
        coils = [name for name in echoes if name.entities.get("rec") == UNCOMBINED]
        combined = [name for name in echoes if name.entities.get("rec") != UNCOMBINED]
        where = "_".join(f"{key}-{value}" for key, value in entities.items())
        _require_one_reconstruction(combined if not coils else [], where)
        used = coils or combined
        phase, magnitude = (_sorted(used, part) for part in ("phase", "mag"))
        if not phase or len(phase) != len(magnitude):
            raise ImageError(
                f"{where} has {len(phase)} phase and {len(magnitude)} magnitude files (part-phase, part-mag).",
                remedy="Give phase and magnitude of every echo.",
            )
        sidecars = [self.sidecar(name) for name in phase]
        echo_times = _echo_times(phase, sidecars, where)
        brain, space = self._brain(entities)
        images = {suffix: self._image(suffix, entities, names) for suffix in ("T1w", "FLAIR")}
        return Recording(
            entities,
            "coils" if coils else "combined",
            [name.path for name in phase],
            [name.path for name in magnitude],
            echo_times,
            _field_strength(sidecars, where),
            _phase_range(phase, sidecars),
            images["T1w"],
            images["FLAIR"],
            brain,
            space,
            [f"{where}: {'uncombined coils' if coils else 'combined coils'}, {len(echo_times)} echoes"],
        )

    def sidecar(self, name: Name) -> dict[str, Any]:
        """Return what the side-cars of a file say, those further up included (the inheritance principle)."""
        merged: dict[str, Any] = {}
        folders = [
            folder for folder in reversed(name.path.parents) if folder == self.root or self.root in folder.parents
        ]
        for folder in folders:
            found = [Name.of(path) for path in folder.glob(f"*{name.suffix}.json")]
            # The more entities, the nearer to the file.
            for other in sorted(found, key=lambda each: len(each.entities)):
                if other.suffix == name.suffix and other.entities.items() <= name.entities.items():
                    merged |= read_json(other.path)
        return merged

    def _image(self, suffix: str, entities: dict[str, str], names: list[Name]) -> Path | None:
        wanted = {"suffix": suffix, **self.filters.get(suffix.lower(), {})}
        found = [name for name in names if name.matches(wanted) and "part" not in name.entities]
        own = [name for name in found if name.entities.get("ses") == entities.get("ses")] or found
        # The plain one of several, such as that without rec-norm.
        return min(own, key=lambda name: (len(name.entities), name.path.name)).path if own else None

    def _brain(self, entities: dict[str, str]) -> tuple[dict[str, Path], str]:
        found: dict[str, Path] = {}
        space = ""
        for root in self.derivatives:
            names = [Name.of(path) for path in sorted((root / f"sub-{entities['sub']}").rglob("*_*.*"))]
            names = [name for name in names if name.extension in (*IMAGES, ".mat", ".txt")]
            names = [name for name in names if name.entities.get("ses") in (None, entities.get("ses"))]
            names.sort(key=lambda name: "ses" not in name.entities)  # the session's own first
            for port, wanted in BRAIN.items():
                fits = [name for name in names if name.matches(wanted) and _on_grid(name, wanted)]
                if "MEGRE" in wanted.values():
                    fits = [name for name in fits if _of_recording(name, entities)]
                if fits and port not in found:
                    found[port] = fits[0].path
                    space = fits[0].entities.get("to", "") if port == "t1_to_mni" else space
        return found, space


def _of_recording(name: Name, entities: Mapping[str, str]) -> bool:
    """Tell whether what belongs to a gradient echo belongs to this one, and not to another run of it."""
    return all(entities.get(key) == name.entities[key] for key in RUN_ENTITIES if key in name.entities)


def _on_grid(name: Name, wanted: Mapping[str, str]) -> bool:
    if wanted["suffix"] == "xfm":
        return "to" in wanted or name.entities.get("to", "").startswith("MNI")
    return "space" in wanted or name.entities.get("space") in (None, "T1w", "orig")


def _sorted(names: list[Name], part: str) -> list[Name]:
    own = [name for name in names if name.entities.get("part") == part]
    return sorted(own, key=lambda n: (int(n.entities.get("echo", 1)), int(n.entities.get("coil", 0))))


def _require_one_reconstruction(names: list[Name], where: str) -> None:
    kinds = {name.entities.get("rec") for name in names}
    if len(kinds) > 1:
        raise MetadataError(
            f"{where} has several reconstructions: {', '.join(sorted(str(kind) for kind in kinds))}.",
            remedy='Choose one by --bids-filter-file, holding {"megre": {"reconstruction": "NAME"}} (null for none).',
        )


def _echo_times(phase: list[Name], sidecars: list[dict[str, Any]], where: str) -> list[float]:
    times: dict[int, set[float]] = {}
    for name, sidecar in zip(phase, sidecars, strict=True):
        times.setdefault(int(name.entities.get("echo", 1)), set()).add(sidecar.get("EchoTime"))
    for echo, values in times.items():
        if len(values) != 1 or None in values:
            raise MetadataError(
                f"{where} echo {echo}: its side-cars give as echo time: {_told(values, 's')}.",
                remedy="Write EchoTime, in seconds, into the side-car of each echo.",
            )
    return [float(values.pop()) for _, values in sorted(times.items())]


def _told(values: set[float], unit: str) -> str:
    return ", ".join("none" if each is None else f"{each} {unit}" for each in sorted(values, key=str))


def _field_strength(sidecars: list[dict[str, Any]], where: str) -> float:
    values = {sidecar.get("MagneticFieldStrength") for sidecar in sidecars}
    if len(values) != 1 or None in values:
        raise MetadataError(
            f"{where}: its side-cars give as field strength: {_told(values, 'T')}.",
            remedy="Write one MagneticFieldStrength, in tesla, into the side-cars of all echoes.",
        )
    return float(values.pop())


def _phase_range(phase: list[Name], sidecars: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Return the range where only an inherited side-car declares radians: the reader sees the nearest one alone."""
    near = phase[0].path.with_name(re.sub(r"\.nii(\.gz)?$", ".json", phase[0].path.name))
    told = near.is_file() and "Units" in read_json(near)
    inherited = {sidecar.get("Units") for sidecar in sidecars} == {"rad"}
    return (-math.pi, math.pi) if inherited and not told else None
