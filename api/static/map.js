// Maps: points on the town's tiles, or on an empty ground with a scale where there are no tiles or no signal.
// A tap is told to the page as `tapped`; the page tells `placed` where its one point is, or null for nowhere.
import { toGcj02, toWgs84 } from "./datum.js";

const NEAREST = 19, NEAR = 17, CHINA = [[35, 105], 4];
const POINT = 24, LEAST = 28, LARGEST = 64, NAMED = 8;
let library;

// Leaflet is loaded by the first map of a page, and by no page without one.
function leaflet({ library: script, looks }) {
  const loaded = element => new Promise((done, fail) => {
    Object.assign(element, { onload: done, onerror: fail });
    document.head.append(element);
  });
  return library ??= Promise.all([
    loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: looks })),
    loaded(Object.assign(document.createElement("script"), { src: script })),
  ]).then(() => window.L);
}

async function draw(box) {
  const { tiles, datum, marks, words } = JSON.parse(box.dataset.map);
  let map, point, place = null, tapped = false, L;
  const here = each => each.datum === datum ? each : (datum === "gcj02" ? toGcj02 : toWgs84)(each);
  const show = () => {
    point?.remove();
    point = place && mark(L, { kind: "ticket", at: [place.latitude, place.longitude], name: "" }).addTo(map);
    if (point && !tapped) map.setView(point.getLatLng(), Math.max(map.getZoom(), NEAR));
  };
  box.addEventListener("placed", ({ detail }) => {
    place = detail && Number.isFinite(detail.longitude + detail.latitude) ? here(detail) : null;
    if (map) show();
  });

  L = await leaflet(box.dataset);
  map = L.map(box, {
    attributionControl: false, zoomControl: false, zoomAnimation: false, fadeAnimation: false, maxZoom: NEAREST,
    // One finger scrolls the page, two move the map.
    dragging: !L.Browser.mobile, scrollWheelZoom: false,
    zoomSnap: tiles ? 1 : 0, // Tiles are sharp at whole steps alone.
  });
  L.control.zoom({ zoomInTitle: words.nearer, zoomOutTitle: words.farther }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  if (tiles) L.tileLayer(tiles, { maxZoom: NEAREST, maxNativeZoom: 18 }).addTo(map);
  const fit = () => marks.length
    ? map.fitBounds(marks.map(({ at }) => at), { padding: [36, 36], maxZoom: NEAR }) : map.setView(...CHINA);
  fit();
  // A phone that is turned shows all of it again, unless somebody has moved it.
  let touched = false;
  box.addEventListener("pointerdown", () => { touched = true; });
  map.on("resize", () => touched || point || fit());
  const most = Math.max(...marks.map(({ many }) => many));
  // Small circles lie on large ones, so that each can be pressed.
  marks.forEach((each, nth) => mark(L, each, most, nth < NAMED).addTo(map));
  // The same is said beside the map in words, which are easier to walk through.
  map.getPane("markerPane").ariaHidden = "true";
  map.on("click", ({ latlng: { lat, lng } }) => {
    tapped = true; // What was tapped stays under the finger.
    box.dispatchEvent(new CustomEvent("tapped", { detail: { longitude: lng, latitude: lat, datum } }));
    tapped = false;
  });
  show();
  box.dataset.drawn = "";
}

function mark(L, { kind, at, name, many, link }, most, named) {
  const said = document.createElement(link ? "a" : "span");
  said.textContent = many || name;
  said.title = name;
  if (link) Object.assign(said, { href: link, tabIndex: -1 });
  // The area of a circle, not its width, is as large as its number.
  const size = kind === "hot" ? Math.max(LEAST, LARGEST * Math.sqrt(many / most)) : POINT;
  const icon = L.divIcon({ className: `mark mark-${kind}${named ? " named" : ""}`, html: said, iconSize: kind === "grid" ? [0, 0] : [size, size] });
  return L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 * (many ?? 0) });
}

for (const box of document.querySelectorAll("[data-map]")) draw(box).catch(() => { box.hidden = true; });
