// Walks the stories that raslib/sim/explore/automaton.py has written down: choices in, the whole trace out.

/** The lists behind the numbers of the document, and a walk over them. */
export function load(document) {
  const { axes, nodes, root, lists, marks, steps, carries, cites, strings } = document;
  const places = axes.map(([, words]) => new Map(words.map((word, i) => [word, i])));
  const views = new Map();

  /** For each axis the number of its chosen value; what is not chosen is given or the default. */
  function numbers(choices) {
    const chosen = { ...choices, ...document.given };
    const known = new Set(axes.map(([name]) => name));
    for (const name of Object.keys(chosen)) if (!known.has(name)) throw new RangeError(`no axis is called ${name}`);
    return axes.map(([name, words, byDefault], i) => {
      if (!(name in chosen)) return byDefault;
      const at = places[i].get(String(chosen[name]));
      if (at === undefined) throw new RangeError(`${name} is ${chosen[name]}, which is none of ${words.join(", ")}`);
      return at;
    });
  }

  function view(number) {
    if (!views.has(number)) {
      const [machine, el, actor, to, does, why, sources, carried, sets] = steps[number];
      const said = (i) => (i < 0 ? null : strings[i]);
      const [kind, label, hex] = carried ? carries[carried - 1] : [];
      views.set(number, {
        lane: `${said(machine)}.${said(el)}`,
        to: said(to),
        actor: said(actor),
        el: said(el),
        machine: said(machine),
        does: said(does),
        why: said(why),
        cites: sources.map((i) => (cites[i].length > 1 ? { label: cites[i][0], url: cites[i][1] } : { label: cites[i][0] })),
        carries: carried ? { kind: said(kind), label: said(label), hex: said(hex), fields: null } : null,
        sets: Object.fromEntries(sets.flatMap((name, i) => (i % 2 ? [] : [[said(name), said(sets[i + 1])]]))),
      });
    }
    return views.get(number);
  }

  /** Calls *say* with the number of each step, and *mark* with each mark, of the scenario of these *choices*. */
  function walk(choices, say, mark) {
    const at = numbers(choices);
    const look = (item) => (Array.isArray(item) ? look(item[1 + at[item[0]]]) : item);
    for (let id = root; id >= 0; ) {
      const node = nodes[id];
      if (node[0] < 0) {
        for (const item of lists[node[1]]) {
          const number = look(item);
          if (number < 0) mark(marks[-1 - number]);
          else say(number);
        }
        id = node[2];
      } else id = node[1 + at[node[0]]];
    }
  }

  /** How the scenario of these *choices* ends. */
  function outcome(choices) {
    let stands = { ...NOTHING };
    walk(choices, () => {}, (mark) => (stands = after(stands, mark)));
    return stands;
  }

  /** Every step of the scenario of these *choices* (axis -> word), and how it ends. */
  function trace(choices) {
    const told = [];
    let stands = { ...NOTHING };
    walk(choices, (number) => told.push(view(number)), (mark) => (stands = after(stands, mark)));
    return { steps: told, outcome: stands };
  }

  return { axes, trace, outcome };
}

const PARTS = ["end", "host", "claimed", "acked", "signal", "vm", "guest", "guest_acked"];
const NOTHING = Object.fromEntries(PARTS.map((part) => [part, "none"]));
const SIGNALS = {
  BUS_MCEERR_AR: "sigbus_ar",
  BUS_MCEERR_AO: "sigbus_ao",
  BUS_OBJERR: "sigbus_objerr",
  SI_KERNEL: "sigbus_kernel",
};

/** How it stands after one more mark; the same rules as raslib/sim/outcome.py. */
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
