// Bytes and fields, linked both ways, down to single bits. With dom.js before it, one plain module for JupyterLab
// (anywidget) and for a page without any server. Model keys: record, selected (a path),
// before (hex of an earlier version), editable; edit {path, value} asks the kernel for a new record, which answers by
// record or by problem.

const pad = (number, width) => number.toString(16).padStart(width, "0");
const printable = (byte) => (byte > "1f" && byte < "7f" ? String.fromCharCode(parseInt(byte, 16)) : ".");

const LEGEND = { dim: "italic: not valid or reserved", gap: "hatched: not read, or no field claims it" };

const goesOn = (outer, path) => path.startsWith(outer) && /[.[]/.test(path[outer.length] ?? "");

// The fields with what lies around them: parent, children, and the bytes that each really touches. A field is in the
// one whose path its own path goes on from; of broken input, the outer ones may be missing.
function linked(record) {
  const above = [];
  return record.fields.map((field, i) => {
    const { path, start, stop, bits } = field;
    while (above.length && !goesOn(above.at(-1).path, path)) above.pop();
    const parent = above.at(-1);
    const name = path.slice(path.lastIndexOf(".") + 1);
    const item = { ...field, name, i, parent, kids: [], from: start, to: stop, open: stop - start > 16 };
    item.level = parent ? parent.level + 1 : 0;
    item.label = parent ? path.slice(parent.path.length).replace(".", "") : path;
    item.spare = /^(reserved|padding|res[01]|rsvd)/i.test(name);
    if (bits) Object.assign(item, { from: start + (bits[1] >> 3), to: start + (bits[0] >> 3) + 1 });
    if (bits && parent) parent.open = false; // the ruler shows a word's bits
    parent?.kids.push(item);
    above.push(item);
    return item;
  });
}

function draw(model, root) {
  const record = model.get("record");
  const bytes = record.hex.match(/../g) ?? [];
  const before = (model.get("before") ?? "").match(/../g);
  const differs = (k) => Boolean(before) && before[k] !== bytes[k];
  const fields = linked(record);
  const byPath = new Map(fields.map((field) => [field.path, field]));
  const base = BigInt(record.base || 0);
  const broken = record.error?.offset;
  const selected = () => byPath.get(model.get("selected"));
  const hex = (number) => `0x${number.toString(16)}`;
  const place = (k) => `byte ${k} (${hex(k)})${base ? ` at ${hex(base + BigInt(k))}` : ""}`;

  // Each byte belongs to the innermost field; bytes that only a group holds are claimed by no field, but those of a word.
  const owner = [];
  for (const field of fields) {
    for (let k = field.from; k < field.to; k++) if (!field.bits || !owner[k] || owner[k].group) owner[k] = field;
  }
  const claimed = (k) => owner[k] && (!owner[k].group || owner[k].kids.some((kid) => kid.bits));

  // --- bytes ---
  const width = Math.max(4, (base + BigInt(bytes.length)).toString(16).length);
  const cells = [];
  const letters = [];
  const legend = new Set();
  let shade = false;
  function looks(field, k) {
    if (k === broken) return ["reading stopped here", "bad"];
    if (!field) return [broken < k ? "not read" : "no field claims it", "gap"];
    if (field.valid === false) return [`${field.path}, not valid`, "dim"];
    return [field.path, field.spare ? "dim" : shade ? "alt" : "plain"];
  }
  function cell(k) {
    const field = claimed(k) ? owner[k] : undefined;
    shade = k && owner[k] !== owner[k - 1] ? !shade : shade;
    const [what, look] = looks(field, k);
    const label = `${place(k)} is ${bytes[k] ?? "missing"}, ${what}${differs(k) ? ", changed" : ""}`;
    const classes = `ras-b ras-${look}${differs(k) ? " ras-chg" : ""}`;
    if (LEGEND[look]) legend.add(LEGEND[look]);
    if (differs(k)) legend.add("wavy: changed");
    letters[k] = h("span", { class: classes, "data-k": k }, bytes[k] ? printable(bytes[k]) : " ");
    const said = { role: "gridcell", tabindex: -1, named: label, title: label };
    return (cells[k] = h("span", { class: classes, "data-k": k, ...said }, bytes[k] ?? "··"));
  }
  const count = Math.max(bytes.length, broken === bytes.length ? broken + 1 : 0);
  const grid = h("div", { class: "ras-grid", role: "grid", named: "Bytes" });
  for (let r = 0; r < count; r += 16) {
    const row = [];
    for (let k = r; k < Math.min(r + 16, count); k++) row.push(cell(k));
    const text = h("span", { class: "ras-ascii", "aria-hidden": true }, letters.slice(r, r + 16));
    const address = h("span", { role: "rowheader" }, pad(base + BigInt(r), width));
    grid.append(h("div", { role: "row" }, address, h("span", { class: "ras-run", role: "presentation" }, row), text));
  }

  // --- fields ---
  const tree = h("div", { class: "ras-tree", role: "tree", named: "Fields" });
  const items = fields.map((field) => {
    const tag = field.valid === false ? "not valid" : field.spare ? "reserved" : "";
    const bits = field.bits && h("small", {}, `${bitName(field.bits)} `);
    const changed = before && bytes.slice(field.from, field.to).some((_, i) => differs(field.from + i));
    const style = `padding-inline-start: ${16 + field.level * 14}px`;
    const label = h("span", { class: changed ? "ras-chg" : null }, field.label);
    const name = h("span", { class: "ras-name", style }, bits, label);
    const value = h("span", { class: "ras-value" }, field.value);
    const text = h("span", { class: "ras-text" }, tag && h("em", {}, tag), tag && field.text ? ", " : "", field.text);
    const item = { role: "treeitem", tabindex: -1, "aria-level": field.level + 1, "aria-selected": false };
    return h("div", { class: tag && "ras-dim", "data-i": field.i, ...item }, name, value, text);
  });
  tree.append(...items);

  // --- around them ---
  const find = h("input", { type: "search", placeholder: "Find a field", named: "Find a field" });
  const live = h("p", { class: "ras-line", role: "status" });
  const copyHex = copyButton("Copy hex", () => record.hex, "the hex digits", live);
  const key = h("p", { class: "ras-label" }, [...legend].join(" · "));
  const about = h("div", { class: "ras-about" });
  const ruler = h("div", { class: "ras-word" });
  const size = `${bytes.length} bytes at ${hex(base)}`;
  const where = h("span", { class: "ras-label" }, ` ${record.ref.replace(`, ${record.title}`, "")}, ${size}`);
  const title = h("p", { class: "ras-title" }, h("b", {}, record.title), where);
  const bar = h("div", { class: "ras-bar" }, title, group([find, copyHex]));
  const info = h("div", { class: "ras-info" }, live, about, ruler);
  const error = record.error ? h("p", { class: "ras-error", role: "alert" }, record.error.message) : "";
  const pair = h("div", { class: "ras-pair" }, h("div", {}, grid, key), tree, info);
  root.append(bar, error, pair, wordList(record.terms ?? {}, info));

  const say = (text) => (live.textContent = text);

  // --- which items are seen: open groups, or what the find box found, each with what holds it ---
  let found = [];
  function arrange() {
    const words = find.value.trim().toLowerCase();
    const has = ({ path, value, text }) => `${path} ${value} ${text ?? ""}`.toLowerCase().includes(words);
    const wanted = new Set();
    for (const field of fields.filter(has)) {
      for (let each = field; each; each = each.parent) wanted.add(each);
    }
    found = words ? fields.filter((each) => wanted.has(each) && !each.kids.some((kid) => wanted.has(kid))) : [];
    if (words) say(`${found.length} ${found.length === 1 ? "field" : "fields"} found`);
    for (const field of fields) {
      const above = field.parent;
      items[field.i].hidden = words ? !wanted.has(field) : Boolean(above && (!above.open || items[above.i].hidden));
      if (field.kids.length) items[field.i].setAttribute("aria-expanded", words ? true : field.open);
    }
  }

  // --- preview and selection ---
  function paint(look, field) {
    for (const node of root.querySelectorAll(`.${look}`)) node.classList.remove(look);
    if (!field) return;
    const marks = [...cells.slice(field.from, field.to), ...letters.slice(field.from, field.to), items[field.i]];
    for (const node of [...marks, ...ruler.querySelectorAll(`[data-i="${field.i}"]`)]) node.classList.add(look);
  }
  const preview = (field) => paint("ras-hot", field);
  const select = (field) => put(model, "selected", field?.path ?? "");

  function within(box, node) {
    const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
    if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 8;
    else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 8;
  }

  function show() {
    const field = selected();
    for (let each = field?.parent; each; each = each.parent) each.open = true;
    arrange();
    items.forEach((item, i) => item.setAttribute("aria-selected", fields[i] === field));
    drawWord(field);
    paint("ras-sel", field);
    rove(cells, cells[field?.from ?? 0]);
    rove(items, items[field?.i ?? 0]);
    about.replaceChildren();
    if (!field) return say(model.get("record").fields.length ? "Choose a byte or a field." : "No field could be read.");
    within(tree, items[field.i]);
    if (cells[field.from]) within(grid, cells[field.from]);
    describe(field);
  }

  function describe(field) {
    const { path, start, stop, bits, value, text, doc, ref, valid } = field;
    const raw = (list) => list.slice(start, Math.min(stop, start + 32)).join(" ") + (stop - start > 32 ? " …" : "");
    const doubt = valid === false ? " (not valid: its validation bit is clear)" : "";
    say(`${path} = ${value}${text ? `, ${text}` : ""}${doubt}`);
    const changed = before && raw(before) !== raw(bytes);
    const facts = [
      ["Where", `${place(start)}, ${stop - start} long${bits ? `, bits ${bitName(bits)}` : ""}`],
      ["Raw", raw(bytes)],
      ["Before", changed && raw(before)],
      ["Means", doc],
      ["Source", ref],
    ].filter(([, said]) => said);
    about.append(h("dl", {}, facts.map(([name, said]) => [h("dt", {}, name), h("dd", {}, withCards(said, record.terms ?? {}))])));
    if (editable(field)) about.append(button("Edit (F2)", () => edit(field)));
  }

  // The word that holds the field, bit by bit; bits that no field has are reserved.
  function drawWord(field) {
    ruler.replaceChildren();
    const word = field?.bits ? field.parent : field;
    const named = (word?.kids ?? []).filter((kid) => kid.bits).sort((a, b) => b.bits[0] - a.bits[0]);
    if (!named.length) return;
    let number = 0n;
    for (let k = word.stop - 1; k >= word.start; k--) number = (number << 8n) | BigInt(`0x${bytes[k] ?? "00"}`);
    const boxes = [];
    for (let high = 8 * (word.stop - word.start) - 1; high >= 0; high = boxes.at(-1).bits[1] - 1) {
      const next = named.find(({ bits }) => bits[0] <= high);
      boxes.push(next?.bits[0] === high ? next : { bits: [high, (next?.bits[0] ?? -1) + 1], name: "reserved" });
    }
    const bit = (at, set) => h("span", { class: set ? "ras-set" : null }, h("small", {}, `${at}`), `${set}`);
    const box = (kid) => {
      const onclick = () => (select(kid), ruler.querySelector(`[data-i="${kid.i}"] button`).focus());
      const about = { named: `${bitName(kid.bits)} ${kid.name} ${kid.value}`, "aria-pressed": kid === field };
      const name = kid.path ? h("button", { type: "button", onclick, ...about }, kid.name) : kid.name;
      return bitBox({ ...kid, dim: !kid.path }, name, number, bit);
    };
    ruler.append(h("div", { class: "ras-boxes", role: "group", named: `Bits of ${word.path}` }, boxes.map(box)));
  }

  // --- mouse and keys ---
  function fieldAt(target) {
    const node = target.closest?.("[data-k], [data-i]");
    return node?.dataset.k !== undefined ? owner[node.dataset.k] : fields[node?.dataset.i];
  }
  const over = (event) => preview(fieldAt(event.target));
  const editable = (field) => field?.edit && model.get("editable");
  const edit = (field) => editForm(model, field, about, () => (show(), items[field.i].focus({ preventScroll: true })));
  root.addEventListener("focusin", over);
  root.onmouseover = over;
  root.onmouseleave = () => preview();
  grid.onclick = ruler.onclick = (event) =>
    fieldAt(event.target) && !event.target.closest("button") && select(fieldAt(event.target));
  tree.onclick = (event) => {
    const field = fieldAt(event.target);
    if (!field) return;
    if (field.kids.length && event.offsetX < 20 + 14 * field.level && event.target.matches(".ras-name")) {
      field.open = !field.open;
      arrange();
    } else select(field);
    items[field.i].focus({ preventScroll: true });
  };
  tree.ondblclick = (event) => editable(fieldAt(event.target)) && edit(fieldAt(event.target));
  find.oninput = arrange;
  find.onkeydown = (event) => {
    if (event.key === "Enter" && found.length) {
      select(found[0]);
      items[found[0].i].focus();
    }
  };
  const bySteps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16 };
  roveKeys(grid, () => cells, bySteps, ({ target, ctrlKey }, to) => {
    const k = +target.dataset.k;
    const start = k - (k % 16);
    const choose = () => (select(owner[k]), rove(cells, cells[k]));
    return {
      Home: () => to(cells[ctrlKey ? 0 : start]),
      End: () => to(cells[ctrlKey ? count - 1 : Math.min(start + 15, count - 1)]),
      Enter: choose,
      " ": choose,
    };
  });
  const keysOfTree = ({ target }, to, shown) => {
    const field = fieldAt(target);
    const fold = (open) => ((field.open = open), arrange());
    const choose = () => select(field);
    return {
      Home: () => to(shown[0]),
      End: () => to(shown.at(-1)),
      ArrowRight: () => field.kids.length && (field.open ? to(items[field.kids[0].i]) : fold(true)),
      ArrowLeft: () => (field.kids.length && field.open ? fold(false) : to(items[field.parent?.i])),
      Enter: choose,
      " ": choose,
      F2: () => editable(field) && (choose(), edit(field)),
    };
  };
  // the tree scrolls, the page does not
  const focus = (item) => (item.focus({ preventScroll: true }), within(tree, item));
  roveKeys(tree, () => items, { ArrowDown: 1, ArrowUp: -1 }, keysOfTree, focus);
  show();
  return show;
}

