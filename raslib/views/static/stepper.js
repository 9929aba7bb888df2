// A trace, one step at a time: lanes or map, reasons, what is handed over, state. With dom.js, ask.js and map.js before
// it, and `bytes`, the view of bytes and fields, one plain module for JupyterLab (anywidget) and for a page without any
// server. Model keys: trace, svg (its lanes), step, tab (map or lanes), answers (all given here, for the kernel).

const PACE = 1600; // milliseconds a step stays while playing
const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play", p: "play", f: "present", r: "reveal" };
const EVENTS = {
  CPER: "CPER written or read",
  exception: "an exception is taken",
  signal: "user space learns of it (signal)",
  ioctl: "user space asks the kernel (ioctl)",
  interrupt: "an interrupt is raised",
  register: "a register is used",
};

// Where one may want to stop, by groups: [label, steps], only what does happen in this trace.
function conditions(trace, states) {
  const { steps } = trace;
  const machine = Object.fromEntries(trace.lanes.map((lane) => [lane.id, lane.machine]));
  const where = (test) => steps.map((_, k) => k).filter((k) => test(steps[k], k));
  const kinds = [...new Set(steps.map((step) => step.carries?.kind).filter(Boolean))];
  const events = [
    ["the exception level changes", where((step) => step.to && step.to !== step.lane)],
    ["the guest is told", where((step) => machine[step.to] === "guest" && machine[step.lane] !== "guest")],
    ...kinds.map((kind) => [EVENTS[kind] ?? kind, where((step) => step.carries?.kind === kind)]),
  ];
  const names = Object.keys(states.at(-1) ?? {});
  const values = names.map((name) => [`${name} changes`, where((_, k) => states[k][name] !== states[k - 1]?.[name])]);
  return Object.entries({ Events: events, Values: values }).map(([group, list]) => [group, list.filter(([, at]) => at.length)]);
}

