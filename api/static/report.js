// The report page: photos, place, similar tickets, and drafts that are sent when there is signal.
import { all, drop, keep, newKey } from "./drafts.js";
import { MOST, shrink } from "./photos.js";
import { REFUSED, SENT, WAITING, sendAll } from "./sending.js";

const form = document.querySelector("form.report");
const list = document.querySelector(".drafts ol");
const button = form.querySelector("button.send");
const { account } = form.dataset;
const words = document.querySelector("#words").dataset;
const AGAIN = 15000, PAUSE = 500, KEPT = 3 * 24 * 3600 * 1000;
const strips = { photos: [], after: [] };

const fill = (pattern, facts) => pattern.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const made = (tag, facts = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), facts);
  element.append(...inside);
  return element;
};

// Photos

for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", async () => {
    const taken = [...input.files], name = input.dataset.strip;
    input.value = ""; // What is sent is the strip, not the files.
    for (const file of taken) {
      if (strips[name].length >= MOST) { tell(words.enough); break; }
      try {
        strips[name].push(await shrink(file));
      } catch {
        tell(fill(words.unreadable, { name: file.name }));
      }
      show(name);
    }
  });
}

function show(name) {
  const strip = form.querySelector(`ol.strip[data-strip=${name}]`);
  for (const image of strip.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  strip.replaceChildren(...strips[name].map((photo, nth) => {
    const remove = made("button", { type: "button", className: "plain", textContent: words.remove, ariaLabel: fill(words.removeNth, { n: nth + 1 }) });
    remove.addEventListener("click", () => { strips[name].splice(nth, 1); show(name); });
    const image = made("img", { src: URL.createObjectURL(photo.blob), alt: fill(words.nth, { n: nth + 1 }), width: 96, height: 96 });
    return made("li", {}, image, remove);
  }));
  const placed = strips.photos.find(photo => photo.place);
  if (placed && !form.elements.longitude.value) locate(placed.place, words.fromPhoto);
}

// Place

const ground = form.querySelector("[data-map]");
ground?.addEventListener("tapped", ({ detail }) => locate(detail, words.tapped, detail.datum));
form.querySelector(".where details").addEventListener("change", showPlace);

// The map shows what is written in the form, however it came there.
function showPlace() {
  const [longitude, latitude, datum] = ["longitude", "latitude", "datum"].map(name => form.elements[name].value);
  const place = longitude && latitude && { longitude: Number(longitude), latitude: Number(latitude), datum };
  ground?.dispatchEvent(new CustomEvent("placed", { detail: place || null }));
}

function locate({ longitude, latitude }, from, datum = "wgs84") {
  form.elements.longitude.value = longitude.toFixed(6);
  form.elements.latitude.value = latitude.toFixed(6);
  form.elements.datum.value = datum;
  showPlace();
  form.querySelector(".where output").textContent = from;
  offerSimilar();
}

const here = form.querySelector("button.here");
here.hidden = !("geolocation" in navigator);
here.addEventListener("click", () => {
  const output = form.querySelector(".where output");
  output.textContent = words.locating;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => locate(coords, fill(words.located, { metres: Math.round(coords.accuracy) })),
    () => { output.textContent = words.notLocated; },
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  );
});

// Similar tickets

const similar = form.querySelector(".similar");
let pausing, asking;
function offerSimilar() {
  clearTimeout(pausing);
  pausing = setTimeout(async () => {
    asking?.abort();
    const { text, grid, longitude, latitude, datum } = form.elements;
    if (text.value.trim().length < 4) { similar.hidden = true; return; }
    const asked = { text: text.value.slice(0, 250), grid: grid.value };
    const category = form.querySelector("input[name=category]:checked");
    if (category?.value) asked.category = category.value;
    if (longitude.value && latitude.value) Object.assign(asked, { longitude: +longitude.value, latitude: +latitude.value, datum: datum.value });
    try {
      asking = new AbortController();
      const answer = await fetch("/api/similar", {
        method: "POST", body: JSON.stringify(asked), headers: { "Content-Type": "application/json" }, signal: asking.signal,
      });
      if (answer.ok) showSimilar((await answer.json()).items);
    } catch {
      similar.hidden = true; // Without signal nothing is offered, and nothing is wrong.
    }
  }, PAUSE);
}

