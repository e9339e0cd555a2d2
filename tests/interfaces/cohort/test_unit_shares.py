import numpy as np
import pytest
from map_cohort import AFFINE, SMALL, SPACE, brain

from nipype_qsm.errors import QSMError
from nipype_qsm.interfaces.cohort import UnitShares
from nipype_qsm.map_store import MapStore


@pytest.fixture
def store(tmp_path):
    about = {"space": SPACE, "quantity": "chi_referenced", "unit": "ppb", "scale": 0.1}
    return MapStore.create(tmp_path / "store", mask=brain(), affine=AFFINE, **about, **SMALL)


def test_every_finished_unit_is_in_one_share(store):
    store.append([str(k) for k in range(1, 19)], np.ones((18, store.n_voxels), np.int16))
    store.units_folder.discard(2)
    found = UnitShares(store=str(store.path), units_per_node=3).run().outputs
    assert found.shares == [[0, 1, 3], [4]]


def test_an_empty_store_has_nothing_to_share(store):
    with pytest.raises(QSMError, match="holds no subject"):
        UnitShares(store=str(store.path)).run()
