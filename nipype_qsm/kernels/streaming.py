"""Reading volumes ahead of their use.

A multi-coil acquisition is too large to hold, so steps visit one volume at a time. Decompression and NumPy leave
Python's lock, so the next volumes are read by other threads while one is worked on. The number of readers is the number
of threads that the step was given; with one thread nothing is read ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numba
import numpy as np

Reader = Callable[[int, int], np.ndarray]
"""Returns the complex signal of (echo, coil), both counted from 0, as an (x, y, z) complex64 array."""


def read_ahead(read: Reader, wanted: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Yield the volumes of the (echo, coil) pairs wanted, in their order, holding few of them at a time.

    Parameters
    ----------
    read : callable
        `read(echo, coil)` returns one volume; it is called from several threads.
    wanted : iterable of (int, int)

    Yields
    ------
    signal : (x, y, z) complex64 array
        Fortran-ordered, as image files are: its transpose is contiguous.
    """
    readers = numba.get_num_threads()
    if readers < 2:
        yield from (np.asfortranarray(read(*pair)) for pair in wanted)
        return
    pending: deque[Future[np.ndarray]] = deque()
    with ThreadPoolExecutor(readers) as pool:
        try:
            for pair in wanted:
                pending.append(pool.submit(read, *pair))
                if len(pending) > readers:
                    yield np.asfortranarray(pending.popleft().result())
            while pending:
                yield np.asfortranarray(pending.popleft().result())
        finally:
            for volume in pending:
                volume.cancel()