function showSimilar(items) {
  const chosen = form.elements.same_as.value;
  similar.querySelector("ul").replaceChildren(...items.map(item => {
    const same = made("input", { type: "checkbox", checked: item.number === chosen });
    same.addEventListener("change", () => {
      for (const other of similar.querySelectorAll("input")) if (other !== same) other.checked = false;
      form.elements.same_as.value = same.checked ? item.number : "";
    });
    const link = made("a", { href: `/tickets/${item.id}`, textContent: `${item.number} ${item.title}` });
    return made("li", {}, link, made("label", {}, same, words.sameAs));
  }));
  similar.hidden = items.length === 0;
}
form.addEventListener("input", event => { if (event.target.type !== "file") offerSimilar(); });

// Drafts

const STATES = { waiting: words.waiting, sending: words.sending, signed_out: words.signedOut };

async function showDrafts() {
  const drafts = (await all()).reverse();
  list.replaceChildren(...drafts.map(draft => {
    const state = made("span", { className: `state ${draft.state}` });
    if (draft.account !== account) state.textContent = fill(words.ofAnother, { account: draft.account });
    else if (draft.state === SENT) state.append(made("a", { href: draft.path, textContent: fill(words.sent, { number: draft.number }) }));
    else if (draft.state === REFUSED) state.textContent = fill(words.refused, { why: draft.why });
    else state.textContent = STATES[draft.state];
    const row = made("li", {}, made("span", { className: "words", textContent: draft.account === account ? draft.title : "" }), state);
    row.dataset.state = draft.state;
    if (draft.account === account && draft.state !== SENT) {
      const edit = made("button", { type: "button", className: "second", textContent: words.edit });
      edit.addEventListener("click", () => takeUp(draft));
      if (draft.state === REFUSED) row.append(edit);
      const remove = made("button", { type: "button", className: "plain", textContent: words.discard });
      remove.addEventListener("click", async () => { await drop(draft.key); showDrafts(); });
      if (draft.state !== "sending") row.append(remove);
    }
    return row;
  }));
  list.closest("section").hidden = drafts.length === 0;
}

// Put a draft that was refused back into the form, with its photos; it is sent anew, under another key.
async function takeUp(draft) {
  form.reset();
  for (const [name, value] of draft.fields) {
    for (const field of form.querySelectorAll(`[name="${name}"]`)) {
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
  }
  Object.assign(strips, { photos: draft.photos, after: draft.after });
  show("photos");
  show("after");
  showPlace();
  await drop(draft.key);
  await showDrafts();
  form.elements.text.focus();
}

async function sendDrafts() {
  await sendAll(account, showDrafts);
  const now = Date.now();
  for (const draft of await all()) if (draft.state === SENT && now - draft.at > KEPT) await drop(draft.key);
  await showDrafts();
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  button.disabled = true;
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "key" && value !== "");
  const title = form.elements.text.value.trim().split("\n")[0].slice(0, 50);
  const draft = { key: newKey(), account, at: Date.now(), title, fields, photos: strips.photos, after: strips.after, state: WAITING };
  try {
    await keep(draft);
  } catch {
    tell(words.noRoom);
    button.disabled = false;
    return;
  }
  form.reset();
  showPlace();
  Object.assign(strips, { photos: [], after: [] });
  show("photos");
  show("after");
  similar.hidden = true;
  form.elements.same_as.value = "";
  button.disabled = false;
  await showDrafts();
  tell(words.kept);
  await sendDrafts();
  const sent = (await all()).find(each => each.key === draft.key);
  if (sent?.state === SENT) location.href = sent.path;
});

function tell(said) {
  document.querySelector(".told-now").textContent = said;
}

function signal() {
  button.textContent = navigator.onLine ? button.dataset.online : button.dataset.offline;
}

addEventListener("online", () => { signal(); sendDrafts(); });
addEventListener("offline", signal);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sendDrafts(); });
setInterval(async () => { if ((await all()).some(draft => draft.state === WAITING)) sendDrafts(); }, AGAIN);
navigator.serviceWorker?.register("/service-worker.js", { scope: "/" });
navigator.storage?.persist?.();
signal();
showPlace();
await showDrafts();
form.dataset.ready = "";
await sendDrafts();
