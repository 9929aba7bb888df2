// Starts the views of a page of the site (raslib/views/island.py) once it is read, as the script is deferred. Those that it
// needs stand before this in one classic script, in VIEWS by name, and in LINKED what a link to one may say.

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
    const linked = () => pageModel(data, LINKED[view], island.closest("#view") ? 0 : number, island); // 0: it has a page of its own
    VIEWS[view].render({ model: LINKED[view] ? linked() : localModel(data), el });
  } catch (error) {
    el.remove(); // what stands still stays
    console.error(error);
  }
}
