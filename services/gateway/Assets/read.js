// Who looks at a conversation has read it. Looking never writes, so the form that says so sends itself; without scripts
// its button does. How much was new stays to be seen, and nothing moves.
for (const place of document.querySelectorAll("[data-mark-read]")) {
  const form = place.querySelector("form");
  if (!form) continue;
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.append(name, String(value));
  fields.append("quiet", "true");
  fetch(form.action, { method: "POST", body: fields }).then(
    (answer) => {
      if (answer.ok) place.querySelector("button")?.remove();
    },
    () => {
      // The button stays.
    },
  );
}
