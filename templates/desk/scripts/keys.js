// One letter for each of the places of the Desk, unless somebody is writing. They are listed on "?".
const places = new Map([["d", "/desk/"], ["w", "/desk/write"], ["c", "/desk/conversation"], ["m", "/desk/more"]]);

const writing = (target) => target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const place = places.get(event.key);
  if (place) location.assign(place);
});
