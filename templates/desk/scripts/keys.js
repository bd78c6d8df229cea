// One key for each main act, unless somebody is writing. They are listed on "?", where they can also be switched off.
const places = new Map([["d", "/desk/"], ["w", "/desk/write"], ["c", "/desk/conversation"], ["p", "/desk/posts"], ["m", "/desk/more"], ["/", "/desk/lookup"]]);
const OFF = "keys-off";

const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const writing = (target) => target.isContentEditable || /^(textarea|select)$/i.test(target.tagName)
  || (/^input$/i.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type));

const items = () => [...document.querySelectorAll("main article, main ul.rows > li")].filter((one) => one.checkVisibility());
const here = () => document.activeElement?.closest("main article, main ul.rows > li");

function go(step) {
  const all = items();
  const next = all[here() ? all.indexOf(here()) + step : step > 0 ? 0 : -1];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// The choice stands in this browser only: for those whose voice or hand presses keys by accident.
function choice(root) {
  const box = root.querySelector("[data-keys]");
  if (!box) return;
  box.closest("label").hidden = false;
  box.checked = !off();
  box.addEventListener("change", () => { try { localStorage.setItem(OFF, box.checked ? "0" : "1"); } catch { box.checked = true; } });
}

async function list() {
  if (document.querySelector("dialog[open]")) return;
  const answer = await fetch("/desk/keys").catch(() => null);
  const found = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!found) { location.assign("/desk/keys"); return; }
  const dialog = document.createElement("dialog");
  dialog.append(...found.childNodes);
  const form = document.createElement("form");
  form.method = "dialog";
  const button = document.createElement("button");
  button.textContent = document.querySelector("[data-close]").dataset.close;
  button.autofocus = true;
  form.append(button);
  dialog.append(form);
  const title = dialog.querySelector("h1");
  title.id = "keys-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  choice(dialog);
  dialog.showModal();
}

choice(document);
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (event.key === "?") { event.preventDefault(); list(); return; }
  if (off() || document.querySelector("dialog[open]")) return;
  const place = places.get(event.key);
  if (place) { event.preventDefault(); location.assign(place); }
  else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "o") here()?.querySelector("a[href]")?.click();
  else if (event.key === "x") here()?.querySelector("input[type=checkbox]")?.click();
});
