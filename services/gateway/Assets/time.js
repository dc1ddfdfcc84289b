// Times in the browser's own zone and words: relative up to 7 days, exact with the zone on hover.
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const civil = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
// Within this year the year goes without saying; the title has it.
const minuteThisYear = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "numeric", minute: "2-digit",
});
const exact = new Intl.DateTimeFormat(undefined, {
  dateStyle: "full", timeStyle: "long",
});
/** @type {[number, Intl.RelativeTimeFormatUnit, number][]} from seconds, unit, seconds of one */
const units = [[84600, "day", 86400], [3570, "hour", 3600], [45, "minute", 60]];

/** @param {Date} date */
function words(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const distance = Math.abs(seconds);
  if (distance >= 604800) return day.format(date);
  const unit = units.find(([from]) => distance >= from);
  return unit ? relative.format(Math.round(seconds / unit[2]), unit[1]) : relative.format(0, "second");
}

/** @param {Date} date */
function atMinute(date) {
  return (date.getFullYear() === new Date().getFullYear() ? minuteThisYear : minute).format(date);
}

function update() {
  for (const time of document.querySelectorAll("time:not([data-style])")) {
    // A civil date is the same day everywhere: only its spelling follows the browser.
    time.textContent = civil.format(new Date(`${time.getAttribute("datetime")}T00:00:00Z`));
  }
  for (const time of document.querySelectorAll("time[data-style]")) {
    const date = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(date.getTime())) continue;
    const style = time.getAttribute("data-style");
    const text =
      style === "relative" ? words(date) : style === "day" ? day.format(date) : atMinute(date);
    if (time.textContent !== text) time.textContent = text;
    time.setAttribute("title", exact.format(date));
  }
}

update();
setInterval(update, 60_000);
document.addEventListener("portico:changed", update);
