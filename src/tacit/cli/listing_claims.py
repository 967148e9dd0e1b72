"""`tacit claims`."""

from .base import app, Json, print_json


@app.command()
def claims(*, as_json: Json = False) -> None:
    """List the claims: what each states, needs and cites."""
    from .stated import stated_claims

    rows = [each._asdict() for each in stated_claims()]
    if as_json:
        print_json("claims", claims=rows)
        return
    for row in rows:
        print(f"{row['id']:<4} {row['name']}: {row['statement']}")
        print(f"     needs {row['needs']}; {row['reference']}")
