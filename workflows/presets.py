"""Which method, with which options, stands at each step of a preset.

`ukb` is faithful to the published UK Biobank pipeline (Wang et al. 2022, doi:10.1038/s41593-022-01074-w); `best` is
what the evidence of this project chose (docs/decisions). A user overrides a step by name or by instance.

Sizes that the published code gives in voxels stand here so that UK Biobank's own grid (0.8 x 0.8 x 3 mm) gets exactly
those, and another grid about the same millimetres.
"""

from __future__ import annotations

from typing import Any

Step = tuple[str, dict[str, Any]]

PRESETS: dict[str, dict[str, Step]] = {
    "ukb": {
        "coils": ("mcpc3ds", {"smoothing_voxels": 4.0, "smoothing_finest_mm": 3.2}),
        "difference": ("romeo", {}),
        "reliability": ("reliability", {"center": "corner"}),
        "refine_first": (
            "refine",
            {"thresholds": [0.6, 0.5], "smallest_component": 300, "smallest_hole": 50},
        ),
        "unwrap": ("laplacian", {"pad": 64}),
        "fieldmap": ("weighted_echoes", {}),
        "background": ("vsharp", {}),
        "refine_second": (
            "refine",
            {"thresholds": [0.7, 0.6], "smallest_component": 200, "smallest_hole": 30},
        ),
        "inversion": ("ilsqr", {}),
        "reference": ("csf", {}),
        "relaxation": ("two_echo", {}),
    },
    "best": {
        "coils": ("mcpc3ds", {"smoothing_voxels": 2.0, "smooth_in_mask": True}),
        "difference": ("romeo", {}),
        "reliability": ("reliability", {"center": "voxel"}),
        "refine_first": ("refine", {"thresholds": [0.6, 0.5, 0.0]}),
        "unwrap": ("romeo", {}),
        "fieldmap": ("reliable_echoes", {}),
        "background": ("mean_of_three", {}),
        "refine_second": ("refine", {"thresholds": [0.7, 0.6, 0.0], "smallest_component": 200, "smallest_hole": 30}),
        "inversion": ("tv", {"regularisation": 0.18, "give_back": True}),
        "reference": ("csf", {}),
        "relaxation": ("log_linear", {}),
    },
}
