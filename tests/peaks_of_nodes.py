"""Run a call of `nipype-qsm` with each node in a process of its own, and print what each declared and took.

    python peaks_of_nodes.py ukb SUBJECT --out OUT ...

A line of JSON a node; `peak_gb` is the operating system's figure for the whole process, Python included. It is a
program, and no fixture, because the processes must be forked from one that holds nothing else.
"""

import json
import os
import sys

from nipype.pipeline.engine.utils import topological_sort
from nipype.pipeline.plugins.linear import LinearPlugin

from nipype_qsm.cli import running
from nipype_qsm.cli.main import call


class ApartPlugin(LinearPlugin):
    def run(self, graph, config, updatehash=False):
        for node in topological_sort(graph)[0]:
            declared = node.mem_gb_runtime
            process = os.fork()
            if not process:
                code = 1
                try:
                    node.run()
                    code = 0
                finally:
                    os._exit(code)
            _, status, used = os.wait4(process, 0)
            told = {"node": node.fullname, "declared_gb": declared, "peak_gb": round(used.ru_maxrss / 2**20, 3)}
            sys.stdout.write(json.dumps({**told, "cpu_seconds": used.ru_utime + used.ru_stime}) + "\n")
            sys.stdout.flush()
            if status:
                raise RuntimeError(f"{node.fullname} failed")


if __name__ == "__main__":
    running._plugin = lambda name, arguments: {"plugin": ApartPlugin()}
    sys.exit(call(sys.argv[1:]))
