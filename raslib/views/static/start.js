// Starts the views of a page of the site (raslib/views/island.py). Those that
// it needs stand before it in one classic script, in VIEWS by name, and in LINKED what a link to one may say.

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
      follow(island, view, number);
    } catch (error) {
      el.remove(); // what stands still stays
      console.error(error);
    }
  }
}

// A link to this view brings it into sight.
function follow(island, view, number) {
  const go = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const mine = (asked.get("view") ?? "1") === String(number) && LINKED[view]?.some((key) => asked.has(key));
    if (mine) island.scrollIntoView();
  };
  go();
  addEventListener("hashchange", go);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
