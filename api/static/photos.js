// Photos are made smaller on the phone, and keep what their EXIF says of when and where.
import { exifOf, placeOf, withExif } from "./exif.js";

const EDGE = 2048, QUALITY = 0.85;
export const MOST = 9;

// The photo as it is sent, and the place its EXIF names. Fails where the browser cannot read it.
export async function shrink(file) {
  const original = new Uint8Array(await file.arrayBuffer());
  const exif = exifOf(original);
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, EDGE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#fff";
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const drawn = await new Promise(done => canvas.toBlob(done, "image/jpeg", QUALITY));
  const place = exif && placeOf(exif);
  // The original stays where drawing it anew would gain nothing.
  if (file.type === "image/jpeg" && original.length <= drawn.size) return { blob: new Blob([original], { type: file.type }), place };
  if (!exif) return { blob: drawn, place };
  return { blob: withExif(new Uint8Array(await drawn.arrayBuffer()), exif), place };
}
