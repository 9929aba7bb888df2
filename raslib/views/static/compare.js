// Two stories side by side, a row for what both do in one place: stepped together to where they part, and beyond. With
// dom.js and map.js before it. Model keys: stories (two traces), names, rows (the number of each one's step, or null),
// parts (the axis that parts them), row (the present one).

const SIDES = ["a", "b"];

function render({ model, el }) {
  const stories = model.get("stories");
  const names = model.get("names");
  const rows = model.get("rows");
  const step = (side, number) => stories[side].steps[number];
  const told = ({ machine, el: level, actor, does }) => [h("small", {}, `${machine} ${level} `), `${actor} ${does}`];
  const same = rows.map(([a, b]) => a !== null && b !== null && JSON.stringify(step(0, a)) === JSON.stringify(step(1, b)));
  const parting = same.indexOf(false);
  const now = () => Math.max(0, Math.min(rows.length - 1, model.get("row") || 0));
  const keys = { ArrowLeft: () => go(now() - 1), ArrowRight: () => go(now() + 1), Home: () => go(0), End: () => go(rows.length - 1) };
  const count = h("span", { class: "ras-count", role: "status" });
  const where = parting < 0 ? null : button("Where they part", () => go(parting), "The first row that is not the same");
  const link = linkButton(model, count);
  const next = button("Next", keys.ArrowRight, null, { class: "ras-main" });
  const moves = [button("First", keys.Home), button("Back", keys.ArrowLeft), next, button("Last", keys.End)];
  const bar = toolbar("Rows", group(moves), group([where, link, count]));

  const lines = rows.map((row, i) => {
    const cells = same[i] ? [told(step(0, row[0]))] : row.map((number, side) => (number === null ? null : told(step(side, number))));
    const label = i === parting ? h("small", {}, `Here they part${model.get("parts") ? `, by ${model.get("parts")}` : ""}. `) : "";
    const whose = (side) => (same[i] ? "both" : SIDES[side]);
    const boxes = cells.map((words, side) => h("span", { class: words && whose(side) }, side ? "" : label, words));
    return h("li", {}, h("button", { type: "button", class: same[i] ? "ras-both" : null, onclick: () => go(i) }, boxes));
  });
  const list = h("ol", { class: "ras-sides", named: "Steps of both" }, lines);
  const heads = h("p", { class: "ras-sides ras-label" }, names.map((name, side) => h("b", { class: SIDES[side] }, `■ ${name}`)));
  const why = h("div", { class: "ras-sides ras-why" });
  const map = storyMap(stories, names);
  const steps = h("div", { class: "ras-steps" }, heads, list);
  const root = frame({ named: "Two stories" }, bar, h("div", { class: "ras-two ras-compared" }, steps, map.box, why));

  const go = (to) => put(model, "row", Math.max(0, Math.min(rows.length - 1, to)));

  function show() {
    const k = now();
    lines.forEach((line, i) => line.classList.toggle("ras-now", i === k));
    rove(lines.map((line) => line.firstChild), lines[k].firstChild);
    if (list.contains(active())) lines[k].firstChild.focus({ preventScroll: true });
    list.parentNode.scrollTop = lines[k].offsetTop - (list.parentNode.clientHeight - lines[k].offsetHeight) / 2;
    const done = SIDES.map((_, side) => rows.slice(0, k + 1).findLast((row) => row[side] !== null)?.[side] ?? -1);
    map.show(...done);
    count.textContent = `row ${k + 1} of ${rows.length}${same[k] ? ", the same" : ""}`;
    const ended = (side) => done[side] === stories[side].steps.length - 1 && h("p", {}, h("b", {}, `It ends: ${endOf(stories[side])}.`));
    why.replaceChildren(
      ...rows[k].map((number, side) => {
        const here = number === null || (same[k] && side) ? null : step(side, number);
        return h("div", {}, here && h("p", {}, withCards(here.why, model.get("terms") ?? {})), here && h("ul", { class: "ras-cites" }, here.cites.map(cite)), ended(side) || null);
      }),
    );
  }

  onKeys(root, () => keys);
  show();
  return alive(model, el, root, { row: show }, show);
}
