"""How long something takes: the best of a few runs, which is the one that the machine disturbed least."""

import time


def best(run, repeats=3, clock=time.process_time):
    """Return the shortest time of a run, in CPU seconds unless another clock is given, and what the last run gave."""
    taken = []
    for _ in range(repeats):
        begin = clock()
        result = run()
        taken.append(clock() - begin)
    return min(taken), result