function render({ model, el }) {
  const root = frame({ class: "ras-stepper", tabindex: -1, named: "Stepper" });
  const trace = model.get("trace");
  const { steps } = trace;
  const last = steps.length - 1;
  const states = steps.map((_, k) => Object.assign({}, ...steps.slice(0, k + 1).map((step) => step.sets)));
  const text = (k) => `${steps[k].actor} ${steps[k].does}`;
  // Questions without an answer yet, by the step that they ask for. That step and all after it are hidden.
  const questions = trace.questions ?? [];
  const stored = questions.length ? (storedProgress().lessons[trace.lesson] ?? {}) : {};
  const answered = ({ key }) => stored[key]?.right || trace.answered?.[key];
  const byStep = (some) => some.map((question) => [question.step, question]);
  const unanswered = new Map(byStep(questions.filter((question) => !answered(question))));
  const shown = () => Math.min(last + 1, ...unanswered.keys());
  const now = () => Math.max(0, Math.min(shown() - 1, model.get("step") || 0));
  let playing, saving, asked;

  // --- controls ---
  const acts = {
    first: () => go(0),
    back: () => go(now() - 1),
    next: () => go(now() + 1),
    last: () => go(last),
    play: () => (playing ? pause() : start()),
    present: () => present(!root.matches(":popover-open")),
    reveal,
  };
  const control = (label, hint) => button(label, () => act(label.toLowerCase()), hint);
  const hints = { First: "Home", Back: "Left", Next: "Right", Last: "End", Play: "P" };
  const [first, back, forward, end, play] = Object.entries(hints).map(([label, hint]) => control(label, hint));
  forward.className = "ras-main";
  const oninput = () => (pause(), go(slider.value - 1));
  const slider = h("input", { type: "range", min: 1, max: last + 1, named: "Step", oninput });
  const count = h("span", { class: "ras-count" });
  const groupsOfStops = conditions(trace, states);
  const stops = Object.fromEntries(groupsOfStops.flatMap(([, list]) => list));
  const option = ([label, at]) => h("option", { value: label }, `${label} (${at.length})`);
  const optgroups = groupsOfStops.map(([label, list]) => h("optgroup", { label }, list.map(option)));
  const stop = h("select", { named: "Stop at" }, h("option", { value: "" }, "Stop at …"), optgroups);
  const nextStop = button("Next stop", toStop);
  const tabs = ["Lanes", "Map"].map((name) => button(name, () => open(name.toLowerCase())));
  const live = h("p", { class: "ras-sr", role: "status" });
  const link = linkButton(model, live);
  const token = trace.token && copyButton("Copy token", () => trace.token, "the token", live);
  const large = control("Present", "Large type (F)");
  const shows = control("Reveal", "The answers to choose from, then the right one (R)");
  shows.className = "ras-reveal";
  const bar = toolbar(
    "Steps",
    group([first, back, forward, end, play, large, shows]),
    group([slider, count], { class: "ras-group ras-slide" }),
    group([stop, nextStop]),
    group(tabs, { role: "group", named: "Picture" }),
    group([link, token || null, button("Save SVG", save)]),
    questions.length ? group([button("Ask again", askAgain), progressButtons(live)]) : null,
  );

  // --- picture: the SVG as it came, and a button over each of its rows ---
  const picture = h("div", { class: "ras-pic" });
  picture.innerHTML = model.get("svg");
  const svg = picture.firstElementChild;
  const groups = [...svg.querySelectorAll(".step")];
  const rows = groups.map((group, k) => {
    const row = group.querySelector(".row");
    const label = h("span", { class: "ras-sr" }, `Step ${k + 1}, ${steps[k].machine} ${steps[k].el}: ${text(k)}`);
    const style = `top: ${row.getAttribute("y")}px; height: ${row.getAttribute("height")}px`;
    return h("li", { style }, button(label, () => (pause(), go(k)), text(k)));
  });
  const overlay = h("ol", { named: "All steps" }, rows);
  picture.append(overlay);
  // The heads of the columns stay in sight while a long picture scrolls: the same SVG, cut below its heads.
  const head = h("div", { class: "ras-heads", "aria-hidden": true }, svg.cloneNode(true));
  const [left, top, width] = svg.getAttribute("viewBox").split(" ");
  head.firstChild.setAttribute("viewBox", [left, top, width, svg.dataset.head].join(" "));
  head.firstChild.removeAttribute("height");
  head.querySelectorAll(".step").forEach((group) => group.remove());
  const lanes = h("div", { class: "ras-frame" }, head, picture);
  const over = (k) => rows[k].firstChild;

  // --- map: made when it is first looked at ---
  const mapFrame = h("div", { hidden: "" });
  let map, opened;
  function open(tab) {
    if (tab === opened) return;
    opened = tab;
    model.set("tab", tab);
    if (tab === "map" && !map) mapFrame.append((map = storyMap([trace])).box);
    mapFrame.hidden = tab !== "map";
    lanes.hidden = tab === "map";
    two.classList.toggle("ras-mapped", tab === "map");
    tabs.forEach((each) => each.setAttribute("aria-pressed", each.textContent.toLowerCase() === tab));
    show();
    model.save_changes();
  }

  // --- panel ---
  const step = h("div", { class: "ras-step" });
  const names = Object.keys(states.at(-1) ?? {});
  const stateRows = h("tbody");
  const state = h("table", { class: "ras-table ras-state" }, h("caption", {}, "State after this step"), stateRows);
  const ends = Object.entries(trace.outcome).map(([name, value]) => [h("dt", {}, name), h("dd", {}, trace.ends?.[value] ?? String(value))]);
  const handed = steps.map((step, k) => [step, k]).filter(([step, k]) => step.carries || step.to || k === last);
  const chain = handed.reverse().map(([{ actor, carries }, k]) =>
    h("li", {}, button(`${k + 1} ${actor}${carries ? `: ${brief(carries)}` : ""}`, () => (pause(), go(k)), text(k))),
  );
  const decided = (trace.deciding ?? []).map(({ axis, word, step: at, leads }) => {
    const ways = Object.entries(leads).map(([other, end]) => `${other}: ${trace.ends[end]}`);
    return h("li", {}, button(`${at + 1} ${axis} = ${word}`, () => (pause(), go(at))), h("p", {}, ways.join("; ")));
  });
  const also = "And by these choices, each with the step that first asks it. Another would end it otherwise:";
  const why = [
    h("p", {}, "Why this end? Back from it, along what was handed over:"),
    h("ol", { class: "ras-names" }, chain),
    decided.length ? [h("p", {}, also), h("ol", { class: "ras-deciding" }, decided)] : null,
  ];
  const outcome = h("details", { class: "ras-outcome" }, h("summary", {}, "Outcome"), h("dl", {}, ends), why);
  const ask = h("div");
  let question; // the one that stands in `ask`
  const panel = h("div", { class: "ras-panel", role: "group", tabindex: 0, named: `This step of: ${trace.title}` }, ask, step, outcome, state);
  const fields = h("div", { class: "ras-fields", role: "group", named: "Bytes of a step", hidden: "" });
  const two = h("div", { class: "ras-two" }, lanes, mapFrame, panel);
  panel.append(wordList(trace.terms ?? {}, two));
  root.append(bar, two, fields, live);
  state.hidden = !names.length;

  function act(name) {
    if (name !== "play") pause();
    acts[name]();
  }

  // Above everything else in the window, so that nothing but this step is to be seen.
  function present(on) {
    root.popover = on ? "manual" : null;
    if (on) root.showPopover();
    root.classList.toggle("ras-present", on);
    large.setAttribute("aria-pressed", on);
    if (on && !root.contains(active())) root.focus();
    show();
  }

  function go(k) {
    if (k >= shown()) ask.querySelector("input, button")?.focus();
    model.set("step", Math.max(0, Math.min(shown() - 1, k))); // the model calls show()
    // The kernel only has to know where we are, not how we came there.
    clearTimeout(saving);
    saving = setTimeout(() => model.save_changes(), 250);
  }

  function toStop() {
    const at = stops[stop.value]?.find((k) => k > now());
    pause();
    if (at !== undefined) go(at);
    else live.textContent = stop.value ? "It does not happen again" : "Choose first where to stop";
  }

  function start() {
    play.textContent = "Pause";
    if (now() === last) go(0);
    playing = setInterval(() => {
      const k = now() + 1;
      go(k);
      if (k >= last || stops[stop.value]?.includes(k)) pause();
    }, PACE);
  }

  function pause() {
    clearInterval(playing);
    playing = undefined;
    play.textContent = "Play";
  }

  function save() {
    const alone = (mapFrame.hidden ? svg : map.svg).cloneNode(true);
    alone.setAttribute("style", "color:#1f2328;background:#fff");
    saveFile(`${trace.token || "trace"}-${now() + 1}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(alone));
  }

  // --- a step's bytes, in the other module; opened and closed, and changed with the step while open ---
  let shownBytes, closeBytes;
  function openBytes(k) {
    closeFields();
    const box = h("div");
    const shut = button("Close", () => (closeFields(), over(now()).focus({ preventScroll: true })));
    const title = h("p", { class: "ras-label" }, `Step ${k + 1} ${steps[k].carries.kind}`);
    fields.append(h("div", { class: "ras-fieldbar" }, title, shut), box);
    fields.hidden = false;
    const { kind, hex, fields: read } = steps[k].carries;
    const record = read ?? { title: kind, ref: "", hex, base: "0x0", fields: [], error: null }; // bytes that nobody read
    closeBytes = bytes.render({ model: localModel({ record: { ...record, terms: trace.terms }, selected: "" }), el: box });
    shownBytes = k;
  }

  function closeFields() {
    closeBytes?.();
    closeBytes = shownBytes = undefined;
    fields.replaceChildren();
    fields.hidden = true;
  }

  function handedOver(k, here) {
    const { kind, label, hex, fields: record } = here.carries;
    const head = h("p", { class: "ras-label" }, here.to ? "Hands over" : "Carries");
    const opened = () => (openBytes(k), fields.scrollIntoView({ block: "nearest" }));
    const more = record || hex ? button("Bytes and fields", opened) : null;
    return h("div", { class: "ras-carries" }, head, h("p", {}, h("b", {}, kind), ` ${label}`), more);
  }

  // Before a step that is asked for stands its question; once answered, the way is free.
  function askFor(next) {
    if (next === question) return;
    question = next;
    ask.replaceChildren();
    if (!next) return;
    const note = (right) => storeAnswer(model, trace.lesson ?? "", next, right);
    const done = () => {
      unanswered.delete(next.step);
      question = undefined; // what was said to the answer stays until the next step
      show();
      if (ask.contains(active())) forward.focus(); // the arrow keys step again
    };
    ask.append(askForm(next, note, done));
    ask.className = "ras-veiled"; // while it is presented, till a key shows what there is to choose from
  }

  // For whoever presents: first the answers to choose from, then the right one.
  function reveal() {
    const veiled = ask.className;
    ask.className = "";
    ask.querySelector(veiled ? "input" : "button:not(.ras-main)")?.[veiled ? "focus" : "click"]();
  }

  function askAgain() {
    for (const [at, each] of byStep(questions)) unanswered.set(at, each);
    question = asked = undefined;
    go(0);
    show();
  }

  // Moving changes classes and a few words; nothing of the picture is laid out again.
  function show() {
    const k = now();
    const here = steps[k];
    groups.forEach((group, i) => {
      const looks = { past: i < k, now: i === k, future: i > k, "ras-hidden": i >= shown() };
      for (const [look, on] of Object.entries(looks)) group.classList.toggle(look, on);
      rows[i].hidden = i >= shown();
      over(i).tabIndex = i === k ? 0 : -1; // one tab stop; Up and Down move on
      if (i === k) over(i).setAttribute("aria-current", "step");
      else over(i).removeAttribute("aria-current");
    });
    if (overlay.contains(active())) over(k).focus({ preventScroll: true });
    slider.value = k + 1;
    slider.setAttribute("aria-valuetext", `step ${k + 1} of ${last + 1}: ${text(k)}`);
    count.textContent = `step ${k + 1} of ${last + 1}`;
    for (const at of [first, back]) at.setAttribute("aria-disabled", k === 0);
    for (const at of [forward, end]) at.setAttribute("aria-disabled", k === last);
    if (question !== undefined || k !== asked) askFor(unanswered.get(k + 1));
    asked = k;
    shows.hidden = !unanswered.size;
    stop.hidden = nextStop.hidden = outcome.hidden = unanswered.size > 0; // they tell what is to come
    root.classList.toggle("ras-asking", unanswered.size > 0);
    const used = new Set();
    const words = (text) => withCards(text, trace.terms ?? {}, used).flat();
    step.replaceChildren(
      h("p", { class: "ras-label" }, words(`Step ${k + 1} · ${here.machine} ${here.el}`)),
      h("p", { class: "ras-does" }, h("b", {}, words(here.actor)), words(` ${here.does}.`)),
      h("p", { class: "ras-why" }, words(here.why)),
      here.carries ? handedOver(k, here) : "",
      h("ul", { class: "ras-cites", named: "Sources" }, here.cites.map(cite)),
    );
    const changed = (name) => states[k][name] !== states[k - 1]?.[name];
    const changes = names.filter(changed).map((name) => `${name} is ${states[k][name]}`);
    const stateRow = (name) => {
      const was = changed(name) ? h("small", {}, ` was ${states[k - 1]?.[name] ?? "unset"}`) : null;
      const cells = [h("th", { scope: "row" }, name), h("td", {}, states[k][name] ?? "–", was)];
      return h("tr", { class: was && "ras-changed" }, cells);
    };
    stateRows.replaceChildren(...names.map(stateRow));
    outcome.classList.toggle("ras-reached", k === last);
    if (k === last) outcome.open = true;
    panel.scrollTop = 0;
    live.textContent = `Step ${k + 1} of ${last + 1}. ${text(k)}. ${changes.join(", ")}${question ? `. ${question.asks}` : ""}`;
    if (shownBytes !== undefined && shownBytes !== k && here.carries?.hex) openBytes(k);
    if (!mapFrame.hidden) return map.show(k);
    const { offsetTop, offsetHeight } = rows[k];
    // Clear of the heads above, and with some room below.
    const below = Math.min(56, lanes.clientHeight / 6);
    lanes.scrollTop = Math.min(lanes.scrollTop, offsetTop - head.firstChild.getBoundingClientRect().height - 8);
    lanes.scrollTop = Math.max(lanes.scrollTop, offsetTop + offsetHeight - lanes.clientHeight + below);
    if (!lanes.scrollLeft) lanes.scrollLeft = lanes.scrollWidth; // the sentences stand to the right
  }

  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || fields.contains(target)) return;
    if (key === "Escape" && root.matches(":popover-open") && !root.querySelector(":popover-open")) return present(false);
    const revealed = key === "r" && target.type === "radio" && root.matches(":popover-open");
    if (!revealed && (ask.contains(target) || target.matches("textarea, input:not([type=range])"))) return event.stopPropagation();
    const up = { ArrowUp: "back", ArrowDown: "next" }[key];
    const name = (overlay.contains(target) && up) || KEYS[key.length > 1 ? key : key.toLowerCase()];
    if (!name || target === stop || (target === slider && name !== "play")) return; // they have these keys themselves
    if (key === " " && target.closest("button, summary, a")) return;
    event.preventDefault();
    event.stopPropagation();
    act(name);
  });
  function leave() {
    pause();
    if (root.matches(":popover-open")) present(false);
    clearTimeout(saving);
    closeFields();
  }

  const turn = () => open(model.get("tab") === "map" ? "map" : "lanes");
  turn();
  return alive(model, el, root, { step: show, tab: turn }, show, leave);
}
