// What is shown moves by itself: the queue when its view has moved, the ticket when it has another version.
// Nothing is touched that somebody is at: neither focus, nor what is typed, nor the row under the pointer.
import { sayCountdowns } from "./page.js";

const queue = document.querySelector("[data-live]");
const ticket = document.querySelector("article[data-ticket]");
let seen = null;
const PAUSE = 4000;

async function fragment(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return null;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

const busy = (row) => row && (row.matches(":hover") || row.contains(document.activeElement));

async function refreshQueue() {
  const fresh = await fragment(queue.dataset.from);
  const lines = queue.querySelector(".lines"), freshLines = fresh?.querySelector(".lines");
  if (!fresh) return;
  if (!lines || !freshLines) {
    if (!queue.contains(document.activeElement)) queue.replaceChildren(...fresh.children);
    return;
  }
  const before = new Map([...lines.children].map((row) => [row.dataset.id, row]));
  const wanted = [...freshLines.children];
  const kept = new Set(wanted.map((row) => row.dataset.id));
  for (const [id, row] of before) if (!kept.has(id) && !busy(row)) row.remove();
  // The row somebody is at stays where it is on the screen: what comes above it is scrolled past.
  const held = [...lines.children].find(busy), stood = held?.getBoundingClientRect().top;
  let last = null;
  for (const row of wanted) {
    const old = before.get(row.dataset.id);
    if (old?.querySelector("[aria-current]")) row.querySelector("a").setAttribute("aria-current", "true");
    if (old?.querySelector("input:checked")) row.querySelector("input").checked = true;
    const shown = old && (busy(old) || old.outerHTML === row.outerHTML) ? old : row;
    if (old && shown !== old) old.replaceWith(shown);
    if (!busy(shown) && (last ? last.nextElementSibling !== shown : lines.firstElementChild !== shown)) {
      last ? last.after(shown) : lines.prepend(shown);
    }
    if (!old) shown.classList.add("new");
    last = shown;
  }
  if (held) queue.scrollTop += held.getBoundingClientRect().top - stood;
  const head = queue.querySelector(".queue-head");
  if (!head.contains(document.activeElement)) head.replaceWith(fresh.querySelector(".queue-head"));
  sayCountdowns(queue);
}

async function refreshTicket() {
  const { ticket: id, version } = ticket.dataset;
  const answer = await fetch(`/tickets/${id}/version`);
  if (!answer.ok || (await answer.text()) === version) return;
  const fresh = (await fragment(location.href))?.querySelector(`article[data-ticket="${id}"]`);
  if (!fresh) return;
  const typing = [...ticket.querySelectorAll(".step form")].some((form) =>
    form.contains(document.activeElement)
    || [...form.elements].some((field) => field.defaultValue !== undefined && field.type !== "hidden"
      && (field.value !== field.defaultValue || field.checked !== field.defaultChecked)));
  for (const part of [".ticket-head", ".lanes", ".galleries", ".clocks", ".told", ...(typing ? [] : [".steps"])]) {
    const old = ticket.querySelector(part), now = fresh.querySelector(part);
    if (old && now) old.replaceWith(now);
    else if (old && part === ".steps") old.remove();
  }
  // Where somebody writes, the form keeps the version they saw: what it asks is then answered kindly.
  ticket.dataset.version = fresh.dataset.version;
  ticket.querySelector("[data-moved]").hidden = !typing;
  sayCountdowns(ticket);
}

if (queue || ticket) {
  const moves = new EventSource("/live");
  let under = null, again = false;
  const refresh = async () => {
    if (under) { again = true; return; }
    do {
      again = false;
      under = Promise.all([queue && refreshQueue(), ticket && refreshTicket()]);
      await under.catch(() => {});
      // In busy hours news come all the time: each page asks every few seconds, and not all at once.
      document.body.dataset.fresh = String(Number(document.body.dataset.fresh ?? 0) + 1);
      await new Promise((done) => setTimeout(done, PAUSE * (1 + Math.random() / 4)));
      under = null;
    } while (again);
  };
  moves.addEventListener("moved", (event) => {
    const stands = event.data.split("\n").find((line) => line.startsWith("overdue "));
    if (seen !== null && stands !== seen) refresh();
    seen = stands;
    document.body.dataset.live = "yes";
  });
}
