"""Nipype workflows: one factory a step, and the whole. Installed as `nipype_qsm.workflows`."""

if __name__ != "nipype_qsm.workflows":
    raise ImportError("Install the project (pip install -e .) and import nipype_qsm.workflows, not workflows.")
