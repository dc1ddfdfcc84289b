// Copies the text of a [data-copy] button and says so.
function show() {
  for (const button of document.querySelectorAll("button[data-copy]")) button.removeAttribute("hidden");
}

if (navigator.clipboard) {
  show();
  document.addEventListener("portico:changed", show);
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
    if (!button) return;
    const text = button.getAttribute("data-copy") ?? "";
    const say = (/** @type {string} */ detail) =>
      document.dispatchEvent(new CustomEvent("portico:toast", { detail }));
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied ${text}`);
    } catch {
      say("The browser did not allow copying. Select the text instead.");
    }
  });
}
