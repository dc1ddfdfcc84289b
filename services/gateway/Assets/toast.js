// Toasts leave after 6 s; while one is hovered or focused it stays.
const place = document.querySelector("[data-toasts]");

/** @param {Element} toast */
function start(toast) {
  let timer = 0;
  const run = () => { timer = window.setTimeout(() => toast.remove(), 6000); };
  const stop = () => window.clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stop(); run(); });
  const close = toast.querySelector("[data-close-toast]");
  close?.removeAttribute("hidden");
  close?.addEventListener("click", () => { stop(); toast.remove(); });
  run();
}

place?.querySelectorAll("[data-toast]:not([data-stay])").forEach(start);

// Other scripts say something by this event: new CustomEvent("portico:toast", { detail: "Copied" }).
document.addEventListener("portico:toast", (event) => {
  const toast = document.createElement("div");
  toast.className = "toast";
  const text = document.createElement("p");
  text.textContent = String(/** @type {CustomEvent} */ (event).detail);
  toast.append(text);
  place?.append(toast);
  start(toast);
});
