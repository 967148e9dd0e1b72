// Elements from a few words.

export const $ = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// A number as the pages of the studies set it: 0.973, 1.2 × 10⁻¹⁴.
export function number(x, digits = 3) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "—";
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x).replace("-", "−");
  if (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5)
    return String(Number(x.toPrecision(digits))).replace("-", "−");
  const [mantissa, power] = x.toExponential(digits - 1).split("e");
  const raised = [...power.replace("+", "")].map((c) => RAISED[c]).join("");
  const short = String(Number(mantissa)).replace("-", "−");
  return short === "1" ? `10${raised}` : `${short}\u00a0×\u00a010${raised}`;
}

// The same for numbers inside a text, such as (1.5e-3, 2, …).
export const pretty = (text) => text.replace(/-?\d+(\.\d+)?e[+-]?\d+/g, (x) => number(Number(x))).replace(/-(?=\d)/g, "−");
