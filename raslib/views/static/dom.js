// What the views share: nodes, the static twin, the clipboard, a model without a kernel. It stands before their text
// (raslib/views/stories.py: esm).

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== undefined && child !== null));
  return node;
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

// The static twin is in the same cell's output. It is hidden while this view lives, and is back when it goes.
function hideTwin(twin, el) {
  if (!twin) return () => {};
  let area;
  const display = (how) => {
    area ??= el.closest(".jp-OutputArea, .output");
    for (const node of area?.querySelectorAll(`.${twin}`) ?? []) {
      (node.closest(".jp-OutputArea-child") ?? node).style.display = how;
    }
  };
  const timers = [0, 300, 1500].map((wait) => setTimeout(display, wait, "none")); // el is put into the page only later
  return () => (timers.forEach(clearTimeout), display(""));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain http there is no clipboard but this one.
    const box = h("textarea", { class: "ras-sr" });
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}
