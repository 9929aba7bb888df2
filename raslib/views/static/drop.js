// A place to drop files on. They go to the kernel in one message, and into no state that a notebook could keep. With dom.js
// before it.

function render({ model, el }) {
  const over = (on) => (event) => {
    event.preventDefault();
    event.stopPropagation(); // JupyterLab would open them
    place.style.borderStyle = on ? "solid" : "dashed";
  };
  async function ondrop(event) {
    over(false)(event);
    const files = [...event.dataTransfer.files];
    const contents = await Promise.all(files.map((file) => file.arrayBuffer()));
    model.send({ names: files.map((file) => file.name) }, undefined, contents);
  }
  const style = "border: 1px dashed currentColor; border-radius: 4px; padding: 2px 12px; line-height: 28px";
  const events = { ondragover: over(true), ondragleave: over(false), ondrop };
  const place = h("div", { class: "ras-drop", style, ...events }, "or drop files here");
  el.append(place);
}
