// Saves the draft on the server while somebody writes. Without this script, or without a connection, the buttons do it.
const form = document.getElementById("draft");
const saved = document.getElementById("saved");
const problem = document.getElementById("unsaved");
const PAUSE = 1500, AGAIN = 15000;
let timer = 0, saving = null, changed = false, leaving = false;

const later = (wait) => { clearTimeout(timer); timer = setTimeout(save, wait); };

const fields = () => {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
};

const say = (words) => { problem.textContent = words; problem.hidden = !words; if (words) saved.textContent = ""; };

const address = () => `${/^\/desk\/drafts\//.test(new URL(form.action).pathname) ? new URL(form.action).pathname : "/desk/write"}/autosave`;

// Signed in again in another tab: the form needs the token of the new session.
const renew = async () => {
  const answer = await fetch("/desk/write", { redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("#draft input[name=csrf]")?.value;
  if (!token) return;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token;
  later(0);
};

const took = async (answer) => {
  const { url, version } = await answer.json();
  form.elements.version.value = version;
  if (new URL(form.action).pathname !== url) {
    form.action = url;
    history.replaceState(null, "", url);
  }
  say("");
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  saved.textContent = form.dataset.saved.replace("{time}", time);
};

const refused = async (answer) => {
  changed = true;
  if (answer.status === 401 || answer.status === 403) {
    const ours = (answer.headers.get("content-type") ?? "").startsWith("application/json");
    if (!ours) return say(form.dataset.signedOut);
  }
  if (answer.status >= 500) { later(AGAIN); return say(form.dataset.offline); }
  const why = await answer.json().then((found) => found.error, () => String(answer.status));
  say(form.dataset.refused.replace("{why}", why));
};

const send = async () => {
  changed = false;
  try {
    const answer = await fetch(address(), { method: "POST", body: fields(), redirect: "error" });
    await (answer.ok ? took(answer) : refused(answer));
  } catch {
    changed = true;
    say(form.dataset.offline);
    later(AGAIN);
  }
};

function save() {
  if (saving || leaving || !changed) return;
  saving = send().finally(() => { saving = null; if (changed && problem.hidden) later(PAUSE); });
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  changed = true;
  if (problem.hidden) saved.textContent = form.dataset.unsaved;
  later(PAUSE);
});

form.addEventListener("submit", (event) => {
  if (saving) {  // or two versions of the same words would meet
    const button = event.submitter;
    event.preventDefault();
    saving.then(() => form.requestSubmit(button));
    return;
  }
  leaving = true;
  clearTimeout(timer);
});

addEventListener("pageshow", () => { leaving = false; });
addEventListener("online", () => later(0));
addEventListener("focus", () => { if (!problem.hidden) renew(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
addEventListener("beforeunload", (event) => { if (changed && !leaving) event.preventDefault(); });
