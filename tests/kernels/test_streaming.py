import threading

import numba
import numpy as np
import pytest

from nipype_qsm.kernels.streaming import read_ahead

WANTED = [(echo, coil) for coil in range(5) for echo in range(2)]


@pytest.fixture(params=[1, 2])
def threads(request):
    if request.param > numba.config.NUMBA_NUM_THREADS:
        pytest.skip("one core only")
    before = numba.get_num_threads()
    numba.set_num_threads(request.param)
    yield request.param
    numba.set_num_threads(before)


def test_volumes_come_in_the_order_wanted(threads):
    found = list(read_ahead(lambda echo, coil: np.full((2, 3, 4), echo + 1j * coil, np.complex64), WANTED))
    assert [(int(v[0, 0, 0].real), int(v[0, 0, 0].imag)) for v in found] == WANTED
    assert all(volume.flags.f_contiguous for volume in found)


def test_few_volumes_are_read_before_they_are_used(threads):
    begun = 0
    lock = threading.Lock()

    def read(echo, coil):
        nonlocal begun
        with lock:
            begun += 1
        return np.zeros((1, 1, 1), np.complex64)

    for used, _ in enumerate(read_ahead(read, WANTED), start=1):
        assert begun <= used + threads + 1


def test_an_error_of_the_reader_reaches_the_caller(threads):
    def read(echo, coil):
        if coil == 3:
            raise OSError("damaged")
        return np.zeros((1, 1, 1), np.complex64)

    with pytest.raises(OSError, match="damaged"):
        list(read_ahead(read, WANTED))
