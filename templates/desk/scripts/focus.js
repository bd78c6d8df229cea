// The focal point by pointer, touch and arrow keys. The two fields stay the truth; without this script they are all there is.
const form = document.querySelector("[data-focus]");
const picture = form.querySelector("svg");
const [left, top] = [form.elements.left, form.elements.top];
const { width, height } = picture.viewBox.baseVal;
const STEP = 2;

const within = (value) => Math.min(100, Math.max(0, Number.isFinite(value) ? value : 50));
const read = (field) => within(parseFloat(field.value.replace(",", ".")));

const show = () => {
  const [x, y] = [read(left) / 100, read(top) / 100];
  for (const circle of picture.querySelectorAll("circle")) {
    circle.setAttribute("cx", x * width);
    circle.setAttribute("cy", y * height);
  }
  for (const cut of form.querySelectorAll("[data-crop]")) {
    const box = cut.viewBox.baseVal;
    box.x = (width - box.width) * x;
    box.y = (height - box.height) * y;
  }
};

const choose = (x, y) => {
  left.value = Math.round(within(x) * 10) / 10;
  top.value = Math.round(within(y) * 10) / 10;
  show();
};

const point = (event) => {
  const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
  choose((place.x / width) * 100, (place.y / height) * 100);
};

const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

picture.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  picture.setPointerCapture(event.pointerId);
  point(event);
});
picture.addEventListener("pointermove", (event) => {
  if (picture.hasPointerCapture(event.pointerId)) point(event);
});
// As in cover.js: a finger lifted in motion must not swallow the tap on the button after it.
picture.addEventListener("touchmove", (event) => { if (event.touches.length === 1) event.preventDefault(); }, { passive: false });
picture.addEventListener("keydown", (event) => {
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  choose(read(left) + move[0], read(top) + move[1]);
});
form.addEventListener("input", show);

const how = document.getElementById("how");
how.hidden = false;
picture.setAttribute("tabindex", "0");
picture.setAttribute("role", "application");
picture.setAttribute("aria-describedby", "how");
picture.classList.add("draws");
