"""Quantitative susceptibility and T2* mapping of brain MRI as Nipype interfaces and workflows.

Three levels: `nipype_qsm.kernels` if you have arrays, `nipype_qsm.interfaces` if you want one step in your own
graph, `nipype_qsm.workflows` if you want maps. Nothing heavy is imported here.
"""

__version__ = "0.1.0"
