// A Desk that stays open says in its title how much waits: no sound, no pop-up, one small question a minute.
const EVERY_MS = 60_000;

const look = async () => {
  const answer = await fetch("/desk/waiting", { redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const { waits } = await answer.json();
  const title = document.title.replace(/^\([^)]+\) /, "");
  document.title = waits ? `(${waits < 1000 ? waits : "999+"}) ${title}` : title;
};

setInterval(look, EVERY_MS);
