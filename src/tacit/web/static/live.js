// A study that runs while its sliders move.

import { $, make, number, pretty } from "./dom.js";
import { listen } from "./events.js";
import { draw, panels, plotly } from "./plots.js";

const PAUSE = 90; // milliseconds without a move before a run is asked for

const state = { study: null, values: {}, kept: [], run: null, told: [], asked: null, timer: 0, table: null };

export function show(study, asked) {
  if (state.study !== study) open(study);
  const wanted = {};
  for (const control of study.controls) {
    const given = asked.get(control.key);
    wanted[control.key] = given ?? String(control.default);
  }
  const before = JSON.stringify(state.values);
  state.values = wanted;
  reflect();
  recall(asked.getAll("with"));
  if (JSON.stringify(wanted) !== before || !state.run) ask();
}

function open(study) {
  Object.assign(state, { study, values: {}, kept: [], run: null, told: [] });
  $("title").textContent = study.title;
  $("asks").innerHTML = study.asks; // ours, as are the statements below: set formulas
  $("paper").textContent = study.paper;
  $("paper").href = study.link;
  $("upload").hidden = !study.controls.some((control) => control.key === "table");
  $("sliders").replaceChildren(...study.controls.map(control).filter(Boolean));
  $("plots").replaceChildren();
  $("foreseen").replaceChildren();
  $("verdicts").tBodies[0].replaceChildren();
  $("kept").replaceChildren();
}

function control(told) {
  const id = `control-${told.key}`, says = `says-${told.key}`;
  const about = told.about ? make("small", { id: `about-${told.key}` }, told.about) : null;
  const described = about ? about.id : null;
  if (told.kind === "choice") {
    const options = told.options.map(([word, text]) => make("option", { value: word }, text));
    const select = make("select", { id, "aria-describedby": described,
      onchange: (event) => move(told.key, event.target.value) }, ...options);
    return make("div", { class: "control" }, make("label", { for: id }, told.label), select, about);
  }
  if (told.kind === "name") return named(told, id);
  const range = make("input", {
    type: "range", id, min: 0, max: told.stops.length - 1, step: 1, "aria-describedby": described,
    oninput: (event) => move(told.key, String(told.stops[event.target.value])),
  });
  const label = make("label", { for: id }, told.label, make("output", { id: says, for: id }));
  return make("div", { class: "control" }, label, range, about);
}

// Which column, which class: known once there is a table.
function named(told, id) {
  if (told.key === "table") return null;
  const select = make("select", { id, disabled: true,
    onchange: (event) => {
      if (told.key === "label") state.values.against = state.table.labels[event.target.value][0];
      move(told.key, event.target.value);
    } });
  return make("div", { class: "control" }, make("label", { for: id }, told.label), select);
}

function move(key, value) {
  state.values[key] = value;
  reflect();
  remember();
  clearTimeout(state.timer);
  state.asked?.abort(); // the run under way is of no more use: the server gives it up
  state.timer = setTimeout(ask, PAUSE);
}

function reflect() {
  for (const told of state.study.controls) {
    const node = $(`control-${told.key}`), value = state.values[told.key];
    if (!node) continue;
    if (told.kind === "choice") node.value = value;
    if (told.kind === "name") fill(node, told.key, value);
    if (told.kind !== "slider") continue;
    const x = Number(value);
    const gaps = told.stops.map((stop) => Math.abs(Math.log((stop + 1e-300) / (x + 1e-300))));
    const place = told.stops.includes(x) ? told.stops.indexOf(x) : gaps.indexOf(Math.min(...gaps));
    const words = told.stops.includes(x) && told.words[place] ? told.words[place] : number(x);
    node.value = place;
    node.setAttribute("aria-valuetext", words);
    $(`says-${told.key}`).textContent = words;
  }
}

