"""What is asked of sparse matrices in each request, with as few of scipy's objects as can be.

Making one costs more than the numbers that a single reader needs of it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = Any  # scipy.sparse.csr_matrix
Vector = NDArray[np.float32]
Rows = NDArray[np.int32]
Numbers = NDArray[np.int64]


def entries(matrix: Matrix, rows: NDArray[Any]) -> tuple[Rows, Vector, Numbers]:
    """What some rows of a CSR matrix hold: columns, values, and for each which of the rows."""
    starts = matrix.indptr[rows].astype(np.int64)
    lengths = matrix.indptr[rows + 1] - starts
    before = np.cumsum(lengths) - lengths
    owners = np.repeat(np.arange(len(rows)), lengths)
    places = (starts - before)[owners] + np.arange(len(owners))
    return matrix.indices[places], matrix.data[places], owners


def weighted(matrix: Matrix, rows: NDArray[Any], weights: Vector) -> Vector:
    """The weighted sum of some rows of a CSR matrix, with all its columns."""
    return np.asarray(matrix[rows].T @ weights, np.float32)
