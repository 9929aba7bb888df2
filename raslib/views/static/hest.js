// The host's HEST among the switches: one that was given, or one built here of sources, with what lint finds in it. Bytes
// and findings of a table come from those of its sources (raslib/views/whatif.py). Model keys: form, sources (what each
// is, and the choices that it decides), findings, table (bytes in hex: here the given one's, for a kernel the present
// one's). A choice is the table like any other: `2.3-SDEI.v2.1000.0-POLLED.v1.0.1-SEA.v2.1000.0` tells the story by source
// number 2 of 3, each with notification, version, poll interval and id; of the given table, `1.0`.

const ONE = { notify: "SEA", ghes: "v2", poll: "1000", id: 0 };
const AS_QEMU = [ONE, { ...ONE, notify: "GPIO", id: 1 }]; // acpi_build_hest()
const FILE = "HEST.bin";

/** The form; word() is the present choice of a table, turn(word, choices) makes another one with what it decides. */
function hestForm(model, word, turn) {
  const form = model.get("form");
  const notifies = [...new Set(Object.keys(form.sources).map((name) => name.split(" ")[0]))];
  const part = ({ notify, ghes, poll }) => form.sources[`${notify} ${ghes} ${poll}`];
  const list = h("div");
  const found = h("ul", { class: "ras-found", named: "Findings of lint" });
  const add = button("", () => edit([...rows, { ...ONE, id: rows.length }], rows.length));
  const write = () => saveFile(FILE, "application/octet-stream", Uint8Array.from(unhex(model.get("table"))));
  const save = button("Save HEST", write, "As raslib walk --hest takes it");
  const acts = group([add, button("As QEMU's", () => edit(AS_QEMU, 0)), save]);
  const box = h("details", { open: model.get("table") ? "" : null }, h("summary", {}, "HEST of the host"), list, found, acts);
  let rows, sources, picked; // as the word says

  const unhex = (text) => text.match(/../g).map((pair) => parseInt(pair, 16));
  const fill = (bytes, [offset, size], value) => {
    for (let i = 0; i < size && offset < bytes.length; i++) bytes[offset + i] = Math.floor(value / 256 ** i) % 256;
  };

  /** The number of the source that speaks and the rows of a table, of its word; nothing if that is damaged. */
  function read(text) {
    const [head, ...rest] = text.split("-");
    const [picked, count] = head.split(".").map(Number);
    const rows = rest.map((row) => row.split(".")).map(([notify, ghes, poll, id]) => ({ notify, ghes, poll, id: +id }));
    const whole = rows.every((row, i) => part(row) && [0, i].includes(row.id));
    const speaks = (rows.length ? rows : model.get("sources"))[picked];
    return whole && speaks && rows.length === count ? { picked, rows } : undefined;
  }

  /** The table of these rows, each with registers of its own. */
  function built() {
    const { length, checksum, error_source_count: count, source_id: id, ...registers } = form.at;
    const bytes = unhex(form.head);
    rows.forEach((row, i) => {
      const source = unhex(part(row)[0]);
      fill(source, id, row.id);
      Object.values(registers).forEach((at, k) => fill(source, at, form.registers + 16 * i + 8 * k));
      bytes.push(...source);
    });
    fill(bytes, length, bytes.length);
    fill(bytes, count, rows.length);
    fill(bytes, checksum, 0);
    fill(bytes, checksum, 256 - (bytes.reduce((sum, byte) => sum + byte, 0) % 256));
    return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const wrong = (row, i) => {
    const order = rows[i - 1]?.ghes > row.ghes ? form.unsorted : [];
    const all = [...order, ...(i && !row.id ? form.shared : []), ...part(row)[1]];
    return all.map(([level, path, ...more]) => [level, path.replace(/\d+/, i), ...more]);
  };

  /** For each row what it is, and the choices that it decides. Linux gives up a whole table that has an id twice. */
  function decided(rows) {
    const apei = new Set(rows.map(({ id }) => id)).size < rows.length ? "same-ids" : "enabled";
    return rows.map(({ notify, ghes, poll, id }) => {
      const decides = { "host.notify": notify, "host.ghes": ghes, "host.poll": poll, "host.apei": apei };
      return [`Source ${id}: ${notify}`, { "host.first": "firmware", ...decides }];
    });
  }

  /** Turns to source *at* of the table of these rows; of the given one, if there are none. */
  function edit(rows, at) {
    const all = rows.map((row, i) => ({ ...row, id: row.id && i })); // the id is the row's number, or that of the first
    const speaks = Math.max(0, Math.min(at, all.length - 1));
    const texts = all.map(({ notify, ghes, poll, id }) => `-${notify}.${ghes}.${poll}.${id}`);
    turn(all.length ? `${speaks}.${all.length}${texts.join("")}` : "", decided(all)[speaks]?.[1]);
  }

  function row({ notify, ghes, poll, id }, i) {
    const change = (what) => edit(rows.with(i, { ...rows[i], ...what }), i);
    const name = `source ${i}`;
    const remove = button("×", () => edit(rows.toSpliced(i, 1), i), null, { named: `Remove ${name}` });
    const ids = [[i, `id ${i}`], [0, "id 0"]];
    const polls = [["1000", "1000 ms"], ["0", "0 ms"]];
    return [
      picker(`${name} notifies by`, notifies, (word) => change({ notify: word, poll: "1000" }), notify),
      picker(`version of ${name}`, [["v1", "GHES"], ["v2", "GHESv2"]], (word) => change({ ghes: word }), ghes),
      i ? picker(`id of ${name}`, ids, (word) => change({ id: +word }), id) : null,
      notify === "POLLED" ? picker(`interval of ${name}`, polls, (word) => change({ poll: word }), poll) : null,
      remove,
    ];
  }

  function draw() {
    const at = list.contains(active()) && active().getAttribute("aria-label");
    ({ picked, rows } = read(word()) ?? { picked: 0, rows: [] });
    sources = rows.length ? decided(rows) : model.get("sources");
    model.set("table", rows.length ? built() : form.table);
    const chosen = sources.map(([text, sets], i) => {
      const pick = () => (rows.length ? edit(rows, i) : turn(`${i}.0`, sets));
      const looks = { "aria-pressed": i === picked, named: text };
      const one = button(rows[i] ? i : text, pick, "Tell the story by this source", looks);
      return h("div", { class: "ras-source" }, one, rows[i] ? row(rows[i], i) : null);
    });
    list.replaceChildren(...chosen);
    if (at !== false) (list.querySelector(`[aria-label="${at}"]`) ?? add).focus(); // what had the focus is drawn anew
    if (rows.length) box.open = true;
    add.textContent = rows.length ? "Add a source" : "Build one";
    save.hidden = !model.get("table");
    const all = rows.length ? rows.flatMap(wrong) : model.get("findings");
    const lines = all.map(([level, path, says, why, from]) =>
      h("li", {}, h("b", {}, level), ` ${path}: ${says}. ${why}. `, h("small", {}, from)),
    );
    if (model.get("table") && !lines.length) lines.push(h("li", {}, "Lint finds nothing wrong."));
    found.replaceChildren(...lines);
  }

  const by = (words) => sources.filter(([, sets]) => sets["host.notify"] === words["host.notify"]);
  const decides = ([, sets], words) => Object.entries(sets).every(([axis, word]) => words[axis] === word);

  return {
    box,
    draw,
    read,

    /** What the table has to say of how a host is notified. */
    says(words) {
      if (!sources.length || words["host.first"] !== "firmware" || by(words).length) return "";
      const none = `Your HEST has no source that notifies by ${words["host.notify"]}`;
      return ` ${none}: by this table no firmware could report so.`;
    },

    /** The options of raslib that name the table, if it decides what these words say, and the choices that are left. */
    options(words, choices) {
      const alike = by(words);
      const [first] = alike;
      const one = [sources[picked], ...alike].find((each) => alike.includes(each) && decides(each, words));
      if (!one) return ["", choices];
      const which = one === first ? "" : ` --source ${/source (\d+)/i.exec(one[0])[1]}`;
      const left = Object.entries(choices).filter(([axis]) => axis === "host.notify" || !(axis in one[1]));
      return [`--hest ${FILE}${which} `, Object.fromEntries(left)];
    },

    /** The same command for a shell that has no such file: of a table that was built here, it brings the bytes. */
    piped: (text) => (rows.length && text.includes(FILE) ? `echo ${model.get("table")} | ${text.replace(FILE, "-")}` : text),
  };
}
