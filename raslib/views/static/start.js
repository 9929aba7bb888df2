// Starts the views of a page of the site (raslib/views/island.py). Those that
// it needs stand before it in one classic script, in VIEWS by name, and in LINKED what a link to one may say.

// The choices of a scenario's token by *codes* (code of axis and value -> both), or nothing: raslib/sim/model/axes.py.
function unpacked(token, codes) {
  const signs = "0123456789abcdefghijklmnopqrstuvwxyz._";
  const [, text, sign] = /^([\w.]+)-(.)$/.exec(token.trim().toLowerCase()) ?? [];
  const sum = [...(text ?? "")].reduce((all, each, i) => all + ((i % 36) + 1) * signs.indexOf(each), 0);
  if (!text || signs[sum % 37] !== sign) return undefined;
  const pairs = (part) => part.slice(1).match(/../g).map((pair) => `_${part[0]}${pair}`);
  const parts = text[0] === "_" ? text.slice(1).split(".").flatMap(pairs) : text.split(".");
  return parts.every((part) => codes[part]) ? Object.fromEntries(parts.map((part) => codes[part])) : undefined;
}

function start() {
  const numbers = {};
  // The browser edition is a program, which no page from a disk may load.
  if (location.protocol === "file:") document.querySelectorAll(".run-lesson").forEach((link) => link.remove());
  for (const island of document.querySelectorAll(".ras-island")) {
    const { view } = island.dataset;
    const data = JSON.parse(island.querySelector("script").textContent);
    const number = (numbers[view] = (numbers[view] ?? 0) + 1);
    const el = h("div", { class: "ras-live" });
    island.append(el);
    try {
      const model = LINKED[view] ? pageModel(data, LINKED[view], number) : localModel(data);
      VIEWS[view].render({ model, el });
      island.querySelector(".ras-still").hidden = true;
      follow(island, view, number, model);
    } catch (error) {
      el.remove(); // what stands still stays
      console.error(error);
    }
  }
}

// A link to this view brings it into sight; one to a scenario's token turns its switches.
function follow(island, view, number, model) {
  const problem = h("p", { role: "alert" });
  island.prepend(problem);
  const go = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const token = asked.get("token");
    const choices = view === "whatif" && token && unpacked(token, model.get("codes") ?? {});
    const refused = view === "whatif" && token && !choices;
    problem.textContent = refused ? `The token ${token} cannot be read: a letter is wrong or missing, or it needs a HEST (~).` : "";
    const table = asked.get("hest");
    if (choices) model.set("choices", table ? { ...choices, hest: table } : choices);
    const mine = (asked.get("view") ?? "1") === String(number) && LINKED[view]?.some((key) => asked.has(key));
    if (mine || choices) island.scrollIntoView();
  };
  go();
  addEventListener("hashchange", go);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
