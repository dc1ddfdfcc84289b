// The stream of events of one browser: the visible window that holds the lock listens, and tells the others.

/**
 * @typedef {object} Listener
 * @property {(type: string, resource: string) => void} changed
 * @property {() => void} missed everything may have changed
 * @property {(reason: string) => void} interrupted why the page may be out of date; empty when it is not
 * @property {() => void} ended the session is over
 */

const silence = 60_000;
const patience = 4000;
/** Failures in a row after which the page is asked for. */
const doubtful = 3;

/** @param {string} cursor where the page began @param {Listener} listener */
export function listen(cursor, listener) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("portico-live") : null;
  let last = cursor;
  /** @type {Set<string>} services that are away */
  const away = new Set();
  /** @type {EventSource | undefined} */
  let source;
  /** @type {(() => void) | undefined} lets the next window listen */
  let release;
  let isConnected = true;
  let isOver = false;
  let isWanted = false;
  let isNew = true;
  let failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watch;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let doubt;

  /** @param {string} event @param {string} data @param {string} id */
  function hear(event, data, id) {
    // A window that loads later than the stream has less than the stream brings: it asks for what is between.
    if (id) last = id;
    if (event === "change") {
      const [type, resource = ""] = data.split(" ");
      listener.changed(type, resource);
    } else if (event === "resync" || (event === "hello" && cursor === "")) {
      cursor = id;
      listener.missed();
    } else if (event === "stale") {
      away.add(data);
    } else if (event === "fresh") {
      away.delete(data);
    } else if (event === "signed-out") {
      isOver = true;
      close();
      listener.ended();
    }
    if (event === "hello" || event === "resync") away.clear();
    if (event === "lost" || event === "found") isConnected = event === "found";
    tell();
  }

  function tell() {
    if (isOver || (isConnected && away.size === 0)) {
      clearTimeout(doubt);
      doubt = undefined;
      if (!isOver) listener.interrupted("");
    } else {
      // A hiccup is nobody's business. What is said again meanwhile puts it off no longer.
      doubt ??= setTimeout(() => {
        doubt = undefined;
        listener.interrupted(isConnected ? "Live updates are interrupted; some of this page may be out of date."
          : "You are offline, or the portal cannot be reached. This page may be out of date.");
      }, patience);
    }
  }

  /** @param {string} event @param {string} [data] @param {string} [id] */
  function pass(event, data = "", id = "") {
    channel?.postMessage([event, data, id]);
    hear(event, data, id);
  }

  function open() {
    if (isOver || source || !isWanted) return;
    const stream = new EventSource(`/events?after=${encodeURIComponent(last)}`);
    source = stream;
    for (const event of ["hello", "resync", "change", "beat", "stale", "fresh", "renew", "replaced", "signed-out"]) {
      stream.addEventListener(event, (message) => {
        if (!(message instanceof MessageEvent) || source !== stream) return;
        failures = 0;
        alive();
        if (event === "hello" || event === "resync") pass("found");
        pass(event, message.data, message.lastEventId);
        if (event === "replaced") close();
        if (event === "renew") renew();
      });
    }
    stream.addEventListener("error", () => { if (source === stream) again(); });
    alive();
  }

  /** Comes back soon. A refusal then is most likely the end of the session, which is seen by asking for the page. */
  function renew() {
    again(250 + Math.random() * 1000);
    failures = doubtful - 1;
  }

  function alive() {
    clearTimeout(watch);
    watch = setTimeout(() => again(0), silence);
  }

  /** Connects anew, later after each failure. @param {number} [delay] */
  function again(delay) {
    close();
    if (delay === undefined) {
      failures += 1;
      pass("lost");
      delay = Math.min(500 * 2 ** failures, 30_000) * (0.5 + Math.random() / 2);
    }
    retry = setTimeout(open, delay);
    // Whether it is the session that ended is seen by asking for the page.
    if (failures === doubtful) listener.missed();
  }

  function close() {
    clearTimeout(retry);
    clearTimeout(watch);
    source?.close();
    source = undefined;
  }

  /** A window that nobody sees leaves the stream to one that somebody does. */
  function stand() {
    if (isWanted || isOver) return;
    isWanted = true;
    if (!navigator.locks) return open();
    const held = new Promise((/** @type {(value?: unknown) => void} */ resolve) => { release = resolve; });
    navigator.locks.request("portico-live", () => { open(); return held; });
  }

  function leave() {
    isWanted = false;
    close();
    release?.();
    release = undefined;
  }

  channel?.addEventListener("message", ({ data }) => {
    if (!Array.isArray(data)) return;
    const [event, text, id] = data;
    if (event === "who") {
      // Another window has just loaded: what was told before it listened, it has to ask for.
      if (source) channel.postMessage(["at", "", last]);
    } else if (event !== "at") {
      hear(event, text, id);
    } else if (isNew && !source) {
      isNew = false;
      if (id !== cursor) listener.missed();
    }
  });
  channel?.postMessage(["who", "", ""]);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : stand()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) { stand(); listener.missed(); } });
  if (!document.hidden) stand();
}