function fill(node, key, value) {
  if (!state.table) return;
  const options = key === "label" ? Object.keys(state.table.labels) : state.table.labels[state.values.label] ?? [];
  node.replaceChildren(...options.map((each) => make("option", { value: each }, each)));
  node.disabled = false;
  node.value = value;
}

const words = () => {
  const moved = state.study.controls.filter((each) => state.values[each.key] !== String(each.default));
  return moved.map((each) => [each.key, state.values[each.key]]);
};

// The address says what is shown, so that it can be sent to somebody or come back to.
function remember() {
  const said = new URLSearchParams([["study", state.study.name], ...words()]);
  for (const each of state.kept) said.append("with", each.query);
  history.replaceState(null, "", `#${said}`);
}

async function ask() {
  const asked = new AbortController();
  state.asked?.abort();
  state.asked = asked;
  if ("table" in state.values && !state.values.table) {
    $("status").textContent = "Choose a table first: a CSV file, names in its first row, a column of labels and columns of numbers.";
    return;
  }
  document.body.classList.add("busy");
  $("status").textContent = "Running.";
  const ended = working();
  $("problem").hidden = true;
  plotly();
  const begun = performance.now();
  try {
    await listen(address(state.values), (kind, piece) => hear(kind, piece, begun), asked.signal);
  } catch (error) {
    if (asked.signal.aborted) return;
    complain(`The server does not answer: ${error.message}`);
  } finally {
    ended();
  }
  if (state.asked === asked) document.body.classList.remove("busy");
}

// A bar and the seconds, where it takes longer than a moment. Returns what ends it.
function working() {
  const begun = performance.now();
  const tick = setInterval(() => {
    $("working").hidden = false;
    $("seconds").textContent = `${Math.round((performance.now() - begun) / 1000)} s`;
  }, 400);
  return () => {
    clearInterval(tick);
    $("working").hidden = true;
  };
}

const address = (values) => `/run/${state.study.name}?${new URLSearchParams(values)}`;

function hear(kind, piece, begun) {
  if (kind === "refused" || kind === "fault") return complain(piece.text);
  if (kind === "begun" && piece.compiles) {
    $("status").textContent = "Running. The first run of this shape compiles, for some seconds.";
  }
  if (kind === "forecast") {
    if (JSON.stringify(piece.panels) !== JSON.stringify(state.told)) state.told = panels($("plots"), piece.panels);
    state.run = { curves: [], marks: piece.marks };
    const marked = new Map(piece.marks.filter((mark) => !["weights", "row"].includes(mark.panel) || (mark.upright && mark.panel !== "row")).map((mark) => [mark.name, mark.value]));
    $("foreseen").replaceChildren(
      ...[...marked].map(([name, value]) => make("li", {}, make("b", {}, name), ` ${number(value)}`)),
      ...piece.foreseen.map((each) => make("li", {}, make("b", {}, each.name), ` ${pretty(each.text)}`)));
  }
  if (kind === "run") {
    state.run.curves = piece.curves;
    draw(state.told, state.run, state.kept);
    if (piece.reason) complain(`The run ended early: ${piece.reason}.`);
    $("status").textContent = `Drawn after ${number((performance.now() - begun) / 1000, 2)} s, ${number(piece.steps)} steps.`;
  }
  if (kind === "more") {
    state.run.curves = [...state.run.curves, ...piece.curves];
    draw(state.told, state.run, state.kept);
  }
  if (kind === "verdicts") judge(piece.verdicts);
  return undefined;
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = false;
  $("status").textContent = "Not run.";
}

function formulas(markup) {
  const node = make("span");
  node.innerHTML = markup;
  return node;
}

