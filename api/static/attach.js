// Photos that go with a form are made smaller before it is sent; as they are where the browser cannot read them.
import { shrink } from "./photos.js";

document.addEventListener("change", async ({ target }) => {
  if (target.type !== "file" || target.name !== "files") return;
  const buttons = target.form.querySelectorAll("button");
  for (const each of buttons) each.disabled = true;
  const smaller = new DataTransfer();
  for (const file of target.files) {
    const blob = await shrink(file).then(photo => photo.blob, () => file);
    smaller.items.add(new File([blob], file.name, { type: blob.type }));
  }
  target.files = smaller.files;
  for (const each of buttons) each.disabled = false;
});
