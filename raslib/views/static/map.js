// A story on the map, by the same rules as raslib/views/map.py. It stands before the views that show it; MAP is the text
// of map.svg (theme.py: esm).

const place = (step) => `${step.machine}.${step.actor.replace(/ firmware$/, "")}`;
const brief = (carries) => (carries ? carries.label.replace(/^SIGBUS /, "").split(/:|,| to | = /)[0] : "");

// The way of the bytes that a step writes, reads or acknowledges in the memory of a HEST source, or nothing.
function memory(step) {
  const here = place(step);
  if (step.actor === "APEI" && /^(reads|clears|prints)/.test(step.does)) return `${step.machine}.HEST>${here}`;
  if (step.carries?.kind !== "CPER" || step.to) return "";
  return `${here}>${step.actor === "QEMU" ? "guest" : step.machine}.HEST`; // QEMU is its guest's firmware
}

// What a story lights: places and ways, each with the numbers of its steps, from 1, and what is handed over.
function marks(steps) {
  const lit = new Map();
  const light = (name, number, label) => {
    if (!lit.has(name)) lit.set(name, { numbers: [], label });
    lit.get(name).numbers.push(number);
  };
  steps.forEach((step, i) => {
    const [here, there, data] = [place(step), place(steps[Math.min(i + 1, steps.length - 1)]), memory(step)];
    light(here, i + 1, "");
    if (data) light(data, i + 1, step.does.split(" ")[0]);
    if (there !== here) light(`${here}>${there}`, i + 1, data ? "" : brief(step.carries));
  });
  return lit;
}

// What stands on the HEST source of a machine after these steps.
function source({ choices = {} }, steps, machine) {
  const kernelFirst = machine === "host" && choices["host.first"] === "kernel";
  const notify = kernelFirst ? "none" : (choices[`${machine}.notify`] ?? "");
  if (notify === "none") return ["no HEST source"];
  const state = Object.assign({}, ...steps.map((step) => step.sets));
  const here = steps.filter((step) => step.machine === machine);
  const [, address, number] = here.map(({ does }) => /at (0x\w+), the block of source (\d+)/.exec(does)).find(Boolean) ?? [];
  const version = machine === "host" ? (choices["host.ghes"] ?? "") : "v2";
  const lines = [`HEST source ${number ?? ""}`.trim(), `${notify} GHES${version}`.replace(/v1$/, "").trim()];
  if (address) lines.push(`at ${address}`);
  for (const name of ["block_status", "read_ack"]) {
    const value = state[`${machine} ${name}`];
    if (value !== undefined) lines.push(`${name} ${value}`);
  }
  return lines;
}

const endOf = ({ outcome, ends }) => ends?.[outcome.end] ?? String(outcome.end ?? "");

