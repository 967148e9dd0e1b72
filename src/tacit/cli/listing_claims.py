"""`tacit claims`."""

from .base import app, Json, print_json


@app.command()
def claims(*, as_json: Json = False) -> None:
    """List the claims: what each states, needs and cites."""
    from ..claims.catalogue import every_claim
    from ..claims.papers import cite
    from ..reporting.findings import statement
    from ..reporting.notation import plain

    rows = [
        {
            "id": claim.id,
            "name": claim.__name__,
            "statement": plain(statement(claim)),
            "reference": cite(claim.source),
            "needs": claim.needs.__name__,
        }
        for claim in every_claim()
    ]
    if as_json:
        print_json("claims", claims=rows)
        return
    for row in rows:
        print(f"{row['id']:<4} {row['name']}: {row['statement']}")
        print(f"     needs {row['needs']}; {row['reference']}")
