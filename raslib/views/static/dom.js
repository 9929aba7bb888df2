// What the views share: nodes, the clipboard, a model without a kernel. It stands before their text
// (raslib/views/theme.py: esm).

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name === "named" ? "aria-label" : name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== undefined && child !== null));
  return node;
}

// *hint* is its tool tip, *more* are attributes.
const button = (label, act, hint, more) => h("button", { type: "button", title: hint, onclick: act, ...more }, label);

// A list to choose from: *options* are values, or [value, words] where it has others. act(value) follows a choice.
function picker(named, options, act, chosen) {
  const both = options.map((option) => [option].flat());
  const nodes = both.map(([value, words = value]) => h("option", { value }, words));
  const node = h("select", { named, onchange: () => act(node.value) }, nodes);
  node.value = chosen ?? both[0]?.[0];
  return node;
}

const active = () => document.activeElement;

// Sets *key* of the model, and tells the kernel, or the address of the page.
const put = (model, key, value) => (model.set(key, value), model.save_changes());

// Controls that stand together, and a row of such groups; *more* are attributes.
const group = (controls, more) => h("span", { class: "ras-group", ...more }, controls);
const toolbar = (label, ...groups) => h("div", { class: "ras-bar", role: "toolbar", named: label }, groups);

// Copies what text() gives; *status* says of *what* that it did.
const copyButton = (label, text, what, status) =>
  button(label, async () => copy(await text(), what, status));

// Copies the address of what *model* shows; nothing where it has none.
const linkButton = (model, status) => model.link && copyButton("Copy link", model.link, "the link", status);

// A view's outermost node. JupyterLab would take arrow keys and letters for its own commands.
function frame(attributes, ...children) {
  const own = { role: "group", "data-lm-suppress-shortcuts": "true" };
  const onkeydown = (event) => event.ctrlKey || event.metaKey || event.stopPropagation();
  return h("div", { ...own, onkeydown, ...attributes, class: `raskit ${attributes.class ?? ""}` }, children);
}

// Brings *root* to life in *el*: *calls* (key -> what follows its change) on the model, and *placed* once it has its place
// in the page, as only then can it scroll. Gives what ends it, which calls *end* too.
function alive(model, el, root, calls, placed = () => {}, end = () => {}) {
  for (const [key, call] of Object.entries(calls)) model.on(`change:${key}`, call);
  root.append(wordList(model.get("terms") ?? {}, root));
  el.append(root);
  const watch = new ResizeObserver(() => root.clientWidth && (watch.disconnect(), placed()));
  watch.observe(root);
  return () => {
    for (const [key, call] of Object.entries(calls)) model.off(`change:${key}`, call);
    end();
    root.remove();
  };
}