// The map with one story, or with two in two colours. `show` goes to a step of each; without it all is shown.
function storyMap(stories, names = []) {
  const box = h("div", { class: "ras-map-box", role: "group", tabindex: 0, named: "Map" });
  box.innerHTML = MAP;
  const svg = box.firstElementChild;
  const s = (tag, attributes, text = "") => {
    const node = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.textContent = text;
    return node;
  };
  const lit = stories.map(({ steps }) => marks(steps));
  const groups = new Map([...svg.querySelectorAll("[data-at]")].map((group) => [group.dataset.at, group]));
  // What the stories say of a way: once where they say the same, else each in its colour.
  const told = (name, say) => {
    const takes = lit.map((story) => story.get(name));
    const texts = takes.map((take) => take && say(take));
    if (texts.length > 1 && texts[0] === texts[1]) return texts[0] ? [["both", texts[0]]] : [];
    return texts.map((text, i) => ["ab"[i], text]).filter(([, text]) => text);
  };
  for (const [name, group] of groups) {
    const takes = lit.map((story) => story.get(name)).filter(Boolean);
    if (!takes.length) continue;
    const both = takes.length === stories.length && takes.length > 1;
    group.classList.add("lit", both ? "both" : "ab"[lit.findIndex((story) => story.has(name))]);
    if (!name.includes(">")) continue;
    const tag = s("g", { class: "tag", transform: `translate(${group.dataset.tag})` });
    const pills = told(name, (take) => take.numbers.join(", "));
    const wide = (text) => 10 + 8 * text.length;
    const all = pills.reduce((sum, [, text]) => sum + wide(text), 0);
    let x = -all / 2;
    for (const [whose, text] of pills) {
      const [pill, width] = [s("g", { class: whose }), wide(text)];
      const number = s("text", { class: "number", "text-anchor": "middle", x: x + width / 2, y: 5 }, text);
      pill.append(s("rect", { x, y: -10, width, height: 20, rx: 10 }), number);
      tag.append(pill);
      x += width;
    }
    const side = parseFloat(group.dataset.tag) > 900 ? -1 : 1; // at the right edge there is room to the left alone
    const label = s("text", { class: "label", y: 5, x: side * (all / 2 + 4), "text-anchor": side < 0 ? "end" : "start" });
    const words = stories.length > 1 && group.matches(".data") ? [] : told(name, (take) => take.label);
    words.forEach(([whose, text], i) => label.append(s("tspan", { class: whose }, (i ? " " : "") + text)));
    tag.append(label);
    group.append(tag);
  }
  // How it ends, in a word or two at its place, below the actor's name.
  function fate(place, text) {
    const name = place.querySelector("text");
    const at = { x: name.getAttribute("x"), y: +name.getAttribute("y") + 9, "text-anchor": "middle", class: "fate" };
    const line = place.querySelector(".fate") ?? s("text", at);
    if (line.textContent !== text) line.textContent = `${line.textContent} ${text}`.trim();
    place.append(line);
  }

  const [x, top] = [786, -466]; // map.py: PLATE
  let y = top;
  const plates = stories.map((story, i) => {
    const last = story.steps.at(-1);
    const end = last && groups.get(place(last));
    end?.classList.add("end", `end-${"ab"[i]}`);
    if (story.fate) fate(end, `■ ${story.fate}`);
    const plate = s("g", { class: `plate ${"ab"[i]}` });
    const lines = [`■ ${names[i] ?? "The end"}`, ...(endOf(story).match(/.{1,28}(?:\s|$)/g) ?? [])];
    lines.forEach((line, n) => plate.append(s("text", { x, y: y + 18 * n, class: n ? "" : "name" }, line)));
    y += 18 * lines.length + 6;
    svg.append(plate);
    return { plate, end };
  });
  const ending = stories.map((story, i) => `${names[i] ?? "The story"} ends: ${endOf(story)}`);
  svg.setAttribute("aria-label", ending.join("; "));

  function sources(...steps) {
    for (const machine of ["host", "guest"]) {
      const both = stories.map((story, i) => source(story, steps[i], machine));
      const lines = [...(both.find(([, notified]) => notified) ?? both[0])];
      const notified = new Set(both.map(([, line]) => line?.split(" ")[0] ?? "none"));
      if (notified.size > 1) lines[1] = [...notified].join(" | ");
      groups.get(`${machine}.HEST`).querySelectorAll("text").forEach((text, i) => (text.textContent = lines[i] ?? ""));
    }
  }

  // Goes to step *at* of each story, from 0; before the first, -1.
  function show(...at) {
    for (const [name, { classList }] of groups) {
      const takes = lit.map((story) => story.get(name)?.numbers);
      classList.toggle("now", takes.some((numbers, i) => numbers?.includes(at[i] + 1)));
      classList.toggle("future", takes.some(Boolean) && takes.every((numbers, i) => !numbers || numbers[0] > at[i] + 1));
    }
    const over = stories.map(({ steps }, i) => at[i] >= steps.length - 1);
    plates.forEach(({ plate, end }, i) => {
      plate.style.display = over[i] ? "" : "none";
      end?.classList.toggle("end", plates.some((other, j) => other.end === end && over[j]));
    });
    sources(...stories.map(({ steps }, i) => steps.slice(0, at[i] + 1)));
    const [{ steps }] = stories;
    const k = at[0];
    const here = groups.get(place(steps[k] ?? steps[0]));
    if (!here) return;
    const there = groups.get(place(steps[Math.min(k + 1, steps.length - 1)])) ?? here;
    const [a, b, outer] = [here, there, box].map((node) => node.getBoundingClientRect());
    const middle = (from, size) => {
      const other = Math.abs(a[from] - b[from]) + Math.max(a[size], b[size]) < outer[size] ? b : a; // where both have room
      return (a[from] + other[from] + a[size] / 2 + other[size] / 2 - outer[size]) / 2 - outer[from];
    };
    box.scrollBy(middle("x", "width"), middle("y", "height"));
  }

  sources(...stories.map(({ steps }) => steps));
  return { box, svg, show };
}
