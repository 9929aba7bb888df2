// Every choice of a scenario as a switch, and the story that follows on the map: answered in the browser, by the
// automaton that stands before this text (automaton.js, dom.js, map.js). Model keys: document (all stories), about (axis
// -> meaning, means, source), ends (word -> sentence), fates (word -> its word on the map), main (the first axes),
// presets (sentence and choices), choices (axis -> word, what is not the default; and `hest`, the table: hest.js),
// and those of hest.js, which stands before it too.

/** Each single change of a choice that leads to another end: axis, word and that end. */
function matters(machine, choices, end) {
  const changes = machine.axes.flatMap(([axis, words, byDefault]) => {
    const others = words.filter((word) => word !== (choices[axis] ?? words[byDefault]));
    return others.map((word) => [axis, word, machine.trace({ ...choices, [axis]: word }).outcome.end]);
  });
  return changes.filter(([, , then]) => then !== end);
}

function render({ model, el }) {
  const machine = load(model.get("document"));
  const about = model.get("about");
  const ends = model.get("ends");
  const { given } = model.get("document");
  const first = model.get("main");
  const presets = model.get("presets");
  const axes = machine.axes.filter(([name]) => !(name in given));
  const values = new Map(axes);
  const defaults = Object.fromEntries(machine.axes.map(([name, words, byDefault]) => [name, words[byDefault]]));
  const selects = new Map();
  const past = [model.get("choices")]; // the table's among them; the last are the present ones
  let pinned, before;
  const sentence = (end) => ends[end] ?? end;

  // --- switches: the main ones, then the rest by group ---
  function choiceRow([name, words]) {
    const { meaning, means } = about[name];
    const select = picker(name, words, (word) => choose(name, word));
    select.setAttribute("aria-description", meaning);
    selects.set(name, select);
    const short = first.includes(name) ? name : name.split(".").at(-1);
    const find = [name, meaning, ...words, ...Object.values(means)].join(" ").toLowerCase();
    const onfocusin = () => explain(name);
    const attributes = { "data-find": find, onfocusin, onmouseenter: onfocusin };
    return h("label", attributes, h("span", {}, short.replaceAll("_", " ")), select);
  }
  const rank = ([name]) => first.indexOf(name) + 1 || Infinity;
  const sorted = axes.toSorted((a, b) => rank(a) - rank(b) || 0);
  const groupOf = ([name]) => (first.includes(name) ? "main choices" : name.match(/^(.*)\./)?.[1] ?? "account");
  const boxes = [...Map.groupBy(sorted, groupOf)].map(([group, list], i) => {
    const title = h("summary", {}, `${group} `, h("small", {}, list.length));
    return h("details", { open: i ? undefined : "" }, title, h("div", { class: "ras-rows" }, list.map(choiceRow)));
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
  const undo = button("Undo", () => past.length > 1 && (past.pop(), put(model, "choices", past.at(-1))), "Ctrl+Z");
  const pin = button("Pin", togglePin, "Keep it on the map, to compare");
  const jump = (i) => (turn(presets[i][1]), (preset.value = ""));
  const preset = picker("Presets", [["", "Presets …"], ...presets.map(([text], i) => [i, text])], jump);
  const link = linkButton(model, since);
  const turns = group([undo, button("All defaults", () => turn({})), pin, preset]);
  const bar = toolbar("Choices", turns, group([link, copyButton("Copy command", toCopy, "the command", since)]));
  const hest = hestForm(model, () => chosen().hest ?? "", (word, sets) => turn({ ...present(), ...sets }, word));
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
    const { meaning, means, source } = about[name];
    const word = selects.get(name).value;
    const used = new Set();
    const words = (text) => withCards(` ${text ?? ""} `, model.get("terms") ?? {}, used);
    const now = [h("b", {}, word), ...words(means[word])];
    note.replaceChildren(h("b", {}, name), ...words(meaning), ...now, h("small", {}, source));
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

  const choose = (name, word) => turn({ ...present(), [name]: word });

  /** Turns to these choices, but for defaults and what has no switch; the table stays, if no other one is given. */
  function turn(choices, table = chosen().hest) {
    const turned = ([axis, word]) => values.has(axis) && defaults[axis] !== word;
    const next = Object.fromEntries(Object.entries(choices).filter(turned));
    put(model, "choices", table ? { ...next, hest: table } : next);
  }

  /** After a turn, one of a link or a kernel too: Undo goes back behind it. */
  function turned() {
    if (model.get("choices") !== past.at(-1)) past.push(model.get("choices"));
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
  const worded = (choices) => ({ ...defaults, ...choices, ...given });

  /** The story of these choices as the map takes it. */
  function view(choices) {
    const trace = machine.trace(choices);
    return { ...trace, ends, fate: model.get("fates")[trace.outcome.end], choices: worded(choices) };
  }

  // A link may say anything.
  const readable = ([axis, word]) => (axis === "hest" ? hest.read(word) : values.get(axis)?.includes(word));
  const chosen = () => Object.fromEntries(Object.entries(model.get("choices")).filter(readable));

  /** What is chosen now, but for the table. */
  function present() {
    const { hest: _, ...choices } = chosen();
    return choices;
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
    const deciding = new Set(others.map(([axis]) => axis));
    for (const [name, select] of selects) {
      select.value = story.choices[name];
      const { classList } = select.parentElement;
      classList.toggle("changed", name in choices);
      classList.toggle("idle", !deciding.has(name));
    }
    const rest = ["host", "vm", "guest"].filter((part) => outcome[part] !== "none" && outcome[part] !== outcome.end);
    ended.dataset.end = outcome.end;
    const further = rest.map((part) => ` The ${part === "vm" ? "VMM" : part}: ${sentence(outcome[part])}.`);
    ended.replaceChildren(h("strong", {}, `It ends: ${sentence(outcome.end)}.`), ...further, hest.says(story.choices));
    const lines = steps.map(line);
    const isNew = (text) => before && !before.lines.includes(text);
    const fresh = lines.filter(isNew).length;
    const damaged = Object.entries(model.get("choices")).filter((each) => !readable(each));
    const left = `What cannot be read of this link is left out: ${listed(Object.fromEntries(damaged))}`;
    since.textContent = damaged.length ? left : before ? `Since the last turn: ${changed(outcome.end, fresh)}` : "";
    stage.replaceChildren(storyMap(pinned ? [story, pinned] : [story], pinned ? ["now", "pinned"] : []).box);
    showEnd();
    pin.textContent = pinned ? "Unpin" : "Pin";
    undo.setAttribute("aria-disabled", past.length < 2);
    const [start, said] = command(choices);
    commandLine.replaceChildren(start, h("code", {}, said || "(the default scenario)"));
    near.replaceChildren(...offers(others));
    storyList.replaceChildren(...steps.map((step, i) => stepRow(step, isNew(lines[i]))));
    before = { end: outcome.end, lines };
  }

  function changed(end, fresh) {
    if (before.end !== end) return `another end. It was: ${sentence(before.end)}.`;
    return fresh ? `the same end; new steps: ${fresh}.` : "no other step, and the same end.";
  }

  /** One button for each other end that a single choice away leads to. */
  function offers(others) {
    const firsts = others.filter(([, , end], i) => i === others.findIndex((other) => other[2] === end));
    const offer = ([axis, word, end]) => button(`${axis} = ${word}: ${sentence(end)}`, () => choose(axis, word));
    const buttons = firsts.map(offer);
    const some = "Why this end? With one other choice it would be another:";
    const why = buttons.length ? some : "No single choice ends it otherwise.";
    return [h("span", {}, why), ...buttons];
  }

  const line = (step) => `${step.machine} ${step.el} ${step.actor} ${step.does}`;

  function stepRow(step, fresh) {
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
  return alive(model, el, root, { choices: turned }, showEnd);
}
