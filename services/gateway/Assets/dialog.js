// Links with data-dialog open their <dialog> as a modal; [data-close] and a click beside it close
// it; focus returns to the link. Without this script the link leads to the dialog by :target.
document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("a[data-dialog]");
  const dialog = opener && document.getElementById(opener.getAttribute("data-dialog") ?? "");
  if (dialog instanceof HTMLDialogElement && !event.defaultPrevented) {
    event.preventDefault();
    dialog.showModal();
    dialog.addEventListener("close", () => /** @type {HTMLElement} */ (opener).focus(), { once: true });
    return;
  }
  const inside = target.closest("dialog");
  const close = target.closest("[data-close]");
  if (inside && (close || target === inside) && inside.open && !inside.matches(":target")) {
    event.preventDefault();
    inside.close();
  }
});

for (const opener of document.querySelectorAll("a[data-dialog]")) {
  opener.setAttribute("aria-haspopup", "dialog");
}
