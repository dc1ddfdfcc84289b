// Copies the text of a [data-copy] button and says so.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.removeAttribute("hidden");
  button.addEventListener("click", async () => {
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
