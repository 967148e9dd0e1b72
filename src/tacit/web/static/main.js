// Which of the two pages is shown, and the links between them.

import { $, make } from "./dom.js";
import { show } from "./live.js";
import { watch } from "./sweep.js";

const told = JSON.parse($("told").textContent);

function route() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const sweep = told.sweep && (asked.has("sweep") || (!asked.has("study") && told.sweep));
  const study = told.studies.find((each) => each.name === asked.get("study"))
    ?? told.studies.find((each) => each.name === told.first);
  for (const link of document.querySelectorAll("#studies a")) {
    const here = sweep ? link.dataset.sweep : link.dataset.study === study.name;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  $("live").hidden = Boolean(sweep);
  $("sweep").hidden = !sweep;
  document.title = `tacit: ${sweep ? told.sweep : study.title}`;
  if (sweep) watch(told.sweep, asked);
  else show(study, asked);
}

const entries = told.studies.map((study) =>
  make("li", {}, make("a", { href: `#study=${study.name}`, "data-study": study.name }, study.name)));
if (told.sweep) {
  const link = { href: "#sweep=1", "data-sweep": "1" };
  entries.unshift(make("li", {}, make("a", link, `sweep ${told.sweep}`)));
}
$("studies").replaceChildren(...entries);
window.addEventListener("hashchange", route);
route();
