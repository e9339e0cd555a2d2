"""Folders in which the commands of a page can be run: small files under the names that the page uses."""

import gzip
import json
import shutil
import tarfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

from nipype_qsm.phantoms.study import Plan, write_study
from nipype_qsm.phantoms.ukb_tree import pack_bulk

ECHO_TIMES = (0.0094, 0.020)
PROGRAM = """#!{python}
import sys

import nibabel as nib

field = nib.load(sys.argv[1])
nib.save(nib.Nifti1Image(field.get_fdata(dtype="float32") * 3, field.affine), sys.argv[3])
"""
"""A program that inverts a field, badly, for the page about programs of others."""


class Place:
    """A folder that knows what must be there before a command.

    Parameters
    ----------
    folder : path
    subject : path
        The digital subject's trees.
    """

    def __init__(self, folder, subject):
        self.folder, self.subject = Path(folder), subject

    def before(self, words):
        """Prepare for a command, and return it with what makes it quick."""
        return words

    def save(self, name, array, like, sidecar=None):
        """Write a volume on the grid of another."""
        nib.save(nib.Nifti1Image(array, like.affine, like.header), self.folder / f"{name}.nii.gz")
        if sidecar:
            (self.folder / f"{name}.json").write_text(json.dumps(sidecar))


class Images(Place):
    """Two echoes that the scanner combined, a brain mask, ventricles and a field."""

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        self._write_phase(radians=True)
        tree = subject / "ukb"
        for echo, end in ((1, ""), (2, "_TE2")):
            shutil.copy(tree / f"SWI/SWI_TOTAL_MAG{end}.nii.gz", self.folder / f"echo{echo}.nii.gz")
        for name, source in (("brain", "mask_brain"), ("ventricles", "mask_reference"), ("field_total", "field_total")):
            shutil.copy(tree / f"truth/{source}.nii.gz", self.folder / f"{name}.nii.gz")
        shutil.copy(tree / "truth/field_local.nii.gz", self.folder)

    def before(self, words):
        """Store the phase as the command expects it."""
        self._write_phase(radians="--phase-range" not in words)
        return words

    def _write_phase(self, *, radians):
        for echo, (time, end) in enumerate(zip(ECHO_TIMES, ("", "_TE2"), strict=True), start=1):
            stored = nib.load(self.subject / f"ukb/SWI/SWI_TOTAL_PHA{end}.nii.gz")
            values = (np.asanyarray(stored.dataobj).astype(float) - 2048) / 2048
            sidecar = {"EchoTime": time, "MagneticFieldStrength": 3}
            like = nib.Nifti1Image(np.zeros(stored.shape, np.float32), stored.affine)
            if radians:
                self.save(f"echo{echo}_phase", (values * np.pi).astype(np.float32), like, sidecar | {"Units": "rad"})
            else:
                like.set_data_dtype(np.int16)
                self.save(f"echo{echo}_phase", np.round(values * 4096).astype(np.int16), like, sidecar)


class Atlas(Place):
    """A place where regions are taken: the nigra of the digital subject needs no further registration."""

    def before(self, words):
        """Give the nigra and the template's space, one core and no chatter."""
        if words[1] in ("ukb", "bids") and "group" not in words:
            masks = [str(self.subject / "ukb" / "truth" / f"nigra_{side}.nii.gz") for side in ("left", "right")]
            quick = ["--nigra", *masks, "--template-space", "MNI152NLin2009cAsym", "--n-procs", "1", "--quiet"]
            return [*words, *quick]
        return words


class Everything(Images):
    """The same, what the demo leaves, UK Biobank's archives and a BIDS data set: what the first page names."""

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        (self.folder / "downloads").mkdir()
        pack_bulk(subject / "ukb", self.folder / "downloads")
        shutil.copytree(subject / "bids", self.folder / "data")
        shutil.copytree(subject / "ukb", self.folder / "demo/subject")

    def before(self, words):
        """Leave regions out: they are taken on the pages of UK Biobank and BIDS."""
        return super().before(words) if "files" in words else [*words, "--maps-only", "--quiet"]


class Downloads(Atlas):
    """UK Biobank's bulk archives of a participant, and the same unpacked."""

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        (self.folder / "downloads").mkdir()
        for path in pack_bulk(subject / "ukb", self.folder, eid="1234567"):
            shutil.copy(path, self.folder / "downloads")
        shutil.copytree(subject / "ukb", self.folder / "subjects/1234567", ignore=shutil.ignore_patterns("truth"))

    def before(self, words):
        """Bring the released maps, where a command starts from them; take phenotypes once."""
        if "downloads/" in words:
            return [*words, "--maps-only", "--quiet"]
        if "--from" in words:
            made = self.folder / "results/1234567_2/SWI"
            shutil.copytree(made / "QSM", self.folder / "subjects/1234567/QSM", ignore=shutil.ignore_patterns("*.json"))
            shutil.copy(made / "T2star.nii.gz", self.folder / "subjects/1234567/QSM")
        return super().before(words)


