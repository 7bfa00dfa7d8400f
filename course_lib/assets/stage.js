// Two sheets, one over the other, and a target to click or drag on. ipywidgets sends a change only
// when the kernel has answered the last one, and keeps the newest in between.
function sheets(model) {
  const image = document.createElement("img");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  let asked = 0;
  let drawn = 0;
  const draw = async () => {
    const turn = ++asked;
    const [bytes, left, top] = model.get("layer");
    const moving = await createImageBitmap(png(bytes));
    if (turn < drawn) return;
    drawn = turn;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(moving, left, top);
  };
  const load = () => {
    image.src = URL.createObjectURL(png(model.get("background")));
  };
  image.alt = "";
  image.onload = () => {
    URL.revokeObjectURL(image.src);
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    draw();
  };
  load();
  model.on("change:background", load);
  model.on("change:layer", draw);
  return [image, canvas];
}

const png = (bytes) => new Blob([bytes], { type: "image/png" });

function target(model) {
  const zone = document.createElement("div");
  zone.className = "course-stage-target";
  const place = () => {
    const [left, top, right, bottom] = model.get("area");
    zone.hidden = left === undefined;
    const part = { left, top, width: right - left, height: bottom - top };
    for (const [side, share] of Object.entries(part)) zone.style[side] = `${100 * share}%`;
  };
  const point = (event) => {
    if (event.type === "pointerdown") {
      if (event.button !== 0) return;
      zone.setPointerCapture(event.pointerId);
    } else if (!zone.hasPointerCapture(event.pointerId)) return;
    const box = zone.parentElement.getBoundingClientRect();
    const [left, top, right, bottom] = model.get("area");
    const within = (share, low, high) => Math.min(Math.max(share, low), high);
    model.set("pointed", [
      within((event.clientX - box.left) / box.width, left, right),
      within((event.clientY - box.top) / box.height, top, bottom),
      event.timeStamp,
    ]);
    model.save_changes();
  };
  place();
  model.on("change:area", place);
  zone.addEventListener("pointerdown", point);
  zone.addEventListener("pointermove", point);
  return zone;
}

function render({ model, el }) {
  const stage = document.createElement("div");
  stage.className = "course-stage";
  stage.setAttribute("role", "img");
  const describe = () => stage.setAttribute("aria-label", model.get("alt"));
  describe();
  model.on("change:alt", describe);
  stage.append(...sheets(model), target(model));
  el.append(stage);
}

export default { render };
