// Narrows a list while one types: [data-filter] holds the search field and the selector of what is narrowed. Without
// JavaScript the form asks the server for the same.
for (const box of document.querySelectorAll("[data-filter]")) {
  const field = box.querySelector("input[type=search]");
  const items = [...document.querySelectorAll(box.getAttribute("data-filter") ?? "")];
  const said = box.querySelector("[role=status]");
  if (!(field instanceof HTMLInputElement) || items.length === 0) continue;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent?.toLowerCase() ?? "";
      const matches = words.every((word) => text.includes(word));
      item.toggleAttribute("hidden", !matches);
      if (matches) shown += 1;
    }
    for (const part of document.querySelectorAll("section:has(> * > ul > [data-operation])")) {
      part.toggleAttribute("hidden", !part.querySelector("[data-operation]:not([hidden])"));
    }
    if (said) said.textContent = `${shown} operations`;
  });
}
