(function (key, story) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const PAUSE = 2000;
  const LABELS = {
    arriving: "arriving", local: "local derivative", each: "local derivative, each element",
    jacobian: "local Jacobian", sent: "sent on", held: "before", grad: "now",
  };
  const ICONS = {
    first: "M1 3h2v10H1zM9 3v10L3 8zM15 3v10L9 8z", back: "M3 3h2v10H3zM13 3v10L5 8z",
    play: "M4 2v12l10-6z", pause: "M3 3h4v10H3zM9 3h4v10H9z", next: "M3 3v10l8-5zM11 3h2v10h-2z",
  };
  const last = story.moments.length - 1;

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  }

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 16 16");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  // The picture is on the page once, as an image, which a page without scripts shows.
  function unpack(image) {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
    const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
    return document.importNode(page.documentElement, true);
  }

  // Puts the value at the end of a tensor's text into an element of its own.
  function setApart(node, value) {
    const text = [...node.querySelectorAll("text")].find((t) => value && t.textContent.endsWith(value));
    if (!text) return null;
    const part = document.createElementNS(SVG, "tspan");
    text.replaceChildren(text.textContent.slice(0, -value.length), part);
    return part;
  }

  function start(root) {
    root.playable = true;
    // A page that was saved while it played has these already.
    for (const made of root.querySelectorAll(":scope > .made")) made.remove();
    const image = root.querySelector("img"), picture = unpack(image);
    const parts = ["node", "edge", "flow"].flatMap((kind) =>
      [...picture.querySelectorAll(`[data-${kind}]`)].map((element) => [kind, +element.dataset[kind], element]));
    const values = parts.filter(([kind]) => kind === "node").map(([kind, index, element]) =>
      [index, setApart(element, story.value[index])]).filter(([, element]) => element);

    const button = (name, says, act) => {
      const made = make("button", { type: "button", class: name, title: says, "aria-label": says }, icon(name));
      made.onclick = act;
      return made;
    };
    const play = button("play", "Play (space)", () => run(!timer));
    const slider = make("input", { type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Step" });
    slider.oninput = () => go(+slider.value);
    const said = make("div", { class: "said made", role: "status", "aria-live": "polite" });
    const stage = make("div", { class: "stage made" }, picture), table = root.querySelector(".steps");
    const where = make("span", { class: "where" });
    const controls = make("div", { class: "controls made" },
      button("first", "To the start (Home)", () => go(0)), button("back", "Step back (←)", () => go(at - 1)), play,
      button("next", "Step forward (→)", () => go(at + 1)), slider, where);

    let at = 0, timer = 0;

    function go(to) {
      run(false);
      show(to);
    }

    function run(on) {
      clearInterval(timer);
      timer = on ? setInterval(() => (root.isConnected && at < last ? show(at + 1) : run(false)), PAUSE) : 0;
      if (on) show(at < last ? at + 1 : 0);
      play.replaceChildren(icon(on ? "pause" : "play"));
      play.title = on ? "Pause (space)" : "Play (space)";
      play.setAttribute("aria-label", play.title);
    }

    function show(to) {
      at = Math.max(0, Math.min(last, to));
      const moment = story.moments[at], lit = moment.lit ?? {};
      for (const [kind, index, element] of parts) {
        element.classList.toggle("unseen", at < story[kind][index]);
        element.classList.toggle("lit", Boolean(lit[kind]?.includes(index)));
        if (kind === "node") element.classList.toggle("unanswered", at < story.back[index]);
      }
      for (const [index, element] of values) element.textContent = at < story.node[index] ? "?" : story.value[index];
      for (const row of root.querySelectorAll("tr[data-step]")) {
        row.classList.toggle("later", +row.dataset.step > (moment.step ?? 0));
        row.classList.toggle("now", +row.dataset.step === moment.step);
      }
      said.replaceChildren(...moment.lines.map((line) => {
        const math = !["what", "note"].includes(line[0][0]);
        return make("div", math ? { class: "math" } : {}, ...line.map(([kind, text]) =>
          make("span", LABELS[kind] ? { class: kind, "data-is": LABELS[kind] } : { class: kind }, text)));
      }));
      slider.value = at;
      where.textContent = moment.where;
      slider.setAttribute("aria-valuetext", where.textContent);
      reveal(stage, stage.querySelector(".lit[data-node]") ?? picture);
      reveal(table, table.querySelector("tr.now") ?? table.firstChild);
      dress();
    }

    // Scrolls the box, and never the page.
    function reveal(box, element) {
      const outer = box.getBoundingClientRect(), inner = element.getBoundingClientRect();
      if (inner.top < outer.top || inner.bottom > outer.bottom) {
        box.scrollTop += Math.min(inner.top - outer.top, (inner.top + inner.bottom - outer.top - outer.bottom) / 2);
      }
    }

    // The page's own theme counts, which need not be the system's: text that is light stands on a dark page.
    function dress() {
      const [r, g, b] = (getComputedStyle(root).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
      const dark = 0.3 * r + 0.59 * g + 0.11 * b > 128;
      root.classList.toggle("dark", dark);
      for (const rule of picture.querySelector("style").sheet?.cssRules ?? []) {
        if (rule.media) rule.media.mediaText = dark ? "screen" : "not all";
      }
    }

    root.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); // or Jupyter would take a letter for a command on the cell
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
      const space = event.key === " " && event.target.tagName !== "BUTTON"; // on a button, space presses it
      if (to === undefined && !space) return;
      event.preventDefault();
      if (space) run(!timer);
      else go(to);
    };
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Player: left and right arrows step, space plays");
    image.before(controls, said, stage);
    image.hidden = true;
    // Room for the longest caption, so that the picture stays where it is.
    said.style.minHeight = Math.max(...story.moments.map((moment, i) => (show(i), said.offsetHeight))) + "px";
    show(0);
    window.addEventListener("beforeprint", () => go(last));
    new MutationObserver(dress).observe(document.body, { attributes: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
  }

  for (const root of document.querySelectorAll(`.autograd-player[data-key="${key}"]`)) {
    if (!root.playable) start(root);
  }
})
