// Counts Unicode scalars, as the server does: an emoji with a skin tone is two (D-58). The count
// shows near the limit; screen readers hear it when typing rests.
for (const field of document.querySelectorAll("[data-limit]")) {
  const place = document.getElementById(`${field.id}-count`);
  const limit = Number(field.getAttribute("data-limit"));
  if (!place) continue;
  const spoken = document.createElement("span");
  spoken.className = "unseen";
  spoken.setAttribute("role", "status");
  place.after(spoken);
  let timer = 0;
  const count = () => {
    const value = /** @type {HTMLInputElement} */ (field).value.replace(/\r\n/g, "\n");
    const used = [...value].length;
    place.textContent = `${used.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`;
    place.toggleAttribute("data-near", used > limit * 0.8);
    place.toggleAttribute("data-over", used > limit);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (used > limit * 0.9) spoken.textContent = place.textContent;
    }, 1000);
  };
  field.addEventListener("input", count);
}
