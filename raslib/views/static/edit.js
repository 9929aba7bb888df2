// A new value for a field of bytes.js: the kernel answers with a new record, or with what is wrong with the text. *done*
// goes back to the field.

function editForm(model, field, about, done) {
  const named = `New value of ${field.path}`;
  const words = [...new Set([field.value, ...(field.choices ?? [])])]; // a value without a name stays a choice
  const choose = () => picker(named, words.map((word) => [word]), () => {}, field.value);
  const input = field.choices ? choose() : h("input", { named, value: field.value });
  const problem = h("span", { class: "ras-problem", role: "alert" });
  const set = h("button", { class: "ras-main" }, "Set");
  const form = h("form", { class: "ras-group" }, input, set, button("Cancel", done), problem);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    model.set("problem", "");
    put(model, "edit", { path: field.path, value: input.value });
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") done();
  });
  about.replaceChildren(form);
  input.focus();
  input.select?.();
}
