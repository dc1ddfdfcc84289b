// The file field: drop, paste, a list with sizes, taking one off again. What is too large is told
// before it is sent.
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const list = zone.parentElement?.querySelector("[data-files]");
  if (!(input instanceof HTMLInputElement) || !list) continue;
  zone.querySelector(".drop-text")?.removeAttribute("hidden");
  let chosen = new DataTransfer();

  /** @param {Iterable<File>} files */
  const add = (files) => {
    if (!input.multiple) chosen = new DataTransfer();
    for (const file of files) chosen.items.add(file);
    show();
  };
  const show = () => {
    input.files = chosen.files;
    list.replaceChildren(...[...chosen.files].map(row));
  };
  /** @param {File} file @param {number} index */
  const row = (file, index) => {
    const item = document.createElement("li");
    const tooLarge = file.size > Number(input.dataset.maxBytes);
    item.toggleAttribute("data-bad", tooLarge);
    const text = document.createElement("span");
    text.textContent = `${file.name} · ${size(file.size)}${tooLarge ? " · too large, remove it to send" : ""}`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn-icon";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => {
      chosen.items.remove(index);
      show();
      input.focus();
    });
    item.append(text, remove);
    return item;
  };

  input.addEventListener("change", () => add([...(input.files ?? [])]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") add(/** @type {DragEvent} */ (event).dataTransfer?.files ?? []);
    });
  }
  input.form?.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files?.length) add(files);
  });
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
