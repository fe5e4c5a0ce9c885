// The EXIF of a JPEG: taken out of the original, given to its smaller copy, and read for the place in it.

const APP1 = 0xe1, START_OF_SCAN = 0xda;
const ORIENTATION = 0x0112, GPS = 0x8825;
const LATITUDE_SIDE = 1, LATITUDE = 2, LONGITUDE_SIDE = 3, LONGITUDE = 4;
const SHORT = 3, RATIONAL = 5, HEAD = 6; // "Exif" and two zeroes stand before the TIFF header.

// What stands in the EXIF segment of a JPEG, or null where there is none.
export function exifOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= bytes.length && view.getUint8(at) === 0xff;) {
    const kind = view.getUint8(at + 1), length = view.getUint16(at + 2);
    if (kind === START_OF_SCAN || length < 2) return null;
    const inside = bytes.subarray(at + 4, at + 2 + length);
    if (kind === APP1 && String.fromCharCode(...inside.subarray(0, 4)) === "Exif") return inside;
    at += 2 + length;
  }
  return null;
}

// The JPEG with this EXIF, which says from now on that it stands upright.
export function withExif(jpeg, exif) {
  const upright = exif.slice();
  const found = entries(upright)?.first.get(ORIENTATION);
  if (found?.type === SHORT) found.view.setUint16(found.at, 1, found.little);
  const head = new Uint8Array([0xff, 0xd8, 0xff, APP1, (upright.length + 2) >> 8, (upright.length + 2) & 255]);
  return new Blob([head, upright, jpeg.subarray(2)], { type: "image/jpeg" });
}

// Longitude and latitude in degrees (WGS-84 by the standard of EXIF), or null.
export function placeOf(exif) {
  const gps = entries(exif)?.gps;
  if (!gps) return null;
  const longitude = degrees(gps.get(LONGITUDE), gps.get(LONGITUDE_SIDE), "W");
  const latitude = degrees(gps.get(LATITUDE), gps.get(LATITUDE_SIDE), "S");
  const known = Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 && (longitude || latitude);
  return known ? { longitude, latitude } : null;
}

function entries(exif) {
  try {
    const view = new DataView(exif.buffer, exif.byteOffset + HEAD, exif.byteLength - HEAD);
    const little = view.getUint16(0) === 0x4949;
    const first = directory(view, view.getUint32(4, little), little);
    const gps = first.get(GPS);
    return { first, gps: gps && directory(view, view.getUint32(gps.at, little), little) };
  } catch (problem) {
    if (problem instanceof RangeError) return null; // It ends too early: it says nothing.
    throw problem;
  }
}

function directory(view, start, little) {
  const found = new Map();
  const count = view.getUint16(start, little);
  for (let nth = 0; nth < count; nth++) {
    const at = start + 2 + nth * 12;
    found.set(view.getUint16(at, little), { view, little, type: view.getUint16(at + 2, little), at: at + 8 });
  }
  return found;
}

function degrees(entry, side, negative) {
  if (entry?.type !== RATIONAL || !side) return NaN;
  const { view, little } = entry;
  try {
    const start = view.getUint32(entry.at, little);
    const part = nth => view.getUint32(start + nth * 8, little) / view.getUint32(start + nth * 8 + 4, little);
    const found = part(0) + part(1) / 60 + part(2) / 3600;
    return String.fromCharCode(view.getUint8(side.at)) === negative ? -found : found;
  } catch (problem) {
    if (problem instanceof RangeError) return NaN;
    throw problem;
  }
}
