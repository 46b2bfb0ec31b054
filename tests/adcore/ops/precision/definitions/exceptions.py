"""The public ops that have no definition, and why: they have no error of their own, or are tested elsewhere."""

from __future__ import annotations

MOVES = "It moves, selects or repeats elements as they are."
FLAT = "It chooses, compares, counts or rounds: its derivative is 0."
SUMS = "A sum of products: as precise as `multiply` and `sum`."
MATRICES = "Matrices are tested by identities and differences, in tests/adcore/ops/linalg."
FUNCTIONS = "Of other functions or arrays: as precise as the ops that these are made of."

EXCEPTIONS: dict[str, str] = {
    name: reason
    for reason, names in {
        MOVES: """take take_along_axis reshape ravel expand_dims squeeze broadcast_to transpose swapaxes moveaxis flip
            roll zeros ones full zeros_like ones_like full_like eye diag diagonal numpy.linalg.diagonal triu tril clip
            where concatenate stack hstack vstack column_stack repeat tile sort sliding_window_view nan_to_num real imag
            pad append flipud fliplr rot90 block_diag toeplitz stop_gradient""",
        FLAT: """arange floor_divide sign heaviside floor ceil trunc round less less_equal greater greater_equal equal
            not_equal logical_and logical_or logical_xor logical_not isnan isinf isfinite isclose allclose math.isclose
            array_equal searchsorted count_nonzero argmax argmin nanargmax nanargmin all any argsort""",
        SUMS: """trace numpy.linalg.trace convolve correlate scipy.signal.convolve scipy.signal.correlate einsum matmul
            outer vdot inner tensordot kron cross multi_dot vander gradient numpy.polynomial.polynomial.polyval
            polyadd polysub polymul polyder polyint""",
        MATRICES: """solve_banded solve inv solve_triangular cholesky qr lu solve_sylvester det slogdet logdet eig
            eigvals eigh eigvalsh svdvals svd pinv lstsq expm matrix_power sqrtm logm cov corrcoef polyfit
            multivariate_normal_pdf multivariate_normal_logpdf""",
        FUNCTIONS: "interp linspace logspace geomspace dist",
    }.items()
    for name in names.split()
}
