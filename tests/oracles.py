"""Slow and obvious implementations, to hold the fast ones against."""

import math

import numpy as np

from nipype_qsm.geometry import Grid


def mean_over_sphere(volume, weights, place):
    """Add up the voxels around one place, one by one."""
    total, weight = 0.0, 0.0
    for k in np.ndindex(weights.shape):
        if weights[k] > 0:
            total += float(weights[k]) * float(volume[tuple(place + np.array(k) - np.array(weights.shape) // 2)])
            weight += float(weights[k])
    return total / weight


def point_dipole_field(grid, place_mm, moment=1.0):
    """Field of a small magnetised sphere: (3 cos^2 - 1) / r^3 about `place_mm`, measured from the volume's centre."""
    axes = [(np.arange(n) - (n - 1) / 2) * d - p for n, d, p in zip(grid.shape, grid.voxel_size, place_mm, strict=True)]
    r = np.stack(np.meshgrid(*axes, indexing="ij"))
    distance = np.sqrt((r**2).sum(axis=0))
    cosine = np.tensordot(grid.b0_direction, r, axes=1) / np.maximum(distance, 1e-9)
    return moment * (3 * cosine**2 - 1) / np.maximum(distance, 1e-9) ** 3


def vsharp_by_convolution(field, mask, spheres, voxel_size, *, threshold, shape):
    """V-SHARP as it is written down: every sphere, the field and the mask go through complex double-precision FFTs.

    Returns the deconvolved field and, for each voxel, how many of the growing spheres fit.
    """
    core = tuple(slice(0, n) for n in field.shape)

    def spectrum(kernel):
        large = np.zeros(shape, complex)
        large[tuple(slice(0, n) for n in kernel.shape)] = kernel
        return np.fft.fftn(np.roll(large, [-(n // 2) for n in kernel.shape], axis=(0, 1, 2)))

    def convolved(volume, kernel):
        large = np.zeros(shape, complex)
        large[core] = volume
        return np.fft.ifftn(np.fft.fftn(large) * spectrum(kernel)).real[core]

    def distances(box):
        offsets = [(np.arange(n) - n // 2) * d for n, d in zip(box, voxel_size, strict=True)]
        return np.sqrt(sum(o**2 for o in np.meshgrid(*offsets, indexing="ij")))

    local, level = np.zeros(field.shape), np.zeros(field.shape, int)
    for number, sphere in enumerate(spheres, start=1):
        reach = distances(sphere.shape)[sphere > 0].max() + 1e-6
        ball = distances([2 * int(reach / d) + 1 for d in voxel_size]) <= reach
        fits = convolved(mask, ball / ball.sum()) > 1 - 1e-9
        level[fits] = number
        local[fits] = (field - convolved(field, sphere / sphere.sum()))[fits]
    high_pass = 1 - spectrum(spheres[-1] / spheres[-1].sum())
    inverse = np.where(np.abs(high_pass) > threshold, 1 / np.where(high_pass == 0, 1, high_pass), 0)
    large = np.zeros(shape, complex)
    large[core] = local
    return np.fft.ifftn(np.fft.fftn(large) * inverse).real[core], level


def laplacian_unwrap(phase, shape, voxel_size, kind):
    """Laplacian unwrapping as it is written down: six complex double-precision transforms of the padded phase."""
    padded = np.zeros(shape)
    corner = tuple(slice(0, n) for n in phase.shape)
    padded[corner] = phase
    squared = np.zeros(shape)
    for axis, (n, d) in enumerate(zip(shape, voxel_size, strict=True)):
        f = np.fft.fftfreq(n)
        along = (2 * np.pi * f / d) ** 2 if kind == "continuous" else (2 - 2 * np.cos(2 * np.pi * f)) / d**2
        squared = squared + along.reshape([-1 if a == axis else 1 for a in range(3)])

    def bends(volume):
        return np.fft.ifftn(squared * np.fft.fftn(volume))

    sine, cosine = np.sin(padded), np.cos(padded)
    spectrum = np.fft.fftn(cosine * bends(sine) - sine * bends(cosine))
    squared[0, 0, 0] = 1
    spectrum /= squared
    spectrum[0, 0, 0] = 0
    return np.fft.ifftn(spectrum).real[corner]


def mcpc3ds_in_memory(signals, phase_difference, echo_times, sigma):
    """MCPC-3D-S with every coil of every echo in one double-precision array (echo, coil, x, y, z)."""
    from scipy.ndimage import gaussian_filter

    offset_phase = phase_difference * echo_times[0] / (echo_times[1] - echo_times[0])
    combined = np.zeros(signals.shape[:1] + signals.shape[2:], complex)
    for coil in range(signals.shape[1]):
        phasor = signals[0, coil] * np.exp(-1j * offset_phase)
        smooth = gaussian_filter(phasor, sigma, mode="nearest", truncate=2.0)
        for echo in range(signals.shape[0]):
            signal = signals[echo, coil]
            combined[echo] += np.abs(signal) * signal * np.conj(smooth / np.abs(smooth))
    return np.angle(combined), np.sqrt(np.abs(combined))


def romeo_weight(phase, magnitude, other, ratio, a, b):
    """Weight of one edge between two voxels (index triples), term by term, far from any border."""

    def wrapped(angle):
        return (angle + np.pi) % (2 * np.pi) - np.pi

    a, b = np.array(a), np.array(b)
    before, after = tuple(2 * a - b), tuple(2 * b - a)
    a, b = tuple(a), tuple(b)
    step = wrapped(phase[b] - phase[a])
    terms = [1 - abs(step) / np.pi]
    bend_before = wrapped(phase[before] - 2 * phase[a] + phase[b])
    bend_after = wrapped(phase[a] - 2 * phase[b] + phase[after])
    terms.append(max(0, 1 - abs(bend_before) / 2) * max(0, 1 - abs(bend_after) / 2))
    if other is not None:
        terms.append(max(0, 1 - abs(step - wrapped(other[b] - other[a]) * ratio)))
    if magnitude is not None:
        terms.append((min(magnitude[a], magnitude[b]) / max(magnitude[a], magnitude[b])) ** 2)
    return float(np.prod([0.1 + 0.9 * term for term in terms]))


def ball_head(voxel_size, radius_mm=14.0):
    """Return a grid with an oblique B0 and a ball as mask, two voxels from the faces."""
    shape = tuple(int(2 * radius_mm / d) + 5 for d in voxel_size)
    axes = [(np.arange(n) - (n - 1) / 2) * d for n, d in zip(shape, voxel_size, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return Grid(shape, voxel_size, (0.2, -0.1, 0.97)), x**2 + y**2 + z**2 < radius_mm**2


def poisson_by_matrix(field, interior, voxel_size, reach_mm=None):
    """Solve for what has the field's 7-point Laplacian, less itself over reach_mm squared, one equation a voxel."""
    number = np.full(field.shape, -1)
    places = np.argwhere(interior)
    number[interior] = np.arange(len(places))
    matrix, right = np.zeros((len(places), len(places))), np.zeros(len(places))
    for row, place in enumerate(places):
        matrix[row, row] -= 0 if reach_mm is None else 1 / reach_mm**2
        for axis, size in enumerate(voxel_size):
            for side in (-1, 1):
                neighbour = place.copy()
                neighbour[axis] += side
                matrix[row, row] -= 1 / size**2
                right[row] += (field[tuple(neighbour)] - field[tuple(place)]) / size**2
                if interior[tuple(neighbour)]:
                    matrix[row, number[tuple(neighbour)]] += 1 / size**2
    local = np.zeros(field.shape)
    local[interior] = np.linalg.solve(matrix, right)
    return local


def projection_by_matrix(field, weights, outside, kernel, iterations):
    """Fit outside dipoles by conjugate gradients on the dense normal equations; return the weighted remainder.

    `kernel` is the full dipole spectrum of the padded grid on which all volumes are given.
    """
    sources = np.argwhere(outside)
    point = np.fft.ifftn(kernel).real
    fields = [np.roll(point, tuple(source), axis=(0, 1, 2))[weights > 0] for source in sources]
    matrix = weights[weights > 0][:, None] * np.array(fields).T
    remainder = (weights * field)[weights > 0]
    gradient = matrix.T @ remainder
    direction = gradient.copy()
    for _ in range(iterations):
        image = matrix @ direction
        remainder = remainder - gradient @ gradient / (image @ image) * image
        previous, gradient = gradient, matrix.T @ remainder
        direction = gradient + gradient @ gradient / (previous @ previous) * direction
    result = np.zeros(field.shape)
    result[weights > 0] = remainder
    return result


def full_dipole(shape, voxel_size, direction):
    """The dipole kernel on the whole of k-space."""
    k = np.meshgrid(*(np.fft.fftfreq(n, d) for n, d in zip(shape, voxel_size, strict=True)), indexing="ij")
    square = sum(a * a for a in k)
    square[0, 0, 0] = 1
    kernel = 1 / 3 - sum(a * b for a, b in zip(k, direction, strict=True)) ** 2 / square
    kernel[0, 0, 0] = 0
    return kernel


def one_sided_laplacian(field, mask, voxel_size):
    """Second differences voxel by voxel: central, else forward, else backward, else nothing."""
    result = np.zeros(field.shape)
    for place in np.argwhere(mask):
        for axis, size in enumerate(voxel_size):
            for shifts in ((-1, 0, 1), (0, 1, 2), (-2, -1, 0)):
                voxels = [tuple(place + shift * np.eye(3, dtype=int)[axis]) for shift in shifts]
                if all(0 <= v[axis] < field.shape[axis] and mask[v] for v in voxels):
                    result[tuple(place)] += (field[voxels[0]] - 2 * field[voxels[1]] + field[voxels[2]]) / size**2
                    break
    return result


def ramp_weight(values, mask, low, high):
    """1 below the low percentile, 0 above the high one, linear between."""
    first, last = np.percentile(values[mask], (low, high))
    return np.clip((last - values) / (last - first), 0, 1) * mask


def krylov_minimum(apply, right, tolerance, iterations):
    """Least squares over the Krylov space of a Hermitian operator, the space written out and solved directly."""
    space = [right / np.linalg.norm(right)]
    for n in range(1, iterations + 1):
        images = np.stack([apply(v).ravel() for v in space], axis=1)
        weights = np.linalg.lstsq(images, right.ravel(), rcond=None)[0]
        if np.linalg.norm(images @ weights - right.ravel()) <= tolerance * np.linalg.norm(right) or n == iterations:
            break
        fresh = images[:, -1].reshape(right.shape)
        for _ in range(2):
            for v in space:
                fresh = fresh - np.vdot(v, fresh) * v
        space.append(fresh / np.linalg.norm(fresh))
    return sum(w * v for w, v in zip(weights, space, strict=True)), n


def ilsqr_in_complex128(field, mask, grid, pad, *, laplacian=one_sided_laplacian, solvers=None):
    """iLSQR on the whole padded grid, every vector a complex128 volume, every line an equation of the paper.

    `solvers` replaces the two iterations, such as by textbook LSQR: functions of (apply, right-hand side).
    """
    fast, fft, ifft = grid.resized([n + 2 * pad for n in grid.shape]), np.fft.fftn, np.fft.ifftn
    around = [(pad, pad)] * 3
    size = grid.voxel_size
    curve = laplacian(field, mask, size)
    weight = np.pad(sum(ramp_weight(sign * curve, mask, 60, 99.9) / 2 for sign in (1, -1)), around)
    field, mask = np.pad(np.where(mask, field, 0).astype(float), around), np.pad(mask, around)
    dipole = full_dipole(fast.shape, size, grid.b0_direction)
    first, second = solvers or (None, None)

    def normal(spectrum):
        return dipole * fft(weight * ifft(dipole * spectrum))

    right = dipole * fft(weight * field)
    start = first(normal, right) if first else krylov_minimum(normal, right, 0.01, 50)[0]
    chi0 = mask * ifft(start).real

    power = np.abs(dipole) ** 0.001
    low, high = np.percentile(power, (1, 30))
    certain = np.clip((power - low) / (high - low), 0, 1)
    k = np.meshgrid(*(np.fft.fftfreq(n, d) for n, d in zip(fast.shape, size, strict=True)), indexing="ij")
    q = 2 * np.pi * 3 * np.sqrt(sum(a * a for a in k))
    q[0, 0, 0] = 1
    ball = 3 * (np.sin(q) - q * np.cos(q)) / q**3
    ball[0, 0, 0] = 1
    smooth = certain + (1 - certain) * ball
    quick = mask * ifft(smooth * fft(mask * ifft(smooth * np.sign(dipole) * fft(field)).real)).real
    divisor = np.where(np.abs(dipole) < 1 / 8, np.copysign(1 / 8, dipole), dipole)
    divisor[0, 0, 0] = np.inf
    slope, offset = np.polyfit(quick[mask], ifft(fft(field) / divisor).real[mask], 1)
    quick = mask * (slope * quick + offset)

    def gradient(volume, axis):
        return (np.roll(volume, -1, axis) - volume) / size[axis]

    weights = [ramp_weight(np.abs(gradient(quick, axis)), mask, 50, 70) for axis in range(3)]
    cone = np.abs(dipole) < 0.1

    def adjoint(fluxes):
        fluxes = [weights[axis] * flux / size[axis] for axis, flux in enumerate(fluxes)]
        return cone * fft(sum(np.roll(flux, 1, axis) - flux for axis, flux in enumerate(fluxes)))

    def slopes(volume):
        return np.stack([weights[axis] * gradient(volume, axis) for axis in range(3)])

    if second:
        streaks = second(lambda spectrum: adjoint(slopes(ifft(spectrum).real)), adjoint(slopes(chi0)))
    else:
        # The spectrum is scaled by |grad|, which makes the equations well-conditioned, and to be orthonormal.
        scale = np.sqrt(mask.size) / np.sqrt(
            sum((2 * np.sin(np.pi * a * d) / d) ** 2 for a, d in zip(k, size, strict=True)) + (q == 1)
        )
        streaks = scale * lsqr(
            lambda spectrum: slopes(ifft(scale * spectrum).real),
            lambda fluxes: scale * adjoint(fluxes) / mask.size,
            slopes(chi0),
            0.01,
            50,
        )
    chi = (chi0 - ifft(streaks).real)[tuple(slice(pad, -pad) for _ in range(3))]
    mask = mask[tuple(slice(pad, -pad) for _ in range(3))]
    return np.where(mask, chi - chi[mask].mean(), 0)


def lsqr(apply, transpose, right, tolerance, iterations):
    """Paige and Saunders' algorithm, with its own estimate of the operator's norm in the rule that ends it."""
    beta = np.linalg.norm(right)
    u = right / beta
    v = transpose(u)
    alpha = np.linalg.norm(v)
    v = v / alpha
    x, w, phi, rho, norm = np.zeros_like(v), v, beta, alpha, alpha**2
    for _ in range(iterations):
        u = apply(v) - alpha * u
        beta = np.linalg.norm(u)
        u = u / beta
        v = transpose(u) - beta * v
        alpha = np.linalg.norm(v)
        v = v / alpha
        length = np.hypot(rho, beta)
        cosine, sine = rho / length, beta / length
        x = x + cosine * phi / length * w
        w = v - sine * alpha / length * w
        rho, phi = -cosine * alpha, sine * phi
        norm += beta**2
        if abs(alpha * cosine) <= tolerance * np.sqrt(norm):
            break
        norm += alpha**2
    return x


def minus_log10_p(r, dof, digits=400):
    """-log10 of the two-sided P of a correlation from series of positive terms, in as many digits as it takes."""
    import mpmath as mp

    with mp.workdps(digits):
        half, x = mp.mpf(float(dof)) / 2, mp.mpf(float(r)) ** 2
        y = 1 - x
        front = mp.sqrt(x) * y**half / mp.beta(half, mp.mpf(1) / 2)
        inside = x * dof < 700 * y
        term = total = mp.mpf(1)
        n = 0
        while term > total * mp.mpf(10) ** -(digits - 50):
            term *= (half + 0.5 + n) / (1.5 + n) * x if inside else (half + 0.5 + n) / (half + 1 + n) * y
            total += term
            n += 1
        p = 1 - 2 * front * total if inside else front * total / half
        return float(-mp.log10(p))


def regressed_row_by_row(values, confounds):
    """Residuals of every column over its own complete rows, by least squares, and the rank without the constant."""
    residuals, ranks = np.full(values.shape, np.nan), []
    for column in range(values.shape[1]):
        rows = ~(np.isnan(values[:, column]) | np.isnan(confounds).any(axis=1))
        design = np.column_stack([np.ones(rows.sum()), confounds[rows]])
        solution, _, rank, _ = np.linalg.lstsq(design, values[rows, column], rcond=None)
        residuals[rows, column] = values[rows, column] - design @ solution
        ranks.append(rank - 1)
    return residuals, np.array(ranks)


def hardy_weinberg_p(het, first, second):
    """Return the exact Hardy-Weinberg P by whole numbers: every count of heterozygotes, weighed by its arrangements."""
    n, rare = het + first + second, min(2 * first + het, 2 * second + het)
    weight = {h: 2**h * math.comb(n, h) * math.comb(n - h, (rare - h) // 2) for h in range(rare % 2, rare + 1, 2)}
    return sum(w for w in weight.values() if w <= weight[het] * (1 + 1e-9)) / sum(weight.values()) if n else 1.0


def regression(genotype, trait, covariates=None):
    """Return beta, standard error and n of a least-squares fit over the people who have everything."""
    others = np.zeros((len(trait), 0)) if covariates is None else covariates
    known = ~(np.isnan(genotype) | np.isnan(trait) | np.isnan(others).any(axis=1))
    design = np.column_stack([genotype, np.ones(len(trait)), others])[known]
    slope, *_ = np.linalg.lstsq(design, trait[known], rcond=None)
    rest = trait[known] - design @ slope
    variance = rest @ rest / (known.sum() - np.linalg.matrix_rank(design)) * np.linalg.pinv(design.T @ design)[0, 0]
    return slope[0], np.sqrt(variance), known.sum()


def greedy_owners(place, strength, radius):
    """Return the lead of each association: the strongest left takes all that are nearer than the radius."""
    owner = [None] * len(place)
    while None in owner:
        left = [one for one, own in enumerate(owner) if own is None]
        lead = max(left, key=lambda one: (strength[one], -one))
        for one in left:
            if one == lead or abs(place[one] - place[lead]) < radius or place[one] == place[lead]:
                owner[one] = lead
    return owner


def voxelwise_one_by_one(values, phenotypes, confounds, variants=None, components=None, *, factor=6.0, min_levels=10):
    """Correlate voxels with variables as it is written down; return r and n (variables, voxels), and the voxels' ranks.

    Subjects without a confound are left out. Outliers by the plain median absolute deviation, normal scores of the
    ranks with ties sharing their mean, both sides regressed by least squares over their own rows, Pearson over
    the common ones.
    """
    from scipy.special import ndtri
    from scipy.stats import pearsonr, rankdata

    def left(column, beside):
        rows = ~np.isnan(column)
        design = np.column_stack([np.ones(rows.sum()), beside[rows]])
        found = np.full(column.size, np.nan)
        found[rows] = column[rows] - design @ np.linalg.lstsq(design, column[rows], rcond=1e-10)[0]
        return found, np.linalg.matrix_rank(design, tol=1e-10 * np.linalg.norm(design, 2)) - 1

    rows = ~np.isnan(confounds).any(axis=1)
    beside = confounds[rows]
    beside = (beside - beside.mean(axis=0)) / beside.std(axis=0)
    sides = [(column, beside) for column in phenotypes[rows].T]
    if variants is not None:
        more = components[rows] if components is not None else np.zeros((rows.sum(), 0))
        for column in variants[rows].T:
            complete = np.where(np.isnan(more).any(axis=1), np.nan, column)
            sides.append((complete, np.column_stack([beside, more])))
    others = [left(*side)[0] for side in sides]
    r, n = np.full((len(others), values.shape[1]), np.nan), np.zeros((len(others), values.shape[1]), int)
    ranks = np.zeros(values.shape[1], int)
    for voxel, steps in enumerate(values[rows].T):
        given = np.where(steps == -32768, np.nan, steps.astype(float))
        known = given[~np.isnan(given)]
        if np.unique(known).size >= max(min_levels, 2):
            deviation = np.median(np.abs(known - np.median(known)))
            reach = factor * (deviation if deviation > 0 else known.std() / 1.48)
            given[np.abs(given - np.median(known)) > reach] = np.nan
        here = ~np.isnan(given)
        if not here.any():
            continue
        ordered = rankdata(given[here], "ordinal")
        scores = ndtri((ordered - 0.375) / (here.sum() + 0.25))
        for level in np.unique(given[here]):
            scores[given[here] == level] = scores[given[here] == level].mean()
        given[here] = scores
        voxel_left, ranks[voxel] = left(given, beside)
        for variable, other in enumerate(others):
            both = ~np.isnan(voxel_left) & ~np.isnan(other)
            n[variable, voxel] = both.sum()
            if both.sum() > 2 and np.ptp(scores) > 0:
                r[variable, voxel] = pearsonr(voxel_left[both], other[both]).statistic
    return r, n, ranks
