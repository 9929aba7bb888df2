// Every choice of a scenario as a switch, and the story that follows: answered in the browser, by the automaton that
// stands before this text (automaton.js, dom.js). Model keys: document (all stories), about (axis -> meaning and
// source), choices (axis -> word, what is not the default), twin (class of the static twin).

const NEAR = 12; // as many other endings are offered

/** What each single change of a choice would lead to, where that is another end: axis -> word -> end. */
function matters(machine, choices, end) {
  const found = new Map();
  for (const [axis, words, byDefault] of machine.axes) {
    const now = choices[axis] ?? words[byDefault];
    for (const word of words) {
      if (word === now) continue;
      const then = machine.outcome({ ...choices, [axis]: word }).end;
      if (then !== end) (found.get(axis) ?? found.set(axis, new Map()).get(axis)).set(word, then);
    }
  }
  return found;
}

function render({ model, el }) {
  const machine = load(model.get("document"));
  const about = model.get("about") ?? {};
  const given = model.get("document").given;
  const axes = machine.axes.filter(([name]) => !(name in given));
  const selects = new Map();
  const groups = new Map();
  const told = h("ol", { class: "ras-story" });
  const ended = h("p", { class: "ras-ended", "aria-live": "polite" });
  const near = h("div", { class: "ras-near" });
  const said = h("p", { class: "ras-chosen" });

  for (const [name, words] of axes) {
    const [, group, short] = name.match(/^(?:(.*)\.)?(.*)$/);
    const select = h("select", { "aria-label": name, onchange: () => choose(name, select.value) });
    for (const word of words) select.append(h("option", { value: word, title: about[name]?.means?.[word] }, word));
    selects.set(name, select);
    const row = h("label", { title: about[name]?.meaning }, h("span", {}, short.replaceAll("_", " ")), select);
    const box = groups.get(group ?? "") ?? groups.set(group ?? "", []).get(group ?? "");
    box.push(row);
  }
  const boxes = [...groups].map(([group, rows]) => {
    const open = ["error", "cpu", "host", "guest", ""].includes(group) ? "" : undefined;
    return h("details", { open }, h("summary", {}, group || "account"), h("div", { class: "ras-rows" }, rows));
  });
  const reset = h("button", { type: "button", onclick: () => put({}) }, "All defaults");
  const root = h(
    "section",
    { class: "raskit ras-whatif", "aria-label": "What if" },
    h("div", { class: "ras-switches" }, boxes),
    h("div", { class: "ras-result" }, ended, near, said, h("p", {}, reset), told),
  );

  function choose(name, word) {
    const next = { ...model.get("choices") };
    const [, words, byDefault] = axes.find(([axis]) => axis === name);
    if (word === words[byDefault]) delete next[name];
    else next[name] = word;
    put(next);
  }

  function put(next) {
    model.set("choices", next);
    model.save_changes();
    draw();
  }

  function draw() {
    const choices = model.get("choices");
    const { steps, outcome } = machine.trace(choices);
    const others = matters(machine, choices, outcome.end);
    for (const [name, words, byDefault] of axes) {
      const select = selects.get(name);
      select.value = choices[name] ?? words[byDefault];
      const row = select.parentElement;
      row.classList.toggle("changed", name in choices);
      row.classList.toggle("idle", !others.has(name));
    }
    const rest = Object.entries(outcome).filter(([part, word]) => part !== "end" && word !== "none");
    ended.replaceChildren(h("strong", {}, outcome.end), ` ${rest.map(([part, word]) => `${part} ${word}`).join("; ")}`);
    const list = Object.entries(choices).map(([axis, word]) => `${axis}=${word}`);
    said.replaceChildren("raslib walk ", h("code", {}, list.join(" ") || "(the default scenario)"));
    near.replaceChildren(...offers(others));
    told.replaceChildren(...story(steps));
  }

  /** One button for each other end that a single choice away leads to. */
  function offers(others) {
    const ends = new Map();
    for (const [axis, words] of others) {
      for (const [word, end] of words) if (!ends.has(end)) ends.set(end, [axis, word]);
    }
    const buttons = [...ends].slice(0, NEAR).map(([end, [axis, word]]) =>
      h("button", { type: "button", onclick: () => choose(axis, word) }, `${axis} = ${word}: ${end}`),
    );
    return buttons.length ? [h("span", {}, "One choice away:"), ...buttons] : [h("span", {}, "No single choice ends it otherwise.")];
  }

  function story(steps) {
    return steps.map((step) => {
      const handed = step.carries ? h("small", {}, step.carries.label) : null;
      const to = step.to ? h("small", {}, `→ ${step.to.replace(".", " ")}`) : null;
      const why = h("details", {}, h("summary", {}, h("span", { class: "ras-sr" }, "Why")), h("p", {}, step.why), step.cites.map(cite));
      return h("li", {}, h("small", {}, `${step.machine} ${step.el}`), h("div", {}, h("b", {}, step.actor), ` ${step.does}`, handed, to), why);
    });
  }

  model.on("change:choices", draw);
  el.append(root);
  draw();
  const showTwin = hideTwin(model.get("twin"), el);
  return () => {
    model.off("change:choices", draw);
    showTwin();
    root.remove();
  };
}

export default { render };
