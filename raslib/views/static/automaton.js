// Walks the stories that raslib/sim/explore/automaton.py has written down: choices in, the whole trace out.

/** The lists behind the numbers of the document, and a walk over them. */
export function load(document) {
  const { axes, lists, marks, steps, carries, looks, cites, strings } = document;
  const [nodes, ways, ...says] = [document.nodes, document.ways, ...document.says].map(numbersOf);
  // where in ways, or in says, the part of each node begins
  const starts = [];
  let asked = 0;
  let told = 0;
  for (const axis of nodes) {
    starts.push(axis < 0 ? told++ : asked);
    if (axis >= 0) asked += axes[axis][1].length;
  }
  const numberOf = new Map(axes.map(([name], i) => [name, i]));
  const places = axes.map(([, words]) => new Map(words.map((word, i) => [word, i])));
  const defaults = axes.map(([, , byDefault]) => byDefault);

  /** For each axis the number of its chosen value; what is not chosen is given or the default. */
  function numbers(choices) {
    const at = [...defaults];
    for (const [name, word] of Object.entries({ ...choices, ...document.given })) {
      const i = numberOf.get(name);
      if (i === undefined) throw new RangeError(`no axis is called ${name}`);
      at[i] = places[i].get(String(word));
      if (at[i] === undefined) throw new RangeError(`${name} is ${word}, which is none of ${axes[i][1].join(", ")}`);
    }
    return at;
  }

  /** Step *number* as it is where the choices have the numbers *at*. */
  function view(number, at) {
    const look = (n) => {
      while (n < -1) n = looks[-2 - n][1 + at[looks[-2 - n][0]]];
      return n;
    };
    const said = (n) => ((n = look(n)) < 0 ? null : strings[n]);
    const [machine, el, actor, to, does, why, sources, carried, sets] = steps[number];
    const found = look(carried);
    const changes = {};
    for (let i = 0; i < sets.length; i += 2) {
      const value = said(sets[i + 1]);
      if (value !== null) changes[said(sets[i])] = value;
    }
    return {
      lane: `${said(machine)}.${said(el)}`,
      to: said(to),
      actor: said(actor),
      el: said(el),
      machine: said(machine),
      does: said(does),
      why: said(why),
      cites: sources.map((i) => (cites[i].length > 1 ? { label: cites[i][0], url: cites[i][1] } : { label: cites[i][0] })),
      carries: found < 0 ? null : handed(carries[found]),
      sets: changes,
    };
  }

  function handed([kind, label, ...pieces]) {
    const bytes = pieces.length || strings[kind] === "CPER"; // which is bytes, even if there are none
    const hex = bytes ? pieces.map((n) => strings[n]).join("") : null;
    return { kind: strings[kind], label: strings[label], hex, fields: null };
  }

  /** How the scenario of these *choices* (axis -> word) ends, and every step of it, made when it is asked for. */
  function trace(choices) {
    const at = numbers(choices);
    const told = [];
    let outcome = NOTHING;
    for (let id = nodes.length - 1, back = 1; back; id -= back) {
      const start = starts[id];
      if (nodes[id] >= 0) {
        back = ways[start + at[nodes[id]]];
        continue;
      }
      for (const item of lists[says[0][start]]) {
        if (item < 0) outcome = after(outcome, marks[-1 - item]);
        else told.push(item);
      }
      back = says[1][start];
    }
    return {
      outcome,
      get steps() {
        return told.map((number) => view(number, at));
      },
    };
  }

  return { axes, trace };
}

// A list of numbers, or of letters that stand for them (raslib/views/whatif.py: packed).
const numbersOf = (list) => (typeof list === "string" ? Array.from(list, (letter) => letter.codePointAt(0) - 94) : list);

const PARTS = ["end", "host", "claimed", "acked", "signal", "vm", "guest", "guest_acked"];
const NOTHING = Object.fromEntries(PARTS.map((part) => [part, "none"]));
const SIGNALS = {
  BUS_MCEERR_AR: "sigbus_ar",
  BUS_MCEERR_AO: "sigbus_ao",
  BUS_OBJERR: "sigbus_objerr",
  SI_KERNEL: "sigbus_kernel",
  SIGKILL: "sigkill",
};

/** How it stands after one more mark; the same rules as raslib/sim/model/outcome.py. */
function after(stands, [kind, machine, word]) {
  switch (kind) {
    case "ended":
      return { ...stands, end: word, [machine]: word };
    case "acked":
      return { ...stands, [machine === "host" ? "acked" : "guest_acked"]: word };
    case "claimed":
      return machine === "host" ? { ...stands, claimed: word } : stands;
  }
  const end = SIGNALS[word];
  if (machine === "guest") return { ...stands, end, guest: end };
  const signal = stands.signal === "none" ? word : `${stands.signal}, ${word}`;
  return { ...stands, end, host: stands.host === "none" ? end : stands.host, signal };
}
