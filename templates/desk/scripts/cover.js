// Boxes by pointer, touch and keys. The rows of numbers stay the truth: what is drawn is written into them, outward.
const form = document.querySelector("[data-cover]");
const picture = form.querySelector("svg");
const numbers = form.querySelector("[data-numbers]");
const said = form.querySelector("[data-status]");
const removing = form.querySelector("[data-remove]");
const { width, height } = picture.viewBox.baseVal;
const most = Number(form.dataset.most);
const FIELDS = ["left", "top", "width", "height"];
const STEP = 1;
const LEAST = 1;
const SVG = "http://www.w3.org/2000/svg";
const blank = form.querySelector("fieldset.box").cloneNode(true);

let boxes = [];
let chosen = -1;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
// A box stays inside the picture and never vanishes; all in percent.
const fitted = ([left, top, wide, high]) => {
  const [w, h] = [clamp(wide, LEAST, 100), clamp(high, LEAST, 100)];
  return [clamp(left, 0, 100 - w), clamp(top, 0, 100 - h), w, h];
};

const rows = () => [...numbers.querySelectorAll("fieldset.box")];

const filled = (text, values) => text.replace(/\{(\w)\}/g, (_, key) => values[key]);
const outward = ([left, top, wide, high]) => {
  const [l, t] = [Math.floor(left * 10) / 10, Math.floor(top * 10) / 10];
  const [r, b] = [Math.ceil((left + wide) * 10 - 1e-6) / 10, Math.ceil((top + high) * 10 - 1e-6) / 10];
  return [l, t, r - l, b - t].map((value) => String(Math.round(value * 10) / 10));
};
const words = (index) => {
  const [l, t, w, h] = outward(boxes[index]);
  return filled(form.dataset.said, { n: index + 1, l, t, w, h });
};

const write = () => {
  while (rows().length < boxes.length) numbers.append(blank.cloneNode(true));
  rows().forEach((row, index) => {
    row.querySelector("legend").textContent = filled(form.dataset.box, { n: index + 1 });
    const values = boxes[index] ? outward(boxes[index]) : ["", "", "", ""];
    FIELDS.forEach((field, place) => { row.querySelector(`[name=${field}]`).value = values[place]; });
  });
};

const read = () => {
  boxes = rows()
    .map((row) => FIELDS.map((field) => parseFloat(row.querySelector(`[name=${field}]`).value.replace(",", "."))))
    .filter((box) => box.every(Number.isFinite) && box[2] > 0 && box[3] > 0)
    .map(fitted);
  chosen = Math.min(chosen, boxes.length - 1);
};

const shape = (name, values, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};

const place = (rect, [left, top, wide, high]) => {
  rect.setAttribute("x", (left / 100) * width);
  rect.setAttribute("y", (top / 100) * height);
  rect.setAttribute("width", (wide / 100) * width);
  rect.setAttribute("height", (high / 100) * height);
};

const draw = () => {
  const rects = [...picture.querySelectorAll("rect")];
  rects.slice(boxes.length).forEach((rect) => rect.remove());
  boxes.forEach((box, index) => {
    const rect = rects[index] ?? shape("rect", { tabindex: "0", role: "button" }, picture);
    place(rect, box);
    rect.setAttribute("aria-label", words(index));
    rect.setAttribute("aria-pressed", String(index === chosen));
  });
  picture.querySelector("circle")?.remove();
  if (boxes[chosen]) {
    const [left, top, wide, high] = boxes[chosen];
    const radius = 9 / (picture.getScreenCTM().a || 1);
    shape("circle", { cx: ((left + wide) / 100) * width, cy: ((top + high) / 100) * height, r: radius }, picture);
  }
  removing.disabled = !boxes[chosen];
};

const changed = () => { write(); draw(); };
const choose = (index, focus = false) => {
  chosen = index;
  draw();
  if (focus) (picture.querySelectorAll("rect")[index] ?? picture).focus({ preventScroll: true });
};
const add = (box) => {
  if (boxes.length >= most) return false;
  boxes.push(fitted(box));
  chosen = boxes.length - 1;
  changed();
  return true;
};
const addInTheMiddle = () => { if (add([40, 40, 20, 20])) { choose(chosen, true); said.textContent = words(chosen); } };
const remove = () => {
  if (!boxes[chosen]) return;
  boxes.splice(chosen, 1);
  chosen = Math.min(chosen, boxes.length - 1);
  changed();
  choose(chosen, true);
  said.textContent = boxes[chosen] ? words(chosen) : "";
};

