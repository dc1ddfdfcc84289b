// Makes a part of a page like another one and touches only what differs, so that focus, scroll and selection stay.

/** What a part says, without what differs at every answer or is rewritten in the browser. @param {Element} part */
export function shape(part) {
  const copy = /** @type {Element} */ (part.cloneNode(true));
  for (const field of copy.querySelectorAll("input[type=hidden]")) field.removeAttribute("value");
  for (const time of copy.querySelectorAll("time")) { time.textContent = ""; time.removeAttribute("title"); }
  for (const button of copy.querySelectorAll("button[data-copy]")) button.removeAttribute("hidden");
  for (const message of copy.querySelectorAll("[data-new]")) message.removeAttribute("data-new");
  return copy.outerHTML;
}

/** @param {Element} old @param {Element} fresh */
export function patch(old, fresh) {
  if (shape(old) === shape(fresh)) return;
  // Forms and what has no elements inside are taken whole: modules and fields know them by identity.
  const isWhole = fresh.childElementCount === 0 || old.childElementCount === 0 || fresh instanceof HTMLFormElement;
  if (old.tagName !== fresh.tagName || isWhole || hasText(old) || hasText(fresh)) {
    old.replaceWith(fresh);
    return;
  }
  attributes(old, fresh);
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = old.firstElementChild;
  for (const child of [...fresh.children]) {
    const same = child.id ? known.get(child.id) : place && !place.id ? place : undefined;
    if (!same) {
      old.insertBefore(child, place);
      continue;
    }
    while (place && place !== same) place = dropped(place);
    const next = same.nextElementSibling;
    patch(same, child);
    place = next;
  }
  while (place) place = dropped(place);
}

/** @param {Element} element @returns {Element | null} */
function dropped(element) {
  const next = element.nextElementSibling;
  element.remove();
  return next;
}

/** @param {Element} element */
function hasText(element) {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? "").trim() !== "");
}

/** @param {Element} old @param {Element} fresh */
function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}
