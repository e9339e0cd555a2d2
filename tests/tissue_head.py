"""A head with a core of white matter, blades of white in grey matter around it, fluid and lesions, on 2 mm."""

import numpy as np

from nipype_qsm.geometry import Grid

SHAPE = (72, 80, 64)
GRID = Grid(SHAPE, (2.0, 2.0, 2.0), (0, 0, 1))
WHITE, GREY, FLUID = 3, 2, 1
T1 = {FLUID: 250.0, GREY: 430.0, WHITE: 520.0}
FLAIR = {FLUID: 10.0, GREY: 220.0, WHITE: 195.0}
LESION = 290.0


def head(rng, *, lesions=True, noise=0.03, shading=0.2):
    """Return T1, FLAIR, tissue by number, and where the lesions are."""
    x, y, z = (np.arange(n) - (n - 1) / 2 for n in SHAPE)
    x, y, z = np.meshgrid(2 * x, 2 * y, 2 * z, indexing="ij")
    blades = np.sin(x / 4) + np.cos(y / 4.5) + np.sin(z / 4.2) > 0.2
    radius = np.sqrt((x / 66) ** 2 + (y / 74) ** 2 + (z / 58) ** 2) * 66
    tissue = np.zeros(SHAPE, int)
    tissue[radius < 64] = FLUID
    tissue[radius < 61] = GREY
    tissue[(radius < 58) & (blades | (radius < 44))] = WHITE
    tissue[((np.abs(x) - 12) / 6) ** 2 + (y / 24) ** 2 + (z / 9) ** 2 < 1] = FLUID
    places = ((28, 10, 14), (-30, -14, 12), (26, -24, 16), (-28, 20, 12))
    inside = np.zeros(SHAPE, bool)
    for a, b, c in places if lesions else ():
        inside |= (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 < 6.5**2
    slow = np.exp(shading * np.cos((x + 0.5 * y) / 60))
    images = []
    for values, bright in ((T1, GREY), (FLAIR, None)):
        image = np.zeros(SHAPE)
        for number, value in values.items():
            image[tissue == number] = value
        image[inside] = values[bright] if bright else LESION
        sd = noise * values[WHITE]
        images.append(np.hypot(image * slow + rng.normal(0, sd, SHAPE), rng.normal(0, sd, SHAPE)).astype(np.float32))
    return images[0], images[1], tissue, inside
