// A form that was sent says so, and is not sent twice. Leaving and coming back makes it new.
const said = document.querySelector("[data-busy]");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.ariaBusy === "true") { event.preventDefault(); return; }
  form.ariaBusy = "true";
  if (said) said.textContent = said.dataset.busy;
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.ariaBusy = null;
  if (said) said.textContent = "";
});
