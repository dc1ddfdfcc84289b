// One click sends a form once: the button turns busy, a second submit is dropped. The request id in
// the form makes the server safe as well; this saves the person the doubt.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method === "dialog" || event.defaultPrevented) return;
  if (form.hasAttribute("data-sending")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("data-sending", "");
  const button = event.submitter;
  // Not `disabled`: a disabled button's name and value would not be sent.
  if (button instanceof HTMLButtonElement && button.classList.contains("btn")) {
    button.setAttribute("aria-busy", "true");
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    button.querySelector(".icon")?.setAttribute("hidden", "");
    button.prepend(spinner);
  }
});

// Coming back by the Back button: the page is shown as it was left, so forms work again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) {
    form.removeAttribute("data-sending");
    for (const button of form.querySelectorAll("button[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.querySelector(".spinner")?.remove();
      button.querySelector(".icon")?.removeAttribute("hidden");
    }
  }
});
