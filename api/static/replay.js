// The handle goes to its moment by itself; without this there is a button.
const form = document.querySelector(".moment");
form.querySelector("button").hidden = true;
form.addEventListener("change", () => form.requestSubmit());
