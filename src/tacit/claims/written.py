"""Values as they are written: in a line, and in JSON."""

from typing import Any

import numpy as np


def in_short(value: Any) -> str:
    """A number to six digits; of an array the first entries, or the norm if long."""
    numbers = np.ravel(np.asarray(value, float))
    # Beside the largest entry, what is rounding reads as nothing.
    largest = np.max(np.abs(numbers), initial=0.0)
    numbers = np.where(np.abs(numbers) < 1e-13 * largest, 0.0, numbers)
    if numbers.size == 1:
        return f"{numbers[0]:.6g}"
    if numbers.size <= 3:
        return "(" + ", ".join(f"{x:.4g}" for x in numbers) + ")"
    norm = float(np.linalg.norm(numbers))
    return f"({numbers[0]:.4g}, {numbers[1]:.4g}, …) of norm {norm:.6g}"


def plain_value(value: Any) -> Any:
    """A number or array in plain types for JSON; None for what is not finite."""
    if value is None:
        return None
    array = np.asarray(value, float)
    if array.ndim:
        return [plain_value(x) for x in array]
    return float(array) if np.isfinite(array) else None
