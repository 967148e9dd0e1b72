"""One example of every concrete class. Add yours here; the laws then apply to it."""

from tacit import losses


LOSSES = {
    "Dorfer": losses.Dorfer(),
    "Exponential": losses.Exponential(),
    "Fisher": losses.Fisher(),
    "LogDet": losses.LogDet(),
    "Logistic": losses.Logistic(),
    "RatioTrace": losses.RatioTrace(),
    "Squared": losses.Squared(),
    "TraceRatio": losses.TraceRatio(),
}


def each(cases, only=object):
    """Parametrise a test over `cases` of type `only`, with their names as ids."""
    kept = {name: case for name, case in cases.items() if isinstance(case, only)}
    return {"argvalues": list(kept.values()), "ids": list(kept)}
