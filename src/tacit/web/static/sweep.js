// A sweep, read while it runs: a diagram over two axes that fills in.

import { $, make, number } from "./dom.js";
import { listen } from "./events.js";
import { colour, CONFIG, layout, plotly } from "./plots.js";

const state = { told: null, x: "", y: "", z: "status", at: {}, watching: false, point: null };

export async function watch(name, asked) {
  for (const key of ["x", "y", "z", "point"]) if (asked.has(key)) state[key] = asked.get(key);
  if (state.told) { draw(); return; }
  if (state.watching) return;
  state.watching = true;
  $("sweep-title").textContent = `Sweep ${name}`;
  $("progress").textContent = "Reading the store.";
  for (;;) {
    try {
      await listen("/sweep", (kind, piece) => (kind === "sweep" ? take(piece) : complain(piece.text)));
    } catch (error) { complain(`The server does not answer: ${error.message}`); }
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

const complain = (text) => { $("progress").textContent = text; };

const count = (state_) => state.told.values.status.filter((each) => state.told.states[each] === state_).length;

function take(piece) {
  state.told = piece;
  const size = piece.values.status.length - count("excluded");
  const waiting = count("pending");
  $("bar").max = size;
  $("bar").value = size - waiting;
  const parts = piece.states.filter((each) => count(each)).map((each) => `${count(each)} ${each}`);
  $("progress").textContent = `${size - waiting} of ${size} runs are there: ${parts.join(", ")}.`;
  $("failed").hidden = !piece.failures.length;
  $("failed").querySelector("summary").textContent = `${piece.failed} ${piece.failed === 1 ? "run" : "runs"} failed${piece.failed > piece.failures.length ? `; the first ${piece.failures.length}` : ""}`;
  $("failed").querySelector("ul").replaceChildren(...piece.failures.map((text) => make("li", {}, text)));
  choose();
  draw();
  if (state.point !== null) one(Number(state.point));
}

function select(id, label, options, value, change) {
  const nodes = options.map(([word, text]) => make("option", { value: word, selected: String(word) === String(value) }, text));
  return make("div", {}, make("label", { for: id }, label), make("select", { id, onchange: (event) => change(event.target.value) }, ...nodes));
}

function choose() {
  const axes = state.told.axes, names = axes.map((axis) => axis.name);
  if (!names.includes(state.x)) state.x = names[0];
  if (!names.includes(state.y) || (state.y === state.x && names.length > 1)) state.y = names.find((each) => each !== state.x) ?? state.x;
  if (!(state.z in state.told.values)) state.z = "status";
  if (state.first === undefined) { // something to see, if there is anything besides the status
    state.first = Object.keys(state.told.values).find((each) => each !== "status") ?? "status";
    if (state.z === "status") state.z = state.first;
  }
  const pairs = names.map((name) => [name, name]);
  const change = (key) => (value) => { state[key] = value; remember(); choose(); draw(); };
  const chosen = [
    select("axis-x", "across", pairs, state.x, change("x")),
    select("axis-y", "upwards", pairs, state.y, change("y")),
    select("axis-z", "colour", Object.keys(state.told.values).map((each) => [each, each]), state.z, change("z")),
  ];
  for (const axis of axes.filter((each) => ![state.x, state.y].includes(each.name))) {
    state.at[axis.name] ??= 0;
    const labels = axis.labels.map((label, i) => [i, shown(label)]);
    chosen.push(select(`at-${axis.name}`, axis.name, labels, state.at[axis.name], (value) => { state.at[axis.name] = Number(value); draw(); }));
  }
  $("axes").replaceChildren(...chosen);
  const points = axes.map((axis) => select(`point-${axis.name}`, axis.name, axis.labels.map((label, i) => [i, shown(label)]), state.at[axis.name] ?? 0, () => undefined));
  if ($("point").childElementCount !== points.length + 1) {
    $("point").replaceChildren(...points, make("button", { type: "submit" }, "Show this run"));
  }
}

const shown = (label) => (typeof label === "number" ? number(label) : String(label));

function place(at) {
  return state.told.axes.reduce((flat, axis) => flat * axis.labels.length + at[axis.name], 0);
}

async function draw() {
  const Plotly = await plotly();
  const { axes, values, states } = state.told;
  const [across, up] = [state.x, state.y].map((name) => axes.find((axis) => axis.name === name));
  const places = up.labels.map((_, j) => across.labels.map((__, i) => place({ ...state.at, [up.name]: j, [across.name]: i })));
  const z = places.map((row) => row.map((flat) => values[state.z][flat]));
  const there = z.flat().filter((each) => each !== null);
  const logarithmic = state.z !== "status" && there.length > 1 && Math.min(...there) > 0 && Math.max(...there) / Math.min(...there) > 100;
  const shownZ = logarithmic ? z.map((row) => row.map((each) => (each === null ? null : Math.log10(each)))) : z;
  const text = places.map((row) => row.map((flat) => `${states[values.status[flat]]}: ${number(values[state.z][flat])}`));
  const trace = {
    type: "heatmap", z: shownZ, customdata: places, text, colorscale: "Cividis", xgap: 1, ygap: 1,
    x: across.labels.map(shown), y: up.labels.map(shown), hoverongaps: true,
    colorbar: { thickness: 12, title: { text: logarithmic ? `log₁₀ ${state.z}` : state.z, side: "right" } },
    hovertemplate: `${across.name} %{x}, ${up.name} %{y}<br>%{text}<extra></extra>`,
  };
  const made = layout({ x: across.name, y: up.name }, { height: 380, showlegend: false });
  made.xaxis.type = made.yaxis.type = "category";
  await Plotly.react($("diagram"), [trace], made, CONFIG);
  $("diagram").removeAllListeners?.("plotly_click");
  $("diagram").on?.("plotly_click", (event) => { show(event.points[0].customdata); });
  const range = there.length ? `from ${number(Math.min(...there))} to ${number(Math.max(...there))}` : "not there yet";
  const says = `${state.z} over ${across.name} and ${up.name}: ${there.length} of ${z.flat().length} values are there, ${range}. Blank cells have none yet. Click a cell to see its run, or choose it below.`;
  $("diagram-says").textContent = says;
  $("diagram").setAttribute("role", "img");
  $("diagram").setAttribute("aria-label", says);
}

function show(flat) {
  state.point = String(flat);
  remember();
  one(flat);
}

function remember() {
  const said = new URLSearchParams({ sweep: 1, x: state.x, y: state.y, z: state.z });
  if (state.point !== null) said.set("point", state.point);
  history.replaceState(null, "", `#${said}`);
}

async function one(flat) {
  let rest = flat;
  for (const axis of [...state.told.axes].reverse()) {
    $(`point-${axis.name}`).value = rest % axis.labels.length;
    rest = Math.floor(rest / axis.labels.length);
  }
  const answer = await fetch(`/sweep/run/${flat}`);
  const told = await answer.json();
  if (!answer.ok) { complain(told.text); return; }
  const point = Object.entries(told.point).map(([name, value]) => `${name} ${shown(value)}`).join(", ");
  const numbers = Object.entries(told.numbers).map(([name, value]) => `${name} ${number(value)}`).join("; ");
  const names = [...new Set(told.curves.map((curve) => curve.panel))];
  $("one").replaceChildren(
    make("h3", {}, `The run at ${point}`),
    make("p", {}, `${told.state}${told.reason ? `: ${told.reason}` : ""}. ${numbers}`),
    ...names.map((name) => make("figure", {}, make("h4", {}, name), make("div", { class: "plot", id: `run-${name}`, role: "img", "aria-label": `${name} against time` }))),
  );
  const Plotly = await plotly();
  for (const name of names) {
    const data = told.curves.filter((curve) => curve.panel === name).map((curve) => ({
      type: "scatter", mode: "lines", x: curve.x, y: curve.y, name: curve.name, line: { color: colour("blue"), width: 1.4 },
    }));
    Plotly.react($(`run-${name}`), data, layout({ x: "time", y: name }, { showlegend: false }), CONFIG);
  }
}

$("point").addEventListener("submit", (event) => {
  event.preventDefault();
  show(place(Object.fromEntries(state.told.axes.map((axis) => [axis.name, Number($(`point-${axis.name}`).value)]))));
});
$("axes").addEventListener("submit", (event) => event.preventDefault());
