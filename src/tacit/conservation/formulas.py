"""Formulas typed by a person: functions of named blocks of parameters."""

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from ..errors import DataError
from .layout import Layout


FUNCTIONS: dict[str, Callable] = {
    "abs": jnp.abs,
    "dot": lambda a, b: jnp.sum(a * b),
    "norm2": lambda a: jnp.sum(a**2),
    "sum": jnp.sum,
    "trace": jnp.trace,
}
OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
    ast.Pow: operator.pow,
}
HELP = (
    "A formula combines blocks with + - * / ** @, indices such as W1[0,:], the "
    f"transpose W1.T, and {', '.join(sorted(FUNCTIONS))}; ‖W₁[0,:]‖² and ∑b₁ do too."
)


def formula(text: str, layout: Layout) -> Callable[[Sequence[Array]], Array]:
    """The function of the blocks that `text` stands for; it gives one number.

    What `tacit laws` prints can be read back, as can plain Python. Raises `DataError`
    for anything else, and for names that are no blocks.
    """
    names = {name.plain: number for number, name in enumerate(layout.names)}
    typed = _plain(text)
    try:
        tree = ast.parse(typed, mode="eval").body
    except SyntaxError as error:
        raise DataError(f"formula {text!r} cannot be read. {HELP}") from error
    for node in ast.walk(tree):
        known = isinstance(node, ast.Name) and (
            node.id in names or node.id in FUNCTIONS
        )
        if isinstance(node, ast.Name) and not known:
            raise DataError(
                f"formula {text!r}: {node.id} is no block of this network; they are "
                f"{', '.join(names)}. {HELP}"
            )

    def value(blocks: Sequence[Array]) -> Array:
        found = jnp.asarray(_value(tree, {n: blocks[i] for n, i in names.items()}))
        if found.ndim:
            raise DataError(
                f"formula {text!r} is an array {found.shape}, and a law is one number: "
                "take an entry, a sum or a norm."
            )
        return found

    value([jnp.ones(shape) for shape in layout.shapes])
    return value


def _plain(text: str) -> str:
    digits = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    text = text.translate(digits).replace("θ", "theta").replace("ᵀ", ".T")
    text = text.replace("−", "-").replace("·", "*")
    text = re.sub(r"‖([^‖]*)‖²", r"norm2(\1)", text)
    text = re.sub(r"⟨([^⟩]*)\], ([^⟩]*)⟩", r"dot(\1], \2)", text)
    text = re.sub(r"∑(\w+(\[[^\]]*\])?)", r"sum(\1)", text)
    return re.sub(r"\^\((-?\d+)\)", r"**(\1)", text).replace("²", "**2").strip()


def _value(node: ast.AST, names: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float()):
            return node.value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.Attribute(value=inner, attr="T"):
            return _value(inner, names).T
        case ast.Subscript(value=inner, slice=index):
            return _entry(_value(inner, names), index)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
            name in FUNCTIONS
        ):
            return FUNCTIONS[name](*(_value(each, names) for each in arguments))
    raise DataError(f"{ast.unparse(node)!r} is no part of a formula. {HELP}")


def _entry(block, index):
    places = index.elts if isinstance(index, ast.Tuple) else [index]
    picked = []
    for place in places:
        if isinstance(place, ast.Slice):
            ends = (place.lower, place.upper, place.step)
            picked.append(slice(*(e and ast.literal_eval(e) for e in ends)))
        else:
            picked.append(ast.literal_eval(place))
    sizes = zip(picked, block.shape, strict=False)
    beyond = any(isinstance(i, int) and not -n <= i < n for i, n in sizes)
    if len(picked) > block.ndim or beyond:
        raise DataError(
            f"index [{ast.unparse(index)}] is outside a block of shape {block.shape}."
        )
    return block[tuple(picked)]
