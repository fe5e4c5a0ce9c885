// Says every countdown anew, by the patterns that came with the page.
const { patterns: written, now: told } = document.body.dataset;
const patterns = JSON.parse(written);
const ahead = Date.parse(told) - Date.now();

const fill = (pattern, facts) => pattern.replace(/\{(\w+)\}/g, (_, name) => facts[name]);

export function countdown(due) {
  const late = due < Date.now() + ahead;
  const minutes = Math.floor(Math.abs(due - Date.now() - ahead) / 60000);
  const hours = Math.floor(minutes / 60), days = Math.floor(minutes / 1440);
  const facts = { minutes: minutes % 60, hours: hours % 24, days };
  const name = minutes < 1 ? "moment" : hours < 1 ? "minutes"
    : days < 1 ? (minutes % 60 ? "hours_minutes" : "hours")
    : (hours % 24 && days < 7 ? "days_hours" : "days");
  return { late, text: fill(late ? patterns.over : patterns.left, { length: fill(patterns[name], facts) }) };
}

export function sayCountdowns(within = document) {
  for (const time of within.querySelectorAll("time[data-due]")) {
    const { late, text } = countdown(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
    time.classList.toggle("overdue", late);
  }
}

setInterval(sayCountdowns, 30000);
document.addEventListener("visibilitychange", () => sayCountdowns());
