// Click a box to see it as wide as the picture, the outermost one to see all again; search by name with Ctrl-F.
(() => {
  "use strict";
  const svg = document.currentScript.closest("svg");
  const [WIDTH, COLUMN, PAD] = [svg.viewBox.baseVal.width, 6.6, 4];
  const boxes = [...svg.querySelectorAll(".box")].map((g) => {
    const [rect, lines] = [g.querySelector("rect"), g.querySelector("title").textContent.split("\n")];
    const [x, y, width] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
    const place = lines.length > 2 ? lines[1] : "";
    return { g, rect, x, y, width, name: lines[0], place, text: g.querySelector("text") };
  });
  const narrow = (c) => c < "\u1100" || (c >= "\u2000" && c < "\u2600");
  const columns = (text) => [...text].reduce((sum, c) => sum + (narrow(c) ? 1 : 2), 0);
  const fit = (name, place, room) => {
    if (place && columns(`${name} (${place})`) <= room) return `${name} (${place})`;
    const tails = [name];
    for (let i = 0, depth = 0; i < name.length; i++) {
      if ("<([{".includes(name[i])) depth++;
      else if (">)]}".includes(name[i]) && name.slice(i - 1, i + 1) !== "->") depth--;
      else if (depth === 0 && name.slice(i - 1, i + 1) === "::" && i + 1 < name.length) tails.push(name.slice(i + 1));
    }
    const fitting = tails.find((tail) => columns(tail) <= room);
    if (fitting !== undefined || room < 3) return fitting ?? "";
    let cut = [...tails.at(-1)];
    while (columns(cut.join("")) >= room) cut.pop();
    return cut.join("") + "…";
  };
  const zoom = (to) => {
    for (const box of boxes) {
      const [start, end] = [Math.max(box.x, to.x), Math.min(box.x + box.width, to.x + to.width)];
      const [x, width] = [((start - to.x) / to.width) * WIDTH, ((end - start) / to.width) * WIDTH];
      box.g.style.display = width > 0.001 ? "" : "none";
      box.g.classList.toggle("above", box.y < to.y);
      if (width <= 0.001) continue;
      box.rect.setAttribute("x", x);
      box.rect.setAttribute("width", width);
      const label = fit(box.name, box.place, Math.floor((width - 2 * PAD) / COLUMN));
      if (!box.text && label) {
        box.text = box.g.appendChild(document.createElementNS(svg.namespaceURI, "text"));
        box.text.setAttribute("y", box.y + 12);
      }
      box.text?.setAttribute("x", x + PAD);
      if (box.text) box.text.textContent = label;
    }
  };
  const button = svg.querySelector(".button");
  const search = () => {
    const word = prompt("Name or file to search for (nothing to end the search):")?.toLowerCase();
    if (word === undefined) return;
    let [share, right] = [0, 0];
    for (const box of boxes) {
      const hit = word !== "" && `${box.name}\n${box.place}`.toLowerCase().includes(word);
      box.g.classList.toggle("hit", hit);
    }
    // The share of all found boxes together: one below another counts once, and those too narrow to be drawn do not.
    const hits = boxes.filter((box) => box.g.classList.contains("hit"));
    for (const box of hits.sort((a, b) => a.x - b.x || b.width - a.width)) {
      share += Math.max(0, box.x + box.width - Math.max(right, box.x));
      right = Math.max(right, box.x + box.width);
    }
    button.textContent = word ? `search: at least ${((share / WIDTH) * 100).toFixed(1)} %` : "search";
  };
  for (const box of boxes) box.g.addEventListener("click", () => zoom(box));
  button.addEventListener("click", search);
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "f") [event.preventDefault(), search()];
  });
  button.style.display = "";
  svg.classList.add("live");
})();
