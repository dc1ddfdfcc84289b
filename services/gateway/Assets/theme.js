// The theme changes at once; the form's post, which sets the cookie, goes in the background.
for (const form of document.querySelectorAll("form.theme-switch")) {
  form.addEventListener("submit", async (event) => {
    const button = /** @type {SubmitEvent} */ (event).submitter;
    if (!(button instanceof HTMLButtonElement) || !(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    const before = document.documentElement.dataset.theme;
    show(form, button.value);
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) body.append(name, String(value));
    body.set(button.name, button.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.status >= 400) show(form, before ?? "system");
    } catch {
      show(form, before ?? "system");
    }
  });
}

/** @param {HTMLFormElement} form @param {string} theme */
function show(form, theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}