function judge(verdicts) {
  const order = { fails: 0, holds: 1, undecided: 2, "does not apply": 3 };
  const many = { fails: "fail", holds: "hold", undecided: "undecided", "does not apply": "do not apply" };
  const rows = [...verdicts].sort((a, b) => order[a.outcome] - order[b.outcome]);
  const cell = (label, text, kind = "amount") => make("td", { class: kind, "data-label": label }, text);
  $("verdicts").tBodies[0].replaceChildren(...rows.map((each) => make("tr", {},
    make("th", { scope: "row" }, make("b", {}, each.id), " ", formulas(each.statement),
      ...each.not_met.map((text) => make("span", { class: "unmet" }, `not met: ${text}`)),
      each.why ? make("span", { class: "unmet" }, each.why) : null),
    make("td", { class: `outcome ${each.outcome.replaceAll(" ", "-")}` },
      make("span", { "aria-hidden": "true" }, `${each.mark} `), each.outcome),
    cell("predicted", each.predicted && each.measured ? pretty(each.predicted) : ""),
    cell("measured", pretty(each.measured ?? "")),
    cell("off", each.distance === null ? "" : number(each.distance, 2), "amount short"),
    cell("sees", each.sees === null ? "" : number(each.sees, 2), "amount short"))));
  const counts = Object.keys(order).map((outcome) => [rows.filter((each) => each.outcome === outcome).length, outcome]);
  const said = counts.filter(([count]) => count)
    .map(([count, outcome]) => `${count} ${count === 1 ? outcome : many[outcome]}`).join(", ");
  $("status").textContent += ` Verdicts: ${said}.`;
}

// --- runs kept beside the present one

const labelled = (pairs) => pairs.map(([key, value]) => {
  const told = state.study.controls.find((each) => each.key === key);
  const stop = told?.stops?.indexOf(Number(value));
  return `${told?.label ?? key} ${told?.words?.[stop] || (told?.stops ? number(Number(value)) : value)}`;
}).join(", ") || "as it begins";

function keep(query, run) {
  if (state.kept.some((each) => each.query === query)) return;
  state.kept.push({ query, label: labelled([...new URLSearchParams(query)]), curves: run.curves });
  list();
}

function list() {
  $("kept").replaceChildren(...state.kept.map((each) => make("li", {}, each.label,
    make("button", { type: "button", "aria-label": `Remove ${each.label}`, onclick: () => {
      state.kept = state.kept.filter((other) => other !== each);
      list();
      remember();
    } }, "Remove"))));
  if (state.run?.curves.length) draw(state.told, state.run, state.kept);
}

// The runs that an address keeps are run again.
async function recall(queries) {
  const study = state.study;
  for (const query of queries.filter((each) => !state.kept.some((other) => other.query === each))) {
    const values = Object.fromEntries(study.controls.map((each) => [each.key, String(each.default)]));
    Object.assign(values, Object.fromEntries(new URLSearchParams(query)));
    const curves = [];
    await listen(address(values), (kind, piece) => {
      if (kind === "run" || kind === "more") curves.push(...piece.curves);
    }).catch(() => undefined);
    if (curves.length && state.study === study) keep(query, { curves });
  }
}

$("keep").addEventListener("click", () => {
  if (!state.run?.curves.length) return;
  keep(String(new URLSearchParams(words())), state.run);
  remember();
});
$("reset").addEventListener("click", () => {
  for (const told of state.study.controls) {
    if (told.kind !== "name") state.values[told.key] = String(told.default);
  }
  state.kept = [];
  list();
  reflect();
  remember();
  ask();
});
$("link").addEventListener("click", async () => {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    $("status").textContent = "The link is copied.";
  } catch {
    $("status").textContent = `The link: ${location.href}`;
  }
});
$("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const answer = await fetch("/table", { method: "POST", body: file, headers: { "Content-Type": "text/csv" } });
  const told = await answer.json();
  if (!answer.ok) { complain(told.text); return; }
  state.table = told;
  Object.assign(state.values, { table: told.table, label: told.label, against: told.labels[told.label][0] });
  reflect();
  remember();
  ask();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => list());
$("controls").addEventListener("submit", (event) => event.preventDefault());
