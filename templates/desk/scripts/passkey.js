// Passkeys: ask the server for a question, ask the device for the answer, and send the form with it.
// The button stays hidden where the browser knows no passkeys; password and code always do.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const described = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

const asked = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  ...(options.allowCredentials && { allowCredentials: described(options.allowCredentials) }),
  ...(options.excludeCredentials && { excludeCredentials: described(options.excludeCredentials) }),
});

const answered = (credential) => {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((part) => credential.response[part]);
  const response = Object.fromEntries(given.map((part) => [part, text(credential.response[part])]));
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
};

const fill = (form, name, value) => {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: `${form.dataset.prefix ?? ""}${name}`, value });
  form.append(field);
};

const use = async (form) => {
  const question = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
  if (!question.ok) throw new Error(question.status);
  const { step, options } = await question.json();
  const publicKey = asked(JSON.parse(options));
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
  fill(form, "credential", answered(credential));
  form.querySelectorAll(`input[name="${form.dataset.prefix ?? ""}step"]`).forEach((one) => one.remove());
  fill(form, "step", step);
  HTMLFormElement.prototype.submit.call(form);
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const place = form.querySelector("[data-passkey-button]");
  if (!place || !window.PublicKeyCredential) continue;
  const [button, problem] = [place.querySelector("button"), place.querySelector("[role=alert]")];
  place.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await use(form);
    } catch {
      button.disabled = false;
      problem.hidden = false;
    }
  });
}
