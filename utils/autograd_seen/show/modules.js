(function (key, style, story) {
  "use strict";
  const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6, 2];

  // What one character of a piece stands for: see pieces.py.
  const long = (piece) => Object.entries(story.short).reduce((text, [sign, all]) => text.replaceAll(sign, all), piece);
  const table = story.table.map(long);

  // A picture put together from its pieces.
  function picture(view) {
    const [width, height] = view.size, { pieces } = view, drawn = [];
    for (let i = 0; i < pieces.length; i += 3) {
      drawn.push(`<g transform="translate(${pieces[i + 1]} ${pieces[i + 2]})">${table[pieces[i]]}</g>`);
    }
    const head = `<svg xmlns="http://www.w3.org/2000/svg" class="autograd-graph" viewBox="0 0 ${width} ${height}">`;
    const plate = `<rect class="plate" width="${width}" height="${height}" rx="${story.corner}"/>`;
    const text = `${head}<style>${story.style}</style>${plate}${drawn.join("")}</svg>`;
    const page = new DOMParser().parseFromString(text, "image/svg+xml");
    return document.importNode(page.documentElement, true);
  }

  function start(host) {
    const told = make("span", { class: "told", role: "status" });
    const percent = make("button", { type: "button", "aria-label": "Zoom to 100 %" });
    const smaller = make("button", { type: "button", "aria-label": "Zoom out" }, "−");
    const larger = make("button", { type: "button", "aria-label": "Zoom in" }, "+");
    const stage = make("div", { class: "stage", role: "group", tabindex: 0, "aria-label": "Picture; arrow keys move it, + and − zoom" });
    const hint = "Click an underlined name to open a module, or to shut one that is open.";
    const more = story.more ? " Others open with draw_graph(…, modules=[…])." : "";
    const bar = make("div", { class: "bar" }, told, smaller, percent, larger);
    const page = make("div", { class: "page" }, bar, stage, make("p", { class: "hint" }, hint + more));
    let zoom = ZOOMS.indexOf(1), number = 0, dragged = false, svg;

    function scale() {
      const [width, height] = story.views[number].size;
      svg.setAttribute("width", width * ZOOMS[zoom]);
      svg.setAttribute("height", height * ZOOMS[zoom]);
      percent.textContent = `${Math.round(100 * ZOOMS[zoom])} %`;
    }

    function zoomTo(to) {
      const before = ZOOMS[zoom], middle = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
      zoom = Math.max(0, Math.min(ZOOMS.length - 1, to));
      scale();
      const [x, y] = middle.map((one) => (one * ZOOMS[zoom]) / before);
      stage.scrollTo(x - stage.clientWidth / 2, y - stage.clientHeight / 2);
    }

    // Shows a picture; what stood at a place, the module of a scope, stays there.
    function show(to, scope, place) {
      number = to;
      const view = story.views[number];
      svg = picture(view);
      svg.setAttribute("role", "group");
      svg.setAttribute("aria-label", view.told);
      told.textContent = view.told;
      const groups = [...svg.children].slice(2);
      let found;
      for (const [part, target, label, of] of view.doors) {
        const door = groups[part];
        door.classList.add("door");
        for (const [name, value] of [["role", "button"], ["tabindex", 0], ["aria-label", label]]) door.setAttribute(name, value);
        const open = () => {
          const { left, top } = door.getBoundingClientRect();
          show(target, of, [left, top]);
        };
        door.onclick = () => dragged || open();
        door.onkeydown = (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          open();
        };
        if (of === scope) found = found ?? door;
      }
      stage.replaceChildren(svg);
      followTheme(host, page, [svg]);
      scale();
      // The first picture leaves the focus where it is.
      if (!place) return;
      if (!found) return stage.focus({ preventScroll: true });
      const { left, top } = found.getBoundingClientRect();
      stage.scrollBy(left - place[0], top - place[1]);
      found.focus({ preventScroll: true });
    }

    smaller.onclick = () => zoomTo(zoom - 1);
    larger.onclick = () => zoomTo(zoom + 1);
    percent.onclick = () => zoomTo(ZOOMS.indexOf(1));
    stage.onpointerdown = (event) => {
      dragged = false;
      if (event.button || event.pointerType === "touch") return;
      const from = [event.clientX, event.clientY, stage.scrollLeft, stage.scrollTop];
      stage.onpointermove = ({ clientX, clientY }) => {
        const [x, y] = [clientX - from[0], clientY - from[1]];
        if (Math.abs(x) + Math.abs(y) > 4) dragged = true;
        if (dragged) stage.scrollTo(from[2] - x, from[3] - y);
        stage.classList.toggle("held", dragged);
      };
    };
    stage.onpointerup = stage.onpointerleave = () => {
      stage.onpointermove = null;
      stage.classList.remove("held");
    };
    page.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const to = { "+": zoom + 1, "=": zoom + 1, "-": zoom - 1, 0: ZOOMS.indexOf(1) }[event.key];
      if (to !== undefined) zoomTo(to);
      // All other keys are the page's, but for those that scroll the picture.
      if (to !== undefined || event.key.startsWith("Arrow") || event.key.startsWith("Page")) event.stopPropagation();
    };
    // What stood on the page for readers without scripts is not shown beside a shadow.
    host.attachShadow({ mode: "open" }).append(make("style", {}, style), page);
    show(0);
  }

  for (const host of document.querySelectorAll(`.autograd-modules[data-key="${key}"]`)) {
    if (!host.shadowRoot) start(host);
  }
})
