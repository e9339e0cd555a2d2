"""Nipype plugins that survive what machines do: workers killed for memory, jobs that vanish, controllers that are away.

Any Nipype workflow can use them, not only those of this project: hand an object over,
`workflow.run(plugin=MultiProcPlugin({"n_procs": 4}))`. They take the options of Nipype's plugins of the same name.
"""

from nipype_qsm.plugins.multiproc import MultiProcPlugin
from nipype_qsm.plugins.slurm import SLURMPlugin

__all__ = ["MultiProcPlugin", "SLURMPlugin"]
