// Keeps what is typed into a form with data-draft in this browser, until the page that follows the
// saved form says so (<meta name="draft-saved">): it survives reload, crash and an ended session.
// Whoever else signs in here does not see it. Passwords, files and hidden fields are never kept.
// Drafts leave after 30 days.
const every = "draft:";
const prefix = `${every}${meta("viewer") ?? ""}:`;
const month = 30 * 24 * 3600 * 1000;

for (const key of Object.keys(localStorage)) {
  if (!key.startsWith(every)) continue;
  const saved = read(key);
  if (!saved || Date.now() - saved.at > month) localStorage.removeItem(key);
}
const done = meta("draft-saved");
if (done) localStorage.removeItem(prefix + done);

for (const form of document.querySelectorAll("form[data-draft]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  const key = prefix + form.dataset.draft;
  const saved = read(key);
  if (saved) restore(form, saved.values);
  form.addEventListener("input", () => {
    /** @type {Record<string, string>} */
    const values = {};
    for (const field of fields(form)) if (field.value !== field.defaultValue) values[field.name] = field.value;
    for (const choice of choices(form)) if (choice.checked && !choice.defaultChecked) values[choice.name] = choice.value;
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
    } catch (error) {
      console.info("The draft is not kept: the browser's storage is full or off.", error);
    }
  });
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
function fields(form) {
  return /** @type {HTMLInputElement[]} */ (
    [...form.elements].filter((field) =>
      field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && ["text", "email", "tel", "date", "number", "url"].includes(field.type)))
  );
}

/** What is chosen, such as who may read a reply. @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
function choices(form) {
  return /** @type {HTMLInputElement[]} */ (
    [...form.elements].filter((field) => field instanceof HTMLInputElement && field.type === "radio")
  );
}

/** @param {HTMLFormElement} form @param {Record<string, string>} values */
function restore(form, values) {
  for (const choice of choices(form)) if (values[choice.name] === choice.value) choice.checked = true;
  for (const field of fields(form)) {
    // What the server sent back (a refused form) is newer than the draft.
    if (field.value === "" && values[field.name]) {
      field.value = values[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

/** @param {string} name @returns {string | null} */
function meta(name) {
  return document.querySelector(`meta[name=${name}]`)?.getAttribute("content") ?? null;
}

/** @param {string} key @returns {{at: number, values: Record<string, string>} | null} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