class Bids(Atlas):
    """A BIDS data set of two participants, the second without T1."""

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        shutil.copytree(subject / "bids", self.folder / "data")
        for path in sorted((self.folder / "data").rglob("sub-01*")):
            if path.is_file() and "MEGRE" in path.name:
                twin = Path(str(path).replace("sub-01", "sub-02"))
                twin.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, twin)

    def before(self, words):
        """After the maps were made, show them as those of two sessions, too, which the page compares."""
        words = super().before(words)
        if words[-1] == "group":
            for path in sorted(self.folder.rglob("sub-01/anat/sub-01_*")):
                for visit in ("ses-1", "ses-2"):
                    twin = path.parents[1] / visit / "anat" / path.name.replace("sub-01_", f"sub-01_{visit}_")
                    twin.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, twin)
        return words


class Empty(Place):
    """An empty folder."""


class Batch(Atlas):
    """What three batches run over: archives, a BIDS data set and a table of folders, a subject each."""

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        (self.folder / "downloads").mkdir()
        pack_bulk(subject / "ukb", self.folder / "downloads")
        shutil.copytree(subject / "bids", self.folder / "data")
        Images(self._made("anna"), subject)
        for name, kind in (("echo1_phase", "pha1"), ("echo2_phase", "pha2"), ("echo1", "mag1"), ("echo2", "mag2")):
            for end in (".nii.gz", ".json"):
                if (self.folder / "anna" / f"{name}{end}").is_file():
                    (self.folder / "anna" / f"{name}{end}").rename(self.folder / "anna" / f"{kind}{end}")
        (self.folder / "subjects.tsv").write_text("subject\tfolder\nanna\tanna\n")

    def before(self, words):
        """Begin anew, lest the batch before has done it all; regions are taken on the pages of UK Biobank and BIDS."""
        for name in ("runs", "results", "derivatives"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return [*words, "--maps-only", "--quiet"] if "files" not in words else [*words, "--quiet"]

    def _made(self, name):
        (self.folder / name).mkdir()
        return self.folder / name


class Study(Place):
    """A simulated study's tables, and a few people's maps, under the names of the page about associations."""

    N, BLOCKS, MAPS = 300, 25, 100

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        plan = Plan(n=self.N, n_maps=self.MAPS, map_mm=4, n_images=0, n_phenotypes=40, n_blocks=self.BLOCKS)
        write_study(plan, self.folder, say=lambda _: None)
        for given, taken in (
            ("processed", "results"),
            ("flags.tsv", "exclusions.tsv"),
            ("withdrawn.txt", "withdrawn.csv"),
        ):
            (self.folder / given).rename(self.folder / taken)

    def before(self, words):
        """Give the brain of coarse maps: those of the page are on the template's own grid. Draw one figure of many."""
        if "voxelwise" in words:
            return [*words, "--n-figures", "1"]
        return [*words, "--mask", *map(str, self.folder.glob("atlas/*_brain.nii.gz"))] if "ingest" in words else words


class Genotypes(Study):
    """The same study's genotypes, traits and covariates under the names of the page about genome-wide associations."""

    MAPS = 0

    def __init__(self, folder, subject):
        super().__init__(folder, subject)
        genotypes = self.folder / "genotypes"
        for end in ("", ".bgi"):
            (genotypes / f"chr22.bgen{end}").rename(self.folder / f"ukb22828_c22.bgen{end}")
        (self.folder / "ukb22828.sample").write_text(self._sample())
        for name in ("discovery.txt", "replication.txt"):
            shutil.copy(genotypes / name, self.folder)
        with gzip.open(self.folder / "gencode.v19.gtf.gz", "wb") as packed:
            packed.write((genotypes / "genes.gtf").read_bytes())
        (genotypes / "ld_scores").rename(self.folder / "eur_w_ld_chr")
        with tarfile.open(self.folder / "genetic_maps.b37.tar.gz", "w:gz") as packed:
            packed.add(genotypes / "map", ".")
        people = pd.read_csv(self.folder / "covariates.tsv", sep="\t")
        (self.folder / "imaged.txt").write_text("\n".join(people["eid"].astype(str)) + "\n")
        (self.folder / "ukb_rel.dat").write_text("ID1 ID2 Kinship\n{} {} 0.25\n".format(*people["eid"][:2]))
        numbers = people.select_dtypes("number")
        numbers.iloc[:, :3].to_csv(self.folder / "confounds.tsv", sep="\t", index=False)
        components = np.random.default_rng(1).standard_normal(len(people))
        pd.DataFrame({"eid": people["eid"], "pc1": components}).to_csv(
            self.folder / "components.tsv", sep="\t", index=False
        )
        traits = pd.DataFrame({"eid": people["eid"], "QSM_Left_SN": components[::-1], "T2_Left_SN": components**2})
        traits.to_csv(self.folder / "idps.tsv", sep="\t", index=False)

    def _sample(self):
        ids = pd.read_csv(self.folder / "covariates.tsv", sep="\t", dtype=str)["eid"]
        return "ID_1 ID_2 missing\n0 0 0\n" + "".join(f"{one} {one} 0\n" for one in ids)
