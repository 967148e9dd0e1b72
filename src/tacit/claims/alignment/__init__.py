"""Claims about alignment and margins on separable data."""

__all__: list[str] = []