// Makes keys that are pressed in *node* do what acts(event), an object of keys, has for them; others go on.
function onKeys(node, acts) {
  node.addEventListener("keydown", (event) => {
    const act = !event.altKey && !event.metaKey && acts(event)[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  });
}

// Of *nodes* with one tab stop, makes that *node*.
const rove = (nodes, node) => nodes.forEach((each) => (each.tabIndex = each === node ? 0 : -1));

// Makes arrow keys in *box* move among those of *nodes()* that are shown: *steps* says by how many each does. Further keys
// do what more(event, to, shown) has for them; to(node) moves there, and gives it the *focus*.
function roveKeys(box, nodes, steps, more = () => ({}), focus = (node) => node.focus()) {
  onKeys(box, (event) => {
    const shown = nodes().filter((node) => !node.hidden);
    const to = (node) => node && (rove(nodes(), node), focus(node));
    const here = shown.indexOf(event.target);
    const moves = Object.entries(steps).map(([key, by]) => [key, () => to(shown[here + by])]);
    return { ...Object.fromEntries(moves), ...more(event, to, shown) };
  });
}

// A source: a link if it has an address in the web.
function cite({ label, url }) {
  return h("li", {}, /^https?:/.test(url ?? "") ? h("a", { href: url, rel: "noopener" }, label) : label);
}

const bitName = ([high, low]) => (high === low ? String(high) : `${high}:${low}`);

// A field of a word: its *name* over its bits, each of which *bit* makes, of its number and of 0n or 1n.
function bitBox({ bits: [high, low], dim, i }, name, word, bit) {
  const bits = Array.from({ length: high - low + 1 }, (_, k) => bit(high - k, (word >> BigInt(high - k)) & 1n));
  return h("div", { class: dim ? "ras-dim" : null, "data-i": i }, h("p", {}, name), h("div", {}, bits));
}

// *text* as nodes. The first use of each word that *terms* (word -> its card) explains is a button that opens the card.
function withCards(text, terms, used = new Set()) {
  const words = Object.keys(terms).sort((a, b) => b.length - a.length);
  if (!words.length) return [text];
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(?<![\\w-])(${escaped.join("|")})(?![\\w-])`)).map((part) => {
    if (!(part in terms) || used.has(part)) return part;
    used.add(part);
    const card = terms[terms[part]] ?? terms[part]; // another spelling names the word
    const open = ({ currentTarget }) => openCard(currentTarget, part, card);
    return h("button", { type: "button", class: "ras-term", title: card, onclick: open }, part);
  });
}

// Shows the card of a word beside the node that has it, until Escape or a click elsewhere.
function openCard(at, word, text) {
  const { left, top, bottom } = at.getBoundingClientRect();
  const place = bottom < innerHeight / 2 ? `${bottom}px auto auto` : `auto auto ${innerHeight - top}px`;
  const inset = `inset: ${place} ${Math.max(0, Math.min(left, innerWidth - 400))}px`;
  const card = h("span", { popover: "", class: "raskit ras-card", style: inset }, h("b", {}, word), `, ${text}`);
  (at.closest("svg") ?? at).after(card);
  card.showPopover();
  const closed = new AbortController();
  // pages that Sphinx makes keep Escape from what it closes by itself
  addEventListener("keydown", ({ key }) => key === "Escape" && card.hidePopover(), { signal: closed.signal });
  card.addEventListener("toggle", ({ newState }) => newState === "closed" && (closed.abort(), card.remove()));
}

// The words of a view's labels: a list whose words open their cards by key too, as a click on a label in *root* does. A
// choice is labelled in small letters.
function wordList(terms, root) {
  root.addEventListener("click", ({ target }) => {
    const label = target.closest("text, th, dt, legend, label span, td span, .ras-boxes p");
    const texts = label ? [label.textContent, label.textContent.toUpperCase()] : [];
    const word = texts.flatMap((text) => withCards(text, terms)).find((part) => part.title);
    if (word) openCard(label, word.textContent, word.title);
  });
  const words = Object.keys(terms).flatMap((word) => [" ", withCards(word, terms)]);
  return words.length ? h("details", { class: "ras-words" }, h("summary", {}, "Words"), words) : "";
}

// What a view needs of a model, for views that no kernel knows of.
function localModel(values) {
  const calls = {};
  return {
    get: (key) => values[key],
    set(key, value) {
      const changed = values[key] !== value;
      values[key] = value;
      if (changed) for (const call of [...(calls[`change:${key}`] ?? [])]) call();
    },
    save_changes() {},
    on: (name, call) => (calls[name] ??= new Set()).add(call),
    off: (name, call) => calls[name]?.delete(call),
  };
}

const listed = (choices) => Object.entries(choices).map(([axis, word]) => `${axis}=${word}`).join(",");
const pairs = (text) => Object.fromEntries(text.split(",").filter(Boolean).map((pair) => [...pair.split("="), ""]));

// How the values of keys are read from an address and written there, where they are no text: steps are counted from 1.
const counted = [(text) => text - 1, (value) => value + 1];
const IN_ADDRESS = { step: counted, row: counted, choices: [pairs, listed] };

// A model whose *keys* stand in the address of the page, behind its #: what is copied from there opens there. A page with
// several such views numbers them; the address then has the number of one, brings its *island* into sight, and is only
// written when it is copied.
function pageModel(values, keys, number, island) {
  const read = () => {
    const asked = new URLSearchParams(`${location.search.slice(1)}&${location.hash.slice(1)}`);
    if (number && (asked.get("view") ?? "1") !== String(number)) return;
    for (const [key, text] of asked) {
      if (!keys.includes(key)) continue;
      model.set(key, IN_ADDRESS[key] ? IN_ADDRESS[key][0](text) : text);
      if (number) island.scrollIntoView();
    }
  };
  const write = () => {
    const given = keys.filter((key) => values[key] !== undefined);
    const texts = given.map((key) => `${key}=${IN_ADDRESS[key] ? IN_ADDRESS[key][1](values[key]) : values[key]}`);
    history.replaceState(null, "", `#${[...(number > 1 ? [`view=${number}`] : []), ...texts].join("&")}`);
  };
  const model = { ...localModel(values), link: () => (write(), location.href) };
  if (!number) model.save_changes = write;
  read();
  addEventListener("hashchange", read);
  return model;
}

// Saves what *parts* hold as a file.
function saveFile(name, type, ...parts) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Puts *text* on the clipboard, by the old way where a page over plain http has no other. *status* says of *what*.
async function copy(text, what, status) {
  const focused = active();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = h("textarea", { class: "ras-sr" });
    box.value = text;
    status.after(box);
    box.focus({ preventScroll: true });
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    focused.focus();
    if (!copied) return (status.textContent = "The browser lets nothing be copied here");
  }
  status.textContent = `Copied ${what}`;
}
