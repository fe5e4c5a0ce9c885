// The handle goes to its moment by itself; without this there is a button.
const form = document.querySelector(".moment");
form.querySelector("button").hidden = true;
if (location.search) form.elements.version.focus({ preventScroll: true }); // So that arrow keys go on from here.
form.addEventListener("change", () => form.requestSubmit());
