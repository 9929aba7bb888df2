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

const escaped = (text) => text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

// What stories say of a way, and whose it is: once where they say the same.
function byStory(texts) {
  if (texts.length > 1 && texts[0] === texts[1]) return texts[0] ? [["both", texts[0]]] : [];
  return texts.map((text, i) => ["ab"[i], text]).filter(([, text]) => text);
}

// The numbers of a way's steps, and what is handed over there; of two stories, not what data they move.
function tagOf({ dataset, classList }, takes) {
  const pills = byStory(takes.map((take) => take?.numbers.join(", ")));
  const wide = (text) => 10 + 8 * text.length;
  const half = pills.reduce((sum, [, text]) => sum + wide(text), 0) / 2;
  let x = -half;
  const drawn = pills.map(([whose, text]) => {
    const box = `<rect x="${x}" y="-10" width="${wide(text)}" height="20" rx="10"/>`;
    const middle = x + wide(text) / 2;
    x += wide(text);
    return `<g class="${whose}">${box}<text class="number" text-anchor="middle" x="${middle}" y="5">${text}</text></g>`;
  });
  // At the right edge there is room to the left alone.
  const [side, anchor] = parseFloat(dataset.tag) > 900 ? [-1, "end"] : [1, "start"];
  const labels = classList.contains("data") && takes.length > 1 ? [] : byStory(takes.map((take) => take?.label));
  const spans = labels.map(([whose, text]) => `<tspan class="${whose}">${escaped(text)}</tspan>`).join(" ");
  const label = `<text class="label" y="5" x="${side * (half + 4)}" text-anchor="${anchor}">${spans}</text>`;
  return `<g class="tag" transform="translate(${dataset.tag})">${drawn.join("")}${label}</g>`;
}

// The map with one story, or with two in two colours. `show` goes to a step of each; without it all is shown.
function storyMap(stories, names = []) {
  const box = h("div", { class: "ras-map-box", role: "group", tabindex: 0, named: "Map" });
  box.innerHTML = MAP;
  const svg = box.firstElementChild;
  const lit = stories.map(({ steps }) => marks(steps));
  const groups = new Map([...svg.querySelectorAll("[data-at]")].map((group) => [group.dataset.at, group]));
  for (const [name, group] of groups) {
    const takes = lit.map((story) => story.get(name));
    const whose = byStory(takes.map((take) => take && "lit")).map(([each]) => each);
    if (!whose.length) continue;
    group.classList.add("lit", ...whose);
    if (name.includes(">")) group.insertAdjacentHTML("beforeend", tagOf(group, takes));
  }

  // How each ends: in a word or two at its place, below the actor's name, and on a plate beside the map.
  const ends = stories.map(({ steps }) => groups.get(steps.length && place(steps.at(-1))));
  for (const end of new Set(ends.filter(Boolean))) {
    const fates = new Set(stories.filter((_, i) => ends[i] === end).map(({ fate }) => (fate ? `■ ${fate}` : "")));
    const name = end.querySelector("text");
    const at = `x="${name.getAttribute("x")}" y="${+name.getAttribute("y") + 9}"`;
    end.insertAdjacentHTML("beforeend", `<text class="fate" text-anchor="middle" ${at}>${[...fates].join(" ")}</text>`);
  }
  let y = -466; // map.py: PLATE
  const plates = stories.map((story, i) => {
    ends[i]?.classList.add("end", `end-${"ab"[i]}`);
    const lines = [`■ ${names[i] ?? "The end"}`, ...(endOf(story).match(/.{1,28}(?:\s|$)/g) ?? [])];
    const texts = lines.map((line, n) => `<text x="786" y="${y + 18 * n}">${escaped(line)}</text>`);
    svg.insertAdjacentHTML("beforeend", `<g class="plate ${"ab"[i]}">${texts.join("")}</g>`);
    y += 18 * lines.length + 6;
    return svg.lastElementChild;
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
    plates.forEach((plate, i) => {
      plate.style.display = over[i] ? "" : "none";
      ends[i]?.classList.toggle("end", ends.some((end, j) => end === ends[i] && over[j]));
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
