// Pictures in another order by dragging their handle; dropping saves, as the buttons do. Keys have the buttons.
const list = document.querySelector("ol.bench");
const form = document.querySelector("[data-order]");

const drag = (handle, item) => {
  let begun = false;
  handle.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    begun = false;
    handle.setPointerCapture(event.pointerId);
    item.classList.add("dragged");
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    // Below the middle of another one it goes behind it. Moving the item ends the capture, so it is taken up again.
    const others = [...list.children].filter((one) => one !== item);
    const next = others.find((one) => {
      const box = one.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    if (next === item.nextElementSibling || (!next && !item.nextElementSibling)) return;
    list.insertBefore(item, next ?? null);
    handle.setPointerCapture(event.pointerId);
    begun = true;
  });
  const end = () => {
    item.classList.remove("dragged");
    if (begun) form.requestSubmit(form.querySelector("button[value=save]"));
    begun = false;
  };
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
};

if (list && list.children.length > 1) {
  for (const item of list.children) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "quiet drag";
    handle.tabIndex = -1;
    handle.setAttribute("aria-hidden", "true");
    handle.textContent = `↕ ${form.dataset.order}`;
    item.querySelector(".acts").append(handle);
    drag(handle, item);
  }
}
