// Every choice of a scenario as a switch, and the story that follows on the map: answered in the browser, by the
// automaton that stands before this text (automaton.js, dom.js, map.js). Model keys: document (all stories), about (axis
// -> meaning, means, source), ends (word -> sentence), fates (word -> its word on the map), main (the first axes),
// presets (sentence and choices), choices (axis -> word, what is not the default; and `hest`, the table: hest.js),
// and those of hest.js, which stands before it too.

/** What each single change of a choice would lead to, where that is another end: axis -> word -> end. */
function matters(machine, choices, end) {
  const leads = new Map();
  for (const [axis, words, byDefault] of machine.axes) {
    const now = choices[axis] ?? words[byDefault];
    for (const word of words) {
      if (word === now) continue;
      const then = machine.outcome({ ...choices, [axis]: word }).end;
      if (then !== end) (leads.get(axis) ?? leads.set(axis, new Map()).get(axis)).set(word, then);
    }
  }
  return leads;
}

function render({ model, el }) {
  const machine = load(model.get("document"));
  const about = model.get("about") ?? {};
  const ends = model.get("ends") ?? {};
  const { given } = model.get("document");
  const first = model.get("main");
  const presets = model.get("presets");
  const axes = machine.axes.filter(([name]) => !(name in given));
  const known = new Map(axes.map(([name, words, byDefault]) => [name, { words, byDefault: words[byDefault] }]));
  const selects = new Map();
  const past = []; // the choices before each turn, the table's among them
  let now = model.get("choices");
  let pinned, before, back;
  const sentence = (end) => ends[end] ?? end;

  // --- switches: the main ones, then the rest by group ---
  const groups = new Map([["main choices", []]]);
  const rank = ([name]) => first.indexOf(name) + 1 || Infinity;
  for (const [name, words] of axes.toSorted((a, b) => rank(a) - rank(b) || 0)) {
    const [, group, short] = name.match(/^(?:(.*)\.)?(.*)$/);
    const note = about[name]?.meaning ?? "";
    const select = picker(name, words.map((word) => [word]), (word) => choose(name, word));
    select.setAttribute("aria-description", note);
    selects.set(name, select);
    const main = first.includes(name);
    const row = h("label", {}, h("span", {}, (main ? name : short).replaceAll("_", " ")), select);
    row.dataset.find = [name, note, ...words, ...Object.values(about[name]?.means ?? {})].join(" ").toLowerCase();
    for (const event of ["focusin", "mouseenter"]) row.addEventListener(event, () => explain(name));
    const key = main ? "main choices" : group || "account";
    (groups.get(key) ?? groups.set(key, []).get(key)).push(row);
  }
  const boxes = [...groups].map(([group, rows], i) => {
    const title = h("summary", {}, `${group} `, h("small", {}, rows.length));
    return h("details", { open: i ? undefined : "" }, title, h("div", { class: "ras-rows" }, rows));
  });
  const find = h("input", { type: "search", placeholder: "Find a choice", named: "Find a choice", oninput: search });
  const note = h("p", { class: "ras-note", role: "note" });

  // --- what they lead to ---
  const ended = h("p", { class: "ras-ended", "aria-live": "polite" });
  const since = h("p", { class: "ras-label" });
  const stage = h("div");
  const near = h("div", { class: "ras-near" });
  const commandLine = h("p", { class: "ras-chosen" });
  const storyList = h("ol", { class: "ras-story" });
  const undo = button("Undo", () => past.length && save(past.pop(), true), "Ctrl+Z");
  const pin = button("Pin", togglePin, "Keep it on the map, to compare");
  const jump = (i) => (turn(own(presets[i][1])), (preset.value = ""));
  const preset = picker("Presets", [["", "Presets …"], ...presets.map(([text], i) => [i, text])], jump);
  const link = linkButton(model, since);
  const turns = group([undo, button("All defaults", () => turn({})), pin, preset]);
  const bar = toolbar("Choices", turns, group([link, copyButton("Copy command", toCopy, "the command", since)]));
  const hest = hestForm(model, table, (word, sets) => turn(own({ ...present(), ...sets }), word));
  const [main, ...others] = boxes;
  const all = h("div", { class: "ras-groups", tabindex: 0, role: "group", named: "Choices" }, main, hest.box, others);
  const switches = h("div", { class: "ras-switches" }, find, all, note);
  const result = h("div", { class: "ras-result" }, ended, since, stage);
  const panel = h("div", { class: "ras-whatif" }, switches, result);
  const root = frame({ named: "What if" }, bar, panel, commandLine, near, storyList);

  function toCopy() {
    if (!pinned) return hest.piped(command(present()).join("")).trim();
    const both = [pinned.chosen, present()];
    const [[named, one], [same, other]] = both.map((choices) => hest.options(worded(choices), choices));
    const shared = named === same && pinned.table === model.get("table");
    const [a, b] = (shared ? [one, other] : both).map((choices) => listed(choices) || "-");
    return hest.piped(`raslib compare ${shared ? named : ""}${a} ${b}`);
  }

  function explain(name) {
    const { meaning, means, source } = about[name] ?? {};
    const word = selects.get(name).value;
    const what = h("small", {}, source ?? "");
    const used = new Set();
    const words = (text) => withCards(` ${text ?? ""} `, model.get("terms") ?? {}, used);
    note.replaceChildren(h("b", {}, name), ...words(meaning), h("b", {}, word), ...words(means?.[word]), what);
  }

  function search() {
    const words = find.value.trim().toLowerCase();
    boxes.forEach((box, i) => {
      const rows = [...box.querySelectorAll("label")];
      for (const row of rows) row.hidden = !row.dataset.find.includes(words);
      box.hidden = rows.every((row) => row.hidden);
      box.open = words ? !box.hidden : i === 0;
    });
  }

  const choose = (name, word) => turn(own({ ...present(), [name]: word }));

  /** Choices without those that are defaults, or have no switch. */
  function own(choices) {
    const turned = ([axis, word]) => known.has(axis) && known.get(axis).byDefault !== word;
    return Object.fromEntries(Object.entries(choices).filter(turned));
  }

  /** Other choices; the table stays, if no other one is given. */
  function turn(next, word = table()) {
    save(word ? { ...next, hest: word } : next);
  }

  function save(next, undone) {
    back = undone;
    put(model, "choices", next);
    back = false;
  }

  /** After a turn, one of a link or a kernel too: Undo goes back behind it. */
  function turned() {
    if (!back) past.push(now);
    now = model.get("choices");
    draw();
  }

  function togglePin() {
    pinned = pinned ? undefined : { ...view(present()), chosen: present(), table: model.get("table") };
    draw();
  }

  function command(choices) {
    const [named, left] = hest.options(worded(choices), choices);
    return [`raslib walk ${named}`, listed(left).replaceAll(",", " ")];
  }

  /** The word of every choice. */
  function worded(choices) {
    const words = Object.fromEntries(machine.axes.map(([name, words, byDefault]) => [name, words[byDefault]]));
    return { ...words, ...choices, ...given };
  }

  /** The story of these choices as the map takes it. */
  function view(choices) {
    const trace = machine.trace(choices);
    return { ...trace, ends, fate: model.get("fates")[trace.outcome.end], choices: worded(choices) };
  }

  // A link may say anything.
  const readable = ([axis, word]) => (axis === "hest" ? hest.read(word) : known.get(axis)?.words.includes(word));

  /** The word of the table that is chosen now; empty if none is. */
  function table() {
    const { hest: word = "" } = model.get("choices");
    return hest.read(word) ? word : "";
  }

  /** What is chosen now, of the choices that there are, but for the table. */
  function present() {
    const { hest: _, ...asked } = model.get("choices");
    return Object.fromEntries(Object.entries(asked).filter(readable));
  }

  /** Where there is no room for both machines, the place of the end is in sight. */
  function showEnd() {
    const box = stage.firstChild;
    const [end, seen] = [box.querySelector(".end") ?? box, box].map((node) => node.getBoundingClientRect().right);
    box.scrollLeft += end - seen + 8;
  }

  function draw() {
    hest.draw();
    const choices = present();
    const story = view(choices);
    const { steps, outcome } = story;
    const others = matters(machine, choices, outcome.end);
    for (const [name, { byDefault }] of known) {
      const select = selects.get(name);
      select.value = choices[name] ?? byDefault;
      const row = select.parentElement;
      row.classList.toggle("changed", name in choices);
      row.classList.toggle("idle", !others.has(name));
    }
    const rest = ["host", "vm", "guest"].filter((part) => outcome[part] !== "none" && outcome[part] !== outcome.end);
    ended.dataset.end = outcome.end;
    const further = rest.map((part) => ` The ${part === "vm" ? "VMM" : part}: ${sentence(outcome[part])}.`);
    ended.replaceChildren(h("strong", {}, `It ends: ${sentence(outcome.end)}.`), ...further, hest.says(story.choices));
    const lines = steps.map(line);
    const fresh = before ? lines.filter((text) => !before.lines.includes(text)).length : 0;
    const damaged = Object.entries(model.get("choices")).filter((each) => !readable(each));
    const left = `What cannot be read of this link is left out: ${listed(Object.fromEntries(damaged))}`;
    since.textContent = damaged.length ? left : before ? `Since the last turn: ${changed(outcome.end, fresh)}` : "";
    stage.replaceChildren(storyMap(pinned ? [story, pinned] : [story], pinned ? ["now", "pinned"] : []).box);
    showEnd();
    pin.textContent = pinned ? "Unpin" : "Pin";
    undo.setAttribute("aria-disabled", !past.length);
    const [start, chosen] = command(choices);
    commandLine.replaceChildren(start, h("code", {}, chosen || "(the default scenario)"));
    near.replaceChildren(...offers(others));
    storyList.replaceChildren(...steps.map((step, i) => row(step, before && !before.lines.includes(lines[i]))));
    before = { end: outcome.end, lines };
  }

  function changed(end, fresh) {
    if (before.end !== end) return `another end. It was: ${sentence(before.end)}.`;
    return fresh ? `the same end; new steps: ${fresh}.` : "no other step, and the same end.";
  }

  /** One button for each other end that a single choice away leads to. */
  function offers(others) {
    const leads = new Map();
    for (const [axis, words] of others) {
      for (const [word, end] of words) if (!leads.has(end)) leads.set(end, [axis, word]);
    }
    const buttons = [...leads].map(([end, [axis, word]]) =>
      button(`${axis} = ${word}: ${sentence(end)}`, () => choose(axis, word)),
    );
    const some = "Why this end? With one other choice it would be another:";
    const why = buttons.length ? some : "No single choice ends it otherwise.";
    return [h("span", {}, why), ...buttons];
  }

  const line = (step) => `${step.machine} ${step.el} ${step.actor} ${step.does}`;

  function row(step, fresh) {
    const handed = step.carries ? h("small", {}, step.carries.label) : null;
    const to = step.to ? h("small", {}, `→ ${step.to.replace(".", " ")}`) : null;
    const why = h("details", {}, h("summary", {}, "Why"), h("p", {}, step.why), h("ul", {}, step.cites.map(cite)));
    const does = h("div", {}, h("b", {}, step.actor), ` ${step.does}`, handed, to);
    return h("li", { class: fresh ? "ras-new" : null }, h("small", {}, `${step.machine} ${step.el}`), does, why);
  }

  root.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.target.matches("input")) {
      event.preventDefault();
      undo.click();
    }
  });
  draw();
  placed(root, showEnd);
  return alive(model, el, root, { choices: turned });
}

export default { render };
