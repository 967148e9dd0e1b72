// Panels drawn by Plotly, which is served from this machine.

import { make, number } from "./dom.js";

const COLOURS = ["blue", "vermilion", "green", "purple", "orange", "sky", "ink"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid"];
const QUIET = "muted";

let loading;
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = make("script", { src: "/plotly.js" });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("Plotly's script could not be loaded."));
    document.head.append(script);
  });
  return loading;
}

export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A tick every so many decades, five or so of them; in one decade at 1, 2 and 5. What is
// within a factor of 3 is drawn on a linear axis, which a logarithm would hardly bend.
const every = (decades) => (decades < 1.3 ? "D2" : Math.max(1, Math.ceil((decades ?? 5) / 5)));
const bends = (decades) => !(decades < 0.5);

function spans(values) {
  const sizes = values.filter((x) => x > 0);
  return sizes.length ? Math.log10(Math.max(...sizes) / Math.min(...sizes)) : 1;
}

export function layout(panel, more = {}, spans = {}) {
  const narrow = window.innerWidth < 640;
  const scale = (log, decades) => log && bends(decades)
    ? { type: "log", dtick: every(decades) } : { type: "linear", nticks: 6, dtick: null };
  const axis = (title, log, decades) => ({
    title: { text: title, standoff: 6, font: { size: 12 } },
    gridcolor: colour("grid"), linecolor: colour("muted"), zerolinecolor: colour("grid"),
    tickfont: { size: 11 }, automargin: true, exponentformat: "power",
    ...scale(log, decades),
  });
  return {
    margin: { l: 8, r: 8, t: 8, b: 8 }, height: narrow ? 248 : 280, autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", color: colour("ink"), size: 12 },
    xaxis: axis(panel.x, (panel.log ?? "").includes("x"), spans?.x),
    yaxis: axis(panel.y, (panel.log ?? "").includes("y"), spans?.y),
    legend: { orientation: "h", y: -0.28, x: 0, font: { size: 11 }, traceorder: "normal" },
    hovermode: "closest", showlegend: true, dragmode: false,
    ...more,
  };
}

export const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };

// The panels of a study, made once; `draw` may then be called for every piece.
export function panels(place, told) {
  place.replaceChildren(...told.map((panel) => {
    const says = make("figcaption", { id: `says-${panel.key}` }, panel.about);
    const plot = make("div", { class: "plot", id: `plot-${panel.key}`, role: "img" });
    return make("figure", {}, make("h3", {}, panel.title), plot, says);
  }));
  return told;
}

const groups = (curves) => [...new Set(curves.map((curve) => curve.group))];

function traces(panel, run, quiet) {
  const curves = run.curves.filter((curve) => curve.panel === panel.key);
  const names = groups(curves);
  const seen = new Set();
  const beside = curves.some((curve) => curve.foretold); // then a dash says that
  return curves.map((curve) => {
    const i = names.indexOf(curve.group) % COLOURS.length;
    const kind = `${curve.group} ${curve.foretold}`;
    const first = !seen.has(kind);
    seen.add(kind);
    const many = curves.length > 2 * names.length;
    return {
      type: "scatter", mode: "lines", x: curve.x, y: curve.y,
      name: quiet ?? (curve.foretold ? `${curve.group}, foretold` : curve.group), legendgroup: (quiet ?? "") + curve.group,
      showlegend: quiet ? first && i === 0 : first,
      opacity: quiet ? 0.75 : 1,
      line: {
        color: quiet ? colour(QUIET) : colour(COLOURS[i]), width: quiet ? 1 : many ? 1.3 : 2,
        dash: quiet ? "dot" : curve.foretold ? "dash" : beside || many || names.length < 2 ? "solid" : DASHES[i],
      },
      hovertemplate: `${quiet ? `${quiet}: ` : ""}${curve.name}: %{y:.4g} at %{x:.3g}<extra></extra>`,
    };
  });
}

function lines(panel, run) {
  const names = groups(run.curves.filter((curve) => curve.panel === panel.key));
  const shown = new Set();
  return run.marks.filter((mark) => mark.panel === panel.key && mark.value !== null)
    .filter((mark) => {
      const key = `${mark.group} ${Number(mark.value.toPrecision(3))}`;
      if (shown.has(key)) return false;
      shown.add(key);
      return true;
    })
    .map((mark) => {
      const i = names.indexOf(mark.group);
      const ends = mark.upright
        ? { x0: mark.value, x1: mark.value, yref: "paper", y0: 0, y1: 1 }
        : { xref: "paper", x0: 0, x1: 1, y0: mark.value, y1: mark.value };
      const line = { color: colour(i < 0 ? "ink" : COLOURS[i % COLOURS.length]), width: 1.2, dash: "dash" };
      return { type: "line", layer: "below", line, name: `foretold: ${mark.name}`, ...ends };
    });
}

// 10⁻¹⁷ stands in for 0 on a logarithmic axis.
const ending = (x) => (Math.abs(x) <= 1.001e-17 ? "0" : number(x));

// What the panel shows, in words: for those who do not see it, and under it for all.
function inWords(panel, run) {
  const ends = groups(run.curves.filter((curve) => curve.panel === panel.key)).map((name) => {
    const values = run.curves
      .filter((curve) => curve.panel === panel.key && curve.group === name && !curve.foretold)
      .map((curve) => curve.y.findLast((y) => y !== null)).filter((y) => y !== undefined);
    if (!values.length) return `${name} has no finite value`;
    const [low, high] = [Math.min(...values), Math.max(...values)].map(ending);
    return `${name} ${low === high ? low : `${low} to ${high}`}`;
  });
  return ends.slice(0, 7).join("; ");
}

export async function draw(told, run, kept) {
  const Plotly = await plotly();
  for (const panel of told) {
    const node = document.getElementById(`plot-${panel.key}`);
    if (!node) continue;
    const data = kept.flatMap((each) => traces(panel, each, each.label));
    data.push(...traces(panel, run, null));
    const ends = inWords(panel, run);
    const says = document.getElementById(`says-${panel.key}`);
    says.replaceChildren(panel.about, make("br"), "In the end: ", make("b", {}, ends), ".");
    node.setAttribute("aria-label", `${panel.title}: ${panel.y} against ${panel.x}. In the end ${ends}.`);
    const marks = lines(panel, run);
    const wide = {
      x: spans(data.flatMap((each) => each.x)),
      y: spans([...data.flatMap((each) => each.y), ...marks.filter((each) => each.xref).map((each) => each.y0)]),
    };
    Plotly.react(node, data, layout(panel, { shapes: marks }, wide), CONFIG);
  }
}