// -- pointer and touch: from nothing a box grows, in a box it moves, at the corner of the chosen one it is sized

const CORNER = 22;
let drag = null;

const at = (event) => {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
  return [clamp((point.x / width) * 100, 0, 100), clamp((point.y / height) * 100, 0, 100)];
};
const atCorner = (event) => {
  if (!boxes[chosen]) return false;
  const [left, top, wide, high] = boxes[chosen];
  const corner = new DOMPoint(((left + wide) / 100) * width, ((top + high) / 100) * height);
  const there = corner.matrixTransform(picture.getScreenCTM());
  return Math.hypot(there.x - event.clientX, there.y - event.clientY) <= CORNER;
};
const inside = ([x, y]) => boxes.findLastIndex(([left, top, wide, high]) =>
  x >= left && x <= left + wide && y >= top && y <= top + high);

picture.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  picture.setPointerCapture(event.pointerId);
  const from = at(event);
  if (atCorner(event)) drag = { act: "size", from, box: [...boxes[chosen]] };
  else if (inside(from) >= 0) {
    choose(inside(from));
    drag = { act: "move", from, box: [...boxes[chosen]] };
  } else drag = { act: "grow", from };
});

picture.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = at(event);
  const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
  if (drag.act === "grow") {
    if (Math.abs(dx) < LEAST && Math.abs(dy) < LEAST) return;
    if (!add([drag.from[0], drag.from[1], LEAST, LEAST])) { drag = null; return; }
    drag.act = "growing";
  }
  if (drag.act === "growing") {
    boxes[chosen] = fitted([Math.min(x, drag.from[0]), Math.min(y, drag.from[1]), Math.abs(dx), Math.abs(dy)]);
  } else if (drag.act === "move") {
    boxes[chosen] = fitted([drag.box[0] + dx, drag.box[1] + dy, drag.box[2], drag.box[3]]);
  } else {
    const [left, top, wide, high] = drag.box;
    boxes[chosen] = fitted([left, top, clamp(wide + dx, LEAST, 100 - left), clamp(high + dy, LEAST, 100 - top)]);
  }
  draw();
});

const dropped = () => {
  if (!drag) return;
  const did = drag.act !== "grow";
  drag = null;
  if (did) { changed(); said.textContent = words(chosen); }
};
// Chromium takes a finger lifted in motion for a flick, even where nothing scrolls, and lets the next tap only stop it: "Cover
// for good" did nothing. One finger never flicks here; two still zoom.
picture.addEventListener("touchmove", (event) => { if (event.touches.length === 1) event.preventDefault(); }, { passive: false });
picture.addEventListener("pointerup", dropped);
picture.addEventListener("pointercancel", dropped);

// -- keys

const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

picture.addEventListener("focusin", (event) => {
  const index = [...picture.querySelectorAll("rect")].indexOf(event.target);
  if (index >= 0 && index !== chosen) choose(index);
});
picture.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter") addInTheMiddle();
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else if (ARROWS[event.key] && boxes[chosen]) {
    const [dx, dy] = ARROWS[event.key];
    const [left, top, wide, high] = boxes[chosen];
    boxes[chosen] = fitted(event.shiftKey
      ? [left, top, clamp(wide + dx, LEAST, 100 - left), clamp(high + dy, LEAST, 100 - top)]
      : [left + dx, top + dy, wide, high]);
    changed();
    said.textContent = words(chosen);
  } else return;
  event.preventDefault();
});

form.querySelector("[data-add]").addEventListener("click", addInTheMiddle);
removing.addEventListener("click", remove);
numbers.addEventListener("input", () => { read(); draw(); });
addEventListener("resize", draw);

document.getElementById("how").hidden = false;
form.querySelector("[data-tools]").hidden = false;
numbers.open = false;
picture.setAttribute("tabindex", "0");
picture.setAttribute("role", "group");
picture.setAttribute("aria-describedby", "how");
picture.classList.add("draws");
picture.querySelectorAll("rect").forEach((rect) => rect.remove());
for (const field of blank.querySelectorAll("input")) field.value = "";
read();
draw();
