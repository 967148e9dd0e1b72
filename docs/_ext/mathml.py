"""Formulas as MathML, which browsers draw themselves: no script and no font."""

import latex2mathml.converter
from docutils import nodes


def visit_math(writer, node):
    writer.body.append(latex2mathml.converter.convert(node.astext()))
    raise nodes.SkipNode


def visit_displayed(writer, node):
    formula = latex2mathml.converter.convert(node.astext(), display="block")
    writer.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
