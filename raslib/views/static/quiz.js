// Questions, one below the other, each answered for itself. With dom.js and ask.js before it. Model keys: lesson, checks
// (as raslib/learn/ask.py views them), answered (key -> right), answers (all given here, for the kernel).

function render({ model, el }) {
  const lesson = model.get("lesson");
  const checks = model.get("checks");
  const right = { ...model.get("answered") };
  for (const [key, entry] of Object.entries(storedProgress().lessons[lesson] ?? {})) right[key] ||= entry.right;
  const count = h("p", { class: "ras-label", role: "status" });
  const tally = () => {
    count.textContent = `${checks.filter((check) => right[check.key]).length} of ${checks.length} answered rightly`;
  };
  const form = (check) => {
    const before = right[check.key] ? h("p", { class: "ras-label" }, "Answered rightly before") : "";
    const asked = askForm(check, (isRight) => {
      right[check.key] = isRight;
      storeAnswer(model, lesson, check, isRight);
      tally();
    });
    asked.prepend(before);
    return asked;
  };
  const bar = h("p", { class: "ras-bar" }, progressButtons(count));
  const root = frame({ class: "ras-quiz", named: "Questions" }, count, checks.map(form), bar);
  tally();
  return alive(model, el, root, {});
}
