// Questions, one below the other, each answered for itself. With dom.js and ask.js before it. Model keys: lesson, checks
// (as raslib/learn/ask.py views them), answered (key -> right), answers (all given here, for the kernel).

function render({ model, el }) {
  const root = frame({ class: "ras-quiz", named: "Questions" });
  const lesson = model.get("lesson");
  const checks = model.get("checks");
  const stored = storedProgress().lessons[lesson] ?? {};
  const right = { ...model.get("answered") };
  for (const [key, entry] of Object.entries(stored)) right[key] ||= entry.right;
  const count = h("p", { class: "ras-label", role: "status" });
  const tally = () => {
    count.textContent = `${checks.filter((check) => right[check.key]).length} of ${checks.length} answered rightly`;
  };
  const answered = (check) => (isRight) => {
    right[check.key] = isRight;
    storeAnswer(model, lesson, check, isRight);
    tally();
  };
  for (const check of checks) {
    const form = askForm(check, answered(check));
    if (right[check.key]) form.prepend(h("p", { class: "ras-label" }, "Answered rightly before"));
    root.append(form);
  }
  const bar = h("p", { class: "ras-bar" }, progressButtons(count));
  root.prepend(count);
  root.append(bar);
  tally();
  return alive(model, el, root, {});
}
