// Checks a field after it was left, never while typing, and writes the message where the server
// would (U-12). The error summary of a refused form takes the focus.
/** @param {HTMLInputElement} field */
function message(field) {
  const check = field.validity;
  const label = field.labels?.[0]?.firstChild?.textContent?.trim() ?? "This field";
  if (check.valueMissing) return `${label} is required`;
  if (check.typeMismatch && field.type === "email") return "Enter an e-mail address such as name@example.com";
  if (check.badInput || check.typeMismatch) return `${label} is not valid`;
  return "";
}

/** @param {HTMLInputElement} field @param {string} text */
function show(field, text) {
  const place = document.getElementById(`${field.id}-error`);
  if (!place) return;
  place.textContent = text;
  field.closest(".field")?.toggleAttribute("data-invalid", text !== "");
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

let isPressed = false;
document.addEventListener("pointerdown", () => (isPressed = true), { capture: true });
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => (isPressed = false), { capture: true });
}

document.addEventListener("focusout", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) return;
  if (field.type === "file" || !field.form?.hasAttribute("novalidate")) return;
  const touched = field.value !== "" || field.hasAttribute("data-touched");
  const input = /** @type {HTMLInputElement} */ (field);
  if (!touched) return;
  // A message that comes or goes moves what is below it: not while a button there is being pressed, which would
  // then miss its click.
  const check = () => show(input, message(input));
  if (isPressed) document.addEventListener("pointerup", () => setTimeout(check), { once: true });
  else check();
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  field.setAttribute("data-touched", "");
});

const summary = document.querySelector("[data-focus]");
if (summary instanceof HTMLElement) summary.focus();