// A new value for *field*: the kernel answers with a new record, or with what is wrong with the text. *done* goes back to
// the field.
function editForm(model, field, about, done) {
  const named = `New value of ${field.path}`;
  const words = [...new Set([field.value, ...(field.choices ?? [])])]; // a value without a name stays a choice
  const input = field.choices ? picker(named, words, () => {}, field.value) : h("input", { named, value: field.value });
  const problem = h("span", { class: "ras-problem", role: "alert" });
  const set = h("button", { class: "ras-main" }, "Set");
  const form = h("form", { class: "ras-group" }, input, set, button("Cancel", done), problem);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    model.set("problem", "");
    put(model, "edit", { path: field.path, value: input.value });
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") done();
  });
  about.replaceChildren(form);
  input.focus();
  input.select?.();
}

function render({ model, el }) {
  const root = frame({ class: "ras-record", named: "Bytes and fields" });
  let show = draw(model, root);
  const calls = {
    record: () => {
      const inside = root.contains(active());
      root.replaceChildren();
      show = draw(model, root);
      if (inside) root.querySelector('[role="treeitem"][tabindex="0"]')?.focus({ preventScroll: true });
    },
    selected: () => show(),
    problem: () => root.querySelector(".ras-problem")?.replaceChildren(model.get("problem") ?? ""),
  };
  return alive(model, el, root, calls, () => show());
}
