// Keeps the parts of a page that have data-live up to date: when something happens that a part is about, the page
// is fetched again and the part takes its place, without losing focus, scroll or what is being written.
// One window of a browser listens for all of them. Without this script the page is right when it is loaded.
import { listen } from "./live-stream.js";
import { patch, shape } from "./live-patch.js";

/** What the server wrote, before other modules changed it. @type {Map<string, string>} */
const written = new Map();
for (const part of parts(document)) written.set(name(part), shape(part));
/** @type {Set<string>} */
const dirty = new Set();
let isFetching = false;
/** Loads in a row that brought no page. */
let failures = 0;
let isOver = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const start = document.querySelector("meta[name=live]");
const status = document.createElement("p");
status.className = "live-status";
status.setAttribute("role", "status");
const bar = document.createElement("p");
bar.className = "live-bar";
bar.setAttribute("role", "status");
bar.hidden = true;

if (start && parts(document).length > 0) {
  document.body.append(status, bar);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    clearTimeout(timer);
    timer = undefined;
    plan(0);
  });
  listen(start.getAttribute("content") ?? "", {
    changed(type, resource) {
      for (const part of parts(document)) if (concerns(part, type, resource)) dirty.add(name(part));
      plan(100 + Math.random() * 300);
    },
    missed() {
      for (const part of parts(document)) dirty.add(name(part));
      plan(Math.random() * 500);
    },
    interrupted(reason) {
      // That the session is over is the last word.
      if (isOver) return;
      bar.hidden = reason === "";
      if (bar.textContent !== reason) bar.textContent = reason;
    },
    ended: leave,
  });
  // What no event tells of is asked for by the clock.
  for (const part of parts(document)) {
    const seconds = Number(part.dataset.liveEvery);
    if (seconds > 0) setInterval(() => { dirty.add(name(part)); plan(0); }, seconds * 1000);
  }
}

/** @param {ParentNode} root @returns {HTMLElement[]} */
function parts(root) { return [...root.querySelectorAll("[data-live]")].filter((part) => part instanceof HTMLElement); }

/** @param {HTMLElement} part */
function name(part) { return part.dataset.live ?? ""; }

/** `ticket.` is every type that begins so; `accounts/a/tickets/1` is it and all inside it. */
/** @param {HTMLElement} part @param {string} type @param {string} resource */
function concerns(part, type, resource) {
  return (part.dataset.liveOn ?? "").split(" ").some((word) =>
    word.includes("/") ? resource === word || resource.startsWith(`${word}/`) : word !== "" && type.startsWith(word));
}

/** @param {number} delay */
function plan(delay) {
  if (document.hidden || isOver || isFetching || timer !== undefined || dirty.size === 0) return;
  timer = setTimeout(() => { timer = undefined; load(); }, delay);
}

function load() {
  isFetching = true;
  const wanted = [...dirty];
  dirty.clear();
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.timeout = 15_000;
  request.setRequestHeader("x-portico-background", "1");
  request.onloadend = () => {
    isFetching = false;
    const page = request.status === 200 ? request.responseXML : null;
    failures = page ? 0 : failures + 1;
    if (page && new URL(request.responseURL).pathname === location.pathname) {
      for (const key of wanted) take(key, page);
      document.dispatchEvent(new CustomEvent("portico:changed"));
    } else if (page) {
      leave();
    } else {
      for (const key of wanted) dirty.add(key);
    }
    // After a failure it is tried again, later each time: a portal in trouble is not helped by its open pages.
    plan(Math.min(1000 * 2 ** failures, 15_000) * (failures ? 0.5 + Math.random() / 2 : 1));
  };
  request.send();
}

/** @param {string} key @param {Document} page */
function take(key, page) {
  const find = (/** @type {Document} */ root) => parts(root).find((part) => name(part) === key);
  const [old, fresh] = [find(document), find(page)];
  if (!old || !fresh) return;
  const now = shape(fresh);
  if (written.get(key) === now) return;
  if (isInUse(old)) return offer();
  const known = new Set([...old.querySelectorAll("[id]")].map((each) => each.id));
  patch(old, document.importNode(fresh, true));
  written.set(key, now);
  const added = [...old.querySelectorAll(".message[id]")].filter((each) => !known.has(each.id));
  for (const message of added) message.setAttribute("data-new", "");
  if (added.length > 0) arrive(added);
  else if (old.dataset.liveSay) say(old.dataset.liveSay);
}

/** Somebody is typing in it, or has chosen something there. @param {HTMLElement} part */
function isInUse(part) {
  const active = document.activeElement;
  if (active && part.contains(active) && active.matches("input, textarea, select")) return true;
  return [...part.querySelectorAll("input, textarea, select")].some((field) => {
    if (field instanceof HTMLSelectElement) return [...field.options].some((each) => each.selected !== each.defaultSelected && field.options.length > 1 && each.defaultSelected);
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    if (field instanceof HTMLInputElement && field.type === "hidden") return false;
    return (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) && field.value !== field.defaultValue;
  });
}

/** Messages that came by themselves; a warning where an answer is being written. @param {Element[]} added */
function arrive(added) {
  const count = added.length === 1 ? "A new message" : `${added.length} new messages`;
  const box = document.querySelector("form.composer textarea");
  const isWriting = box instanceof HTMLTextAreaElement && box.value.trim() !== "";
  say(isWriting ? `${count} arrived while you were writing.` : `${count} arrived.`);
  if (!isWriting) return;
  const form = box.closest("form");
  const note = form?.parentElement?.querySelector(".live-note") ?? document.createElement("p");
  note.className = "live-note";
  const link = document.createElement("a");
  link.href = `#${added[0].id}`;
  link.textContent = "Read it first";
  note.replaceChildren(`${count} arrived while you were writing. `, link);
  form?.before(note);
}

/** A part that cannot be changed under somebody's hands. */
function offer() {
  const again = document.createElement("a");
  again.href = location.href;
  again.textContent = "Load it again";
  bar.replaceChildren("This page has changed. ", again);
  bar.hidden = false;
}

/** The session is over. */
function leave() {
  isOver = true;
  const link = document.createElement("a");
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = "Sign in again";
  bar.replaceChildren("You have been signed out. ", link);
  bar.hidden = false;
}

/** @param {string} text */
function say(text) { status.textContent = text; }
