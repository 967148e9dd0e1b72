"""A verdict as a small picture: what was found, what is allowed, the nearest rival."""

import math

from .findings import Finding


WIDTH, HEIGHT = 104, 12
DECADES = (-17.0, 1.0)
"""Where the logarithmic scale begins and ends: rounding, and ten times the value."""


def gauge(finding: Finding) -> str:
    """An inline SVG, or nothing for a finding without a distance.

    The bar reaches as far as the run allows, the dot is the distance of what was
    measured and the triangle that of the nearest rival, where one is known.
    """
    if not math.isfinite(finding.distance) or not math.isfinite(finding.allowed):
        return ""
    bar, dot = _place(finding.allowed), _place(finding.distance)
    said = f"off {finding.distance:.1e}, allowed {finding.allowed:.1e}"
    rival = ""
    if math.isfinite(finding.nearest):
        at = _place(finding.nearest)
        said += f", nearest rival {finding.nearest:.1e}"
        rival = f'<path class="rival" d="M{at:.1f} 6l6 -4v8z"/>'
    return (
        f'<svg class="gauge" role="img" aria-label="{said}" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path class="axis" d="M2 6H{WIDTH - 8}"/>'
        f'<path class="allowed" d="M2 6H{bar:.1f}M{bar:.1f} 2v8"/>{rival}'
        f'<circle class="found" cx="{dot:.1f}" cy="6" r="2.6"/></svg>'
    )


def _place(value: float) -> float:
    """Where a distance lies on the scale, in pixels from the left."""
    low, high = DECADES
    decade = math.log10(value) if value > 0 else low
    share = (min(max(decade, low), high) - low) / (high - low)
    return 2 + share * (WIDTH - 10)
