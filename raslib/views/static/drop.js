// A place to drop files on. They go to the kernel in one message, and into no state that a notebook could keep.

function render({ model, el }) {
  const place = document.createElement("div");
  place.className = "ras-drop";
  place.textContent = "or drop files here";
  const over = (on) => (event) => {
    event.preventDefault();
    event.stopPropagation(); // JupyterLab would open them
    place.style.borderStyle = on ? "solid" : "dashed";
  };
  place.style.cssText = "border: 1px dashed currentColor; border-radius: 4px; padding: 2px 12px; line-height: 28px";
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", over(false));
  place.addEventListener("drop", async (event) => {
    over(false)(event);
    const files = [...event.dataTransfer.files];
    const contents = await Promise.all(files.map((file) => file.arrayBuffer()));
    model.send({ names: files.map((file) => file.name) }, undefined, contents);
  });
  el.append(place);
}

export default { render };
