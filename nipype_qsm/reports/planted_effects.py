"""Planted associations, maps, loci and heritability beside what was found of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nipype_qsm.io import read_array, read_json
from nipype_qsm.kernels.cohort.modalities import QSM, T2STAR, modality
from nipype_qsm.reports.planted import NEARLY_ALL, Check, Study, Z

if TYPE_CHECKING:
    import pandas as pd

NEAR_LEAD = 250_000
"""Bases within which a peak is of a planted locus: blocks are 200,000 long."""


def _associations(study: Study) -> Iterator[Check]:
    pairs = study.found("associations/associations.parquet")
    limit = float(read_json(study.folder / "associations" / "summary.json")["bonferroni"])
    planted = study.truth("associations")
    both = associated(study)
    stage, n = "phenotypes", len(both)
    same = int((np.sign(both["r"]) == np.sign(both["r_planted"])).sum())
    yield Check(stage, "sign of planted associations", str(n), str(same), same == n, "all")
    z = (np.arctanh(both["r"]) - np.arctanh(both["r_planted"])) * np.sqrt(both["dof"])
    near = int((z.abs() < Z).sum())
    yield Check(
        stage,
        "size of the correlation",
        f"{n} (from {both['r_planted'].abs().min():.2f} to {both['r_planted'].abs().max():.2f})",
        f"{near} within three standard errors; ratio {np.median(both['r'] / both['r_planted']):.2f}",
        near >= NEARLY_ALL * n,
        "nine in ten",
    )
    best = pairs.sort_values("mlog10p", ascending=False, kind="stable").drop_duplicates("phenotype")
    own = set(zip(planted["phenotype"], planted["idp"], strict=True))
    phenotypes = planted["phenotype"].unique()
    first = best[best["phenotype"].isin(phenotypes)]
    right = sum(pair in own for pair in zip(first["phenotype"], first["idp"], strict=True))
    yield Check(
        stage,
        "strongest region of each planted phenotype",
        str(len(phenotypes)),
        str(right),
        right >= NEARLY_ALL * len(phenotypes),
        "nine in ten are a planted one",
    )
    strong = pairs[pairs["mlog10p"] >= limit]
    wrong = int((~strong["phenotype"].isin(phenotypes)).sum())
    extra = len(strong) - wrong - sum(pair in own for pair in zip(strong["phenotype"], strong["idp"], strict=True))
    yield Check(
        stage,
        f"beyond Bonferroni ({limit:.2f}) in phenotypes where nothing is planted",
        "0",
        f"{wrong} of {len(pairs):,} tests (and {extra} through genes that structures share)",
        wrong <= 1,
        "at most one",
    )
    yield from _modalities(planted, strong)


def associated(study: Study) -> pd.DataFrame:
    """Return the pairs with a planted association: found r, n, dof, mlog10p, and r_planted.

    Parameters
    ----------
    study : Study
    """
    pairs = study.found("associations/associations.parquet")
    return pairs.merge(study.truth("associations"), on=["idp", "phenotype"], suffixes=("", "_planted")).dropna(
        subset=["r"]
    )


def _modalities(planted: pd.DataFrame, strong: pd.DataFrame) -> Iterator[Check]:
    for kind, blind in (("calcium", T2STAR), ("myelin", QSM)):
        phenotypes = set(planted.loc[planted["kind"] == kind, "phenotype"])
        own = strong[strong["phenotype"].isin(phenotypes)]
        wrong = int(sum(modality(name) == blind for name in own["idp"]))
        other = QSM if blind == T2STAR else T2STAR
        yield Check(
            "phenotypes",
            f"associations of {blind} where {other} alone was planted",
            "0",
            f"{wrong} (and {len(own) - wrong} of {other})",
            wrong == 0,
            "none beyond Bonferroni",
        )


def _variants(study: Study) -> Iterator[Check]:
    told = read_json(study.folder / "gwas" / "discovery" / "gwas.json")["variants_left_out"]
    assert isinstance(told, dict)
    names = {"rare": "frequency", "uncertain": "information", "out of equilibrium": "Hardy-Weinberg"}
    for name, count in study.facts["spoiled"].items():
        found = int(told.get(names[name], 0))
        yield Check(
            "genome",
            f"variants left out: {names[name]}",
            str(count),
            str(found),
            abs(found - count) <= max(2, 0.2 * count),
            "equal but for a fifth: filters overlap at their borders",
        )


def _loci(study: Study) -> Iterator[Check]:
    loci, peaks = study.truth("loci"), study.found("peaks/peaks.tsv")
    wanted = [(row.gene, trait) for row in loci.itertuples() for trait in row.traits.split(",")]
    peaks["gene"] = [_gene(loci, chrom, pos) for chrom, pos in zip(peaks["chrom"], peaks["pos"], strict=True)]
    hit = peaks[[pair in set(wanted) for pair in zip(peaks["gene"], peaks["trait"], strict=True)]]
    found = hit.drop_duplicates(["gene", "trait"])
    yield Check(
        "genome",
        "peaks of planted loci, a trait each",
        str(len(wanted)),
        str(len(found)),
        len(found) >= 0.5 * len(wanted),
        "half: a peak near the threshold may or may not pass it",
    )
    false = len(peaks) - len(hit)
    yield Check("genome", "peaks elsewhere", "0", str(false), false == 0, "none")
    sign = loci.set_index("gene")["sign"]
    good = [
        np.sign(row.beta) == sign[row.gene] * (1 if modality(row.trait) == QSM else -1) for row in found.itertuples()
    ]
    yield Check("genome", "direction of the effect", str(len(found)), str(int(sum(good))), all(good), "all")
    lead = loci.set_index("gene")["id"]
    exact = int(sum(row.id == lead[row.gene] for row in found.itertuples()))
    yield Check(
        "genome",
        "the lead is the planted variant itself",
        str(len(found)),
        str(exact),
        exact >= 0.5 * len(found),
        "half: neighbours are linked",
    )
    again = int(found["replicated"].sum())
    yield Check(
        "genome",
        "found again in the replication",
        str(len(found)),
        str(again),
        again >= 0.8 * len(found),
        "eight in ten",
    )
    yield from _clusters(study, loci)


def _clusters(study: Study, loci: pd.DataFrame) -> Iterator[Check]:
    clusters = study.found("clusters/annotated.tsv")
    genes = sorted(set(clusters["gene"].astype(str)) & set(loci["gene"]))
    yield Check(
        "genome",
        "clusters, and their nearest gene",
        ", ".join(sorted(loci["gene"])),
        f"{len(clusters)}: {', '.join(genes)}",
        len(genes) == len(loci) == len(clusters),
        "all, and no other",
    )
    expected = {"calcium": "QSM only", "myelin": "T2* only"}
    own = clusters.set_index("gene")["kind"].astype(str)
    right = [own.get(row.gene) == expected.get(row.kind, "shared") for row in loci.itertuples()]
    yield Check("genome", "shared by both modalities or not", str(len(loci)), str(int(sum(right))), all(right), "all")


def _gene(loci: pd.DataFrame, chrom: object, pos: int) -> str:
    near = loci[(loci["chrom"].astype(str) == str(chrom)) & ((loci["pos"] - pos).abs() < NEAR_LEAD)]
    return str(near["gene"].iloc[0]) if len(near) else ""


def _shares(study: Study) -> Iterator[Check]:
    both = inherited(study)
    for told, own in (("heritable traits", both[both["h2_planted"] > 0]), ("lesions", both[both["h2_planted"] == 0])):
        near = int(((own["h2"] - own["h2_planted"]).abs() < 2 * own["h2_se"]).sum())
        yield Check(
            "heritability",
            f"{told}: within two standard errors of the planted h2",
            f"{len(own)} (mean {own['h2_planted'].mean():.2f})",
            f"{near} (mean {own['h2'].mean():.2f})",
            near >= 0.8 * len(own),
            "eight in ten: left and right share their errors",
        )


def inherited(study: Study) -> pd.DataFrame:
    """Return trait, h2, h2_se and h2_planted.

    Parameters
    ----------
    study : Study
    """
    return study.found("heritability/heritability.tsv").merge(
        study.truth("heritability"), on="trait", suffixes=("", "_planted")
    )


STORES = {"chi": "chi", "t2star": "t2star"}
"""Quantity to the folder of its templates and voxel-wise maps."""


def _templates(study: Study) -> Iterator[Check]:
    planted = study.truth("maps")
    atlas, names = atlas_of(study)
    for quantity, told in STORES.items():
        folder = study.folder / "templates" / told
        if not (folder / "average.nii.gz").is_file():
            continue
        own = planted[planted["quantity"] == quantity].set_index("structure")
        for map_name, column, least in (("average", "mean", 0.98), ("ageing", "ageing", 0.9)):
            volume = read_array(folder / f"{map_name}.nii.gz")
            got = np.array([volume[atlas == 1 + k].mean() for k in range(len(names))])
            r = float(np.corrcoef(own.loc[names, column], got)[0, 1])
            kind = QSM if quantity == "chi" else T2STAR
            what = f"{kind} template: {map_name} of {len(names)} structures"
            yield Check("maps", what, "r 1", f"r {r:.3f}", r > least, f"r above {least}: borders are soft")


def atlas_of(study: Study) -> tuple[np.ndarray, list[str]]:
    """Return the structures on the grid of the maps, 1 + place in the list, and the list.

    Parameters
    ----------
    study : Study
    """
    path = next((study.folder / "study" / "truth").glob("tpl-*_structures.nii.gz"))
    return read_array(path).astype(int), list(dict.fromkeys(study.truth("maps")["structure"]))


def _voxels(study: Study) -> Iterator[Check]:
    found = mapped(study)
    if found.empty:
        return
    for kind in ("phenotype", "variant"):
        own = found[found["kind"] == kind]
        near = int((((own["r"] - own["r_planted"]) * np.sqrt(own["dof"])).abs() < Z).sum())
        same = int((np.sign(own["r"]) == np.sign(own["r_planted"])).sum())
        n = len(own)
        told = f"{kind}s: mean r of the voxels of their structures"
        size = f"{near} within three standard errors, {same} of the planted sign"
        yield Check("maps", told, f"{n} maps x structures", size, near >= NEARLY_ALL * n and same >= NEARLY_ALL * n,
                    "nine in ten, both")  # fmt: skip
        best = own.drop_duplicates(["name", "quantity"])
        inside = int(best["peak_inside"].sum())
        yield Check("maps", f"{kind}s: the strongest voxel lies in a planted structure", str(len(best)), str(inside),
                    inside >= 0.8 * len(best), "eight in ten, or within a voxel of it")  # fmt: skip


def mapped(study: Study) -> pd.DataFrame:
    """Return name, kind, quantity, structure, r (mean over its voxels), r_planted, dof and peak_inside of every map.

    Parameters
    ----------
    study : Study
    """
    import pandas as pd
    from scipy.ndimage import binary_dilation

    atlas, names = atlas_of(study)
    planted, rows = study.truth("mapped"), []
    for quantity, told in STORES.items():
        folder = study.folder / "voxelwise" / told
        summary = study.found(f"voxelwise/{told}/summary.tsv") if (folder / "summary.tsv").is_file() else pd.DataFrame()
        for row in summary.itertuples():
            name = str(row.name).rpartition("_")[0] if row.kind == "variant" else str(row.name)
            own = planted[(planted["name"] == name) & (planted["quantity"] == quantity)]
            wanted = own.groupby("structure", sort=False)["r"].mean()
            if wanted.empty:
                continue
            r, strength = (read_array(folder / f"{row.name}_{key}.nii.gz") for key in ("r", "mlog10p"))
            region = np.isin(atlas, [1 + names.index(structure) for structure in wanted.index])
            peak = np.unravel_index(np.nanargmax(strength), strength.shape)
            facts = {"name": row.name, "kind": row.kind, "quantity": quantity, "dof": row.n - 2 - _rank(folder)}
            facts["peak_inside"] = bool(binary_dilation(region)[peak])
            for structure, value in wanted.items():
                inside = r[atlas == 1 + names.index(structure)]
                rows.append({**facts, "structure": structure, "r": float(inside.mean()), "r_planted": float(value)})
    return pd.DataFrame(rows)


def _rank(folder: Path) -> int:
    return int(read_json(folder / "voxelwise.json")["confounds"])


EFFECTS = (_associations, _templates, _voxels, _variants, _loci, _shares)
"""The questions, in the order of the study."""
