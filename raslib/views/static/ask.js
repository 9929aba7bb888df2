// One question: answers to choose from or a number to type, and what is said to each. Used by quiz.js and stepper.js.

const STORE = "raslib-progress";

// What this browser keeps of a learner's answers, in the form of raslib/learn/progress.py. It goes nowhere else.
function storedProgress() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORE));
    if (stored?.lessons) return stored;
  } catch {
    // nothing that can be read: begin anew
  }
  return { version: 1, lessons: {} };
}

// Keeps that a question was answered, here by the same counting as Progress.note, and tells the kernel of *model*.
function storeAnswer(model, lesson, { key, topic }, right) {
  const stored = storedProgress();
  const before = (stored.lessons[lesson] ??= {})[key];
  const tries = before ? before.tries + (before.right ? 0 : 1) : 1;
  stored.lessons[lesson][key] = { right, tries, topic };
  try {
    localStorage.setItem(STORE, JSON.stringify(stored));
  } catch {
    // a browser that keeps nothing: the answer counts until the page is left
  }
  put(model, "answers", [...(model.get("answers") ?? []), { key, right, topic }]);
}

// The stored answers as one line that Progress.line would write, and such a line taken as by Progress.take.
const SIGN = "ras1:";

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

async function progressLine() {
  const packed = await through(new CompressionStream("deflate"), JSON.stringify(storedProgress()));
  return SIGN + btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_");
}

async function takeLine(line) {
  if (!line.trim().startsWith(SIGN)) throw new Error(`a line of progress begins with ${SIGN}`);
  const packed = atob(line.trim().slice(SIGN.length).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = await through(new DecompressionStream("deflate"), Uint8Array.from(packed, (c) => c.charCodeAt(0)));
  const stored = storedProgress();
  for (const [lesson, questions] of Object.entries(JSON.parse(new TextDecoder().decode(bytes)).lessons)) {
    for (const [key, { right, tries, topic }] of Object.entries(questions)) {
      const mine = (stored.lessons[lesson] ??= {})[key];
      if (!mine || (tries && !mine.right)) stored.lessons[lesson][key] = { right, tries, topic };
    }
  }
  localStorage.setItem(STORE, JSON.stringify(stored));
}

// Two buttons, to carry progress from one browser or notebook to another. *status* says what they did.
function progressButtons(status) {
  const say = (text) => (status.textContent = text);
  const take = h("input", { type: "text", autocomplete: "off", placeholder: "Paste ras1:…", named: "Paste progress" });
  take.addEventListener("change", () =>
    takeLine(take.value).then(
      () => say("Taken: it counts when this view is shown anew"),
      (error) => say(`This is no line of progress that can be read: ${error.message}`),
    ),
  );
  return [copyButton("Copy my progress", progressLine, "my progress", status), take];
}

// The links of a lesson's prose to words open their cards in place. Each view is a module: the first that hears of a click
// keeps it from the others.
const onWord = (event) => {
  const link = !event.ctrlKey && !event.metaKey && event.target.closest?.('a[href*="17_words."][title]');
  if (!link) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  openCard(link, link.textContent, link.title);
};
addEventListener("click", onWord, true);

// A form that asks *check*. It calls answered(right) for each answer, and with false if it is shown instead; done() once,
// after the right one or "Show me". Nothing of the answer is to be seen before.
function askForm(check, answered, done = () => {}) {
  // What the radio buttons of one question share: each view of a notebook is a module of its own, and cannot count.
  const name = `ras-ask-${Math.random().toString(36).slice(2)}`;
  const says = h("p", { class: "ras-says", role: "status", tabindex: -1 });
  const then = h("div");
  const choose = check.kind !== "number";
  const inputs = check.answers.map((_, i) => h("input", { type: "radio", name, id: `${name}-${i}`, value: i }));
  const typed = h("input", { type: "text", inputmode: "numeric", autocomplete: "off", named: check.asks });
  const answers = choose
    ? check.answers.map((answer, i) => h("div", {}, inputs[i], h("label", { for: `${name}-${i}` }, answer.text)))
    : [typed];
  const submit = h("button", { type: "submit", class: "ras-main" }, "Answer");
  const show = button("Show me", reveal);
  const asked = h("fieldset", {}, h("legend", {}, check.asks), answers);
  const form = h("form", { class: "ras-ask" }, asked, h("p", { class: "ras-bar" }, submit, show), says, then);
  form.append(wordList(check.terms ?? {}, form));
  form.addEventListener("submit", (event) => (event.preventDefault(), judge()));

  function given() {
    if (choose) return check.answers[inputs.findIndex((input) => input.checked)];
    const number = Number(typed.value.trim() || NaN);
    if (Number.isNaN(number)) return undefined;
    return check.answers.find((answer) => Number(answer.text) === number) ?? { text: typed.value, because: null };
  }

  function judge() {
    const answer = given();
    if (!answer) return (says.textContent = choose ? "Choose an answer first." : "Type a number first, like 24 or 0x18.");
    answered(Boolean(answer.right));
    if (answer.right) return end(`Yes: ${answer.text}`);
    says.textContent = answer.because ? `No. That would be right ${answer.because}.` : `No, it is not ${answer.text}.`;
    then.replaceChildren(otherStory(answer));
    if (!choose) return typed.focus();
    inputs[check.answers.indexOf(answer)].disabled = true;
    inputs.find((input) => !input.disabled).focus(); // what is disabled loses the focus
  }

  function reveal() {
    const right = check.answers.find((answer) => answer.right);
    answered(false);
    end(`It is: ${right.text}`);
  }

  function end(what) {
    if (form.contains(active())) says.focus();
    for (const input of [...inputs, typed, submit, show]) input.disabled = true;
    form.classList.add("ras-answered");
    if (choose) answers[check.answers.findIndex((answer) => answer.right)].className = "ras-right";
    says.textContent = what;
    then.replaceChildren();
    done();
  }

  return form;
}

// The steps that the story of a wrong answer takes instead, to open.
function otherStory({ then, because, token }) {
  if (!then?.length) return "";
  const steps = then.map((step) => h("li", {}, step.text));
  const whole = token ? h("p", {}, "The whole of it: ", h("code", {}, `raslib walk --token ${token}`)) : "";
  return h("details", {}, h("summary", {}, `What happens ${because}`), h("ol", {}, steps), whole);
}
