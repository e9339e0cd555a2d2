"""MultiProc that ends: a killed worker costs its node, not the run.

Nipype's own plugin waits for ever for a worker that the system has killed, most often for memory. Here every node
whose worker died runs once more, alone; if that kills it again, the node is reported as failed and the rest goes on.
Workers also make locks of their own for log files, because today's filelock refuses those inherited by a fork.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from traceback import format_exception
from typing import Any

from nipype.pipeline.plugins import multiproc

from nipype_qsm.errors import RunError
from nipype_qsm.resume import forget_lost_of


class MultiProcPlugin(multiproc.MultiProcPlugin):
    """Run nodes in processes of this machine, within a number of cores and an amount of memory.

    Parameters
    ----------
    plugin_args : dict, optional
        As Nipype's MultiProc: `n_procs`, `memory_gb`, `raise_insufficient`, `scheduler`, `mp_context`,
        `status_callback`.
    """

    def __init__(self, plugin_args: dict[str, Any] | None = None) -> None:
        super().__init__(plugin_args=plugin_args)
        self.pool.shutdown(wait=False)
        self.pool = self._new_pool(self.processors)
        self._submitted: dict[int, tuple[Any, bool]] = {}
        self._orphaned: set[int] = set()
        self._queue: deque[int] = deque()
        self._alone: tuple[int, ProcessPoolExecutor] | None = None
        self._tried_alone: set[int] = set()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Travel by name alone: Nipype hangs the plugin on every MapNode, and saves that node with all it holds."""
        return str, ("MultiProc",)

    def run(self, graph: Any, config: Any, updatehash: bool = False) -> None:
        """Run the graph; whatever ends it early ends its workers, too."""
        forget_lost_of(graph)
        try:
            super().run(graph, config, updatehash=updatehash)
        except BaseException:
            self._stop_workers()
            raise

    def _new_pool(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context(self.plugin_args.get("mp_context"))
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker, initargs=(str(Path.cwd()),))

    def _submit_job(self, node: Any, updatehash: bool = False) -> int:
        if getattr(node.interface, "terminal_output", "") == "stream":
            node.interface.terminal_output = "allatonce"
        self._taskid += 1
        self._submitted[self._taskid] = (node, updatehash)
        try:
            self._start(self._taskid, self.pool)
        except BrokenProcessPool:
            self.pool = self._new_pool(self.processors)
            self._start(self._taskid, self.pool)
        return self._taskid

    def _start(self, task: int, pool: ProcessPoolExecutor) -> None:
        node, updatehash = self._submitted[task]
        future = pool.submit(multiproc.run_node, node, updatehash, task)
        future.add_done_callback(partial(self._finished, task))
        self._task_obj[task] = future

    def _finished(self, task: int, future: Future) -> None:
        """Note a task's end; called in a thread of the pool."""
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._taskresult[task] = future.result()
        elif isinstance(error, BrokenProcessPool):
            self._orphaned.add(task)
        else:
            self._taskresult[task] = _failure(task, error)

    def _get_result(self, taskid: int) -> dict[str, Any] | None:
        if taskid in self._orphaned:
            self._orphaned.discard(taskid)
            if taskid in self._tried_alone:
                self._taskresult[taskid] = _failure(taskid, self._killed(taskid))
            else:
                self._queue.append(taskid)
        self._run_next_alone()
        return self._taskresult.get(taskid)

    def _run_next_alone(self) -> None:
        if self._alone is not None:
            task, pool = self._alone
            if task not in self._taskresult:
                return
            pool.shutdown(wait=False)
            self._alone = None
        if self._queue:
            task, pool = self._queue.popleft(), self._new_pool(1)
            self._tried_alone.add(task)
            self._alone = (task, pool)
            self._start(task, pool)

    def _killed(self, task: int) -> RunError:
        node = self._submitted[task][0]
        return RunError(
            f"The process that ran '{node.fullname}' was killed, and once more when it ran alone.",
            remedy=f"Most often memory ran out: the node declares {node.mem_gb:g} GB. Free memory, or set its mem_gb "
            "higher and run again: what is finished is kept.",
        )

    def _clear_task(self, taskid: int) -> None:
        super()._clear_task(taskid)
        self._submitted.pop(taskid, None)
        self._taskresult.pop(taskid, None)

    def _stop_workers(self) -> None:
        for pool in [self.pool, *([self._alone[1]] if self._alone else [])]:
            workers = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()


def _begin_worker(folder: str) -> None:
    multiproc.process_initializer(folder)
    for name in list(logging.Logger.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            lock = getattr(handler, "stream_lock", None)
            if lock is not None:
                handler.stream_lock = type(lock)(lock.lock_file)  # type: ignore[attr-defined]


def _failure(task: int, error: BaseException) -> dict[str, Any]:
    return {"result": None, "traceback": format_exception(error), "taskid": task}
