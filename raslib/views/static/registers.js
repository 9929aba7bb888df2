// A register bit by bit: bits can be turned, a value typed in, and its fields and what they mean follow. With dom.js and
// reading.js before it. Model keys: tables (of raslib/views/reading.py), register (a name in them), value (hex digits).

function render({ model, el }) {
  const tables = model.get("tables");
  const names = Object.keys(tables.registers);
  const word = h("input", { named: "Value in hex", size: 18 });
  const status = h("span", { class: "ras-label", role: "status" });
  const which = picker("Register", names, (name) => put(model, "register", name));
  const link = linkButton(model, status);
  const name = names.length > 1 ? which : h("b", {}, names[0]);
  const bar = toolbar("Value", group([name, "=", word]), group([link, status]));
  const boxes = h("div", { class: "ras-boxes", role: "group", named: "Bits" });
  const table = h("tbody");
  const list = h("ul", { class: "ras-means", "aria-live": "polite" });
  const heads = ["Bits", "Field", "Value", "Meaning"].map((head) => h("th", { scope: "col" }, head));
  const legend = h("table", { class: "ras-table" }, h("thead", {}, h("tr", {}, heads)), table);
  const root = frame({ named: "Bit by bit" }, bar, boxes, h("div", { class: "ras-registers" }, list, legend));

  const register = () => names.find((name) => name === model.get("register")) ?? names[0];
  const number = (text) => {
    const digits = text.trim().replace(/^0x/i, "").replaceAll("_", "");
    return /^[0-9a-f]{1,16}$/i.test(digits) ? BigInt(`0x${digits}`) : undefined;
  };
  const value = () => number(model.get("value")) ?? 0n;
  const hex = () => `0x${value().toString(16)}`;

  const turn = (mask, to) => put(model, "value", `0x${((value() & ~mask) | to).toString(16)}`);

  /** A field: its name over its bits, each of which can be turned. */
  function box({ name, high, low, idle }) {
    const bit = (at, set) => {
      const onclick = () => turn(1n << BigInt(at), (set ^ 1n) << BigInt(at));
      const label = { named: `bit ${at}, ${name}`, "aria-pressed": Boolean(set), "data-bit": at, tabindex: -1 };
      return h("button", { type: "button", onclick, ...label }, h("small", {}, `${at}`), `${set}`);
    };
    return bitBox({ bits: [high, low], dim: name === "reserved" || idle }, name, value(), bit);
  }

  function row({ name, high, low, number, value: said, text, ref, codes, idle }) {
    const words = codes && { [number]: [said], ...codes }; // a number without a name stays a choice
    const mask = ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
    const act = (code) => turn(mask, BigInt(code) << BigInt(low));
    const options = Object.entries(words ?? {}).map(([code, [each]]) => [code, each]);
    const chosen = words ? picker(name, options, act, number) : h("code", {}, said);
    if (words) chosen.dataset.field = name;
    const cells = [bitName([high, low]), h("span", { title: ref }, name), chosen, text].map((cell) => h("td", {}, cell));
    return h("tr", { class: idle ? "ras-dim" : null }, cells);
  }

  function draw() {
    const at = active();
    const held = root.contains(at) ? at.dataset : {}; // what has the focus is drawn anew
    const mark = Object.entries(held).map(([name, of]) => `[data-${name}="${of}"]`)[0];
    const { fields, state, means } = read(tables, register(), value());
    which.value = register();
    word.value = hex();
    status.textContent = "";
    boxes.replaceChildren(...fields.map(box));
    const named = fields.filter((field) => field.name !== "reserved" || field.number);
    table.replaceChildren(...named.map(row));
    const used = new Set();
    const words = (text, i) => (state && !i ? h("b", {}, text) : withCards(text, model.get("terms") ?? {}, used));
    list.replaceChildren(...means.map((text, i) => h("li", {}, words(text, i))));
    const again = mark ? root.querySelector(mark) : null;
    const stop = again?.matches("[data-bit]") ? again : boxes.querySelector("button");
    stop.tabIndex = 0; // one tab stop; the arrow keys move on
    again?.focus({ preventScroll: true });
  }

  word.addEventListener("change", () => {
    if (number(word.value) === undefined) status.textContent = `${word.value} is not hex digits, 16 at most`;
    else put(model, "value", `0x${number(word.value).toString(16)}`);
  });
  roveKeys(boxes, () => [...boxes.querySelectorAll("[data-bit]")], { ArrowLeft: -1, ArrowRight: 1 });
  draw();
  return alive(model, el, root, { value: draw, register: draw });
}
