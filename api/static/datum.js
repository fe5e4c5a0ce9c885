// China's public maps are shifted: where a point by WGS-84 lies on them. The same as domain/datum.py, which says more;
// a test holds the two together. Needed here, as positioning and photos speak WGS-84 also where there is no signal.
const EQUATOR = 6378245, ECCENTRICITY = 0.006693421622965943, CENTRE = [105, 35];
const WEST = 72.004, EAST = 137.8347, SOUTH = 0.8293, NORTH = 55.8271;

const radians = degrees => degrees * Math.PI / 180;
const wave = (perHalfTurn, degrees) => Math.sin(perHalfTurn * degrees * Math.PI);

// The shift hardly changes over its own length, so that one step back is right to a metre: enough for a dot.
export function toWgs84(there) {
  const twice = toGcj02(there);
  return { longitude: 2 * there.longitude - twice.longitude, latitude: 2 * there.latitude - twice.latitude };
}

export function toGcj02({ longitude, latitude }) {
  if (longitude < WEST || longitude > EAST || latitude < SOUTH || latitude > NORTH) return { longitude, latitude };
  const x = longitude - CENTRE[0], y = latitude - CENTRE[1];
  const waves = 20 * wave(6, x) + 20 * wave(2, x);
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
    + (waves + 20 * wave(1, x) + 40 * wave(1 / 3, x) + 150 * wave(1 / 12, x) + 300 * wave(1 / 30, x)) * 2 / 3;
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
    + (waves + 20 * wave(1, y) + 40 * wave(1 / 3, y) + 160 * wave(1 / 12, y) + 320 * wave(1 / 30, y)) * 2 / 3;
  const bend = 1 - ECCENTRICITY * Math.sin(radians(latitude)) ** 2;
  const perDegreeEast = radians(EQUATOR / Math.sqrt(bend) * Math.cos(radians(latitude)));
  const perDegreeNorth = radians(EQUATOR * (1 - ECCENTRICITY) / bend ** 1.5);
  return { longitude: longitude + east / perDegreeEast, latitude: latitude + north / perDegreeNorth };
}
