(function (key, style, story) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const PAUSE = 2000;
  const FADE = 28;
  const LABELS = {
    arriving: "arriving", local: "local derivative", each: "local derivative, each element",
    jacobian: "local Jacobian", sent: "sent on", held: "before", grad: "now", would: "would be",
  };
  const ICONS = {
    first: "M1 3h2v10H1zM9 3v10L3 8zM15 3v10L9 8z", back: "M3 3h2v10H3zM13 3v10L5 8z",
    play: "M4 2v12l10-6z", pause: "M3 3h4v10H3zM9 3h4v10H9z", next: "M3 3v10l8-5zM11 3h2v10h-2z",
  };
  // The keys that a control uses by itself.
  const OWN = {
    BUTTON: [" ", "Enter"], INPUT: ["ArrowUp", "ArrowDown", "PageUp", "PageDown"],
    SELECT: [" ", "Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"],
  };
  const SIDES = [["scrollLeft", "clientWidth", "scrollWidth", "left", "right"],
    ["scrollTop", "clientHeight", "scrollHeight", "top", "bottom"]];
  const last = story.moments.length - 1;

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  // The picture is on the page once, as an image, which a page without scripts shows.
  function unpack(image) {
    const picture = decoded(image);
    picture.setAttribute("aria-label", image.alt);
    picture.querySelector("title").remove(); // or all of the picture would show it to the mouse
    return picture;
  }

  // Puts the value at the end of a tensor's text, or of its next text, into an element of its own.
  function setApart(node, value) {
    const text = [...node.querySelectorAll("text")].find(
      (t) => value && !t.childElementCount && t.textContent.endsWith(value));
    if (!text) return null;
    const part = document.createElementNS(SVG, "tspan");
    text.replaceChildren(text.textContent.slice(0, -value.length), part);
    return part;
  }

  // What scrolls fades where there is more of it, and takes the keys that scroll.
  function shade(pane) {
    for (const [at, seen, all, start, end] of SIDES) {
      pane.style.setProperty(`--${start}`, `${Math.min(FADE, pane[at])}px`);
      pane.style.setProperty(`--${end}`, `${Math.max(0, Math.min(FADE, pane[all] - pane[seen] - pane[at]))}px`);
    }
    if (SIDES.some(([, seen, all]) => pane[all] > pane[seen])) pane.tabIndex = 0;
    else if (!pane.matches(":focus")) pane.removeAttribute("tabindex");
  }

  // Scrolls the pane, and never the page.
  function reveal(pane, elements) {
    const outer = pane.getBoundingClientRect(), inner = elements.map((e) => e.getBoundingClientRect());
    const by = {};
    for (const [, seen, all, start, end] of SIDES) {
      const first = Math.min(...inner.map((box) => box[start])) - outer[start];
      const over = Math.max(...inner.map((box) => box[end])) - outer[end];
      const out = pane[all] > pane[seen] && (first < FADE || over > -FADE);
      by[start] = out ? Math.min(first - FADE, (first + over) / 2) : 0;
    }
    pane.scrollBy(by); // both ways at once: a second scroll would end the first
  }

  // In a shadow root no style sheet of the page reaches the player.
  function start(host) {
    const shadow = host.attachShadow({ mode: "open" });
    const picture = unpack(host.querySelector("img")), table = host.querySelector("table").cloneNode(true);
    const parts = ["node", "edge", "flow"].flatMap((kind) =>
      [...picture.querySelectorAll(`[data-${kind}]`)].map((element) => [kind, +element.dataset[kind], element]));
    // A matrix has a text for each row.
    const values = parts.filter(([kind]) => kind === "node").flatMap(([kind, index, element]) =>
      [story.value[index]].flat().map((value, row) => [index, setApart(element, value), value, row ? "" : "?"]))
      .filter(([, element]) => element);

    const button = (name, says, act) => {
      const made = make("button", { type: "button", class: name, title: says, "aria-label": says }, icon(name));
      made.onclick = act;
      return made;
    };
    const play = button("play", "Play (space)", () => run(!timer));
    const slider = make("input", { type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Step" });
    slider.oninput = () => go(+slider.value);
    const speed = make("select", { "aria-label": "Speed" }, ...[["0.5", "½ ×"], ["1", "1 ×"], ["2", "2 ×"]].map(
      ([value, text]) => make("option", value === "1" ? { value, selected: "" } : { value }, text)));
    speed.onchange = () => timer && run(true);
    const said = make("div", { class: "said pane", role: "status", "aria-live": "polite", "aria-atomic": "true" });
    const stage = make("div", { class: "stage pane", role: "group", "aria-label": "Picture" }, picture);
    const steps = make("div", { class: "steps pane", role: "group", "aria-label": "Steps" }, table);
    const panes = [said, stage, steps];
    const controls = make("div", { class: "controls" },
      button("first", "To the start (Home)", () => go(0)), button("back", "Step back (←)", () => go(at - 1)), play,
      button("next", "Step forward (→)", () => go(at + 1)), slider, speed);
    // JupyterLab scrolls to the next cell: of a tall output only the lower part is in view.
    const main = make("div", { class: "main" }, stage, controls);
    const title = make("div", { class: "title" }, host.querySelector("figcaption").textContent);
    const player = make("div", { class: "player", role: "group", tabindex: 0,
      "aria-label": "Player: left and right arrows step, space plays" }, title, said, main, steps);

    // Before the first moment is shown there is none.
    let at = -1, timer = 0;

    function go(to) {
      run(false);
      show(to);
    }

    function run(on) {
      clearInterval(timer);
      const ahead = () => (host.isConnected && at < last ? show(at + 1) : run(false));
      if (on && !timer) show(at < last ? at + 1 : 0);
      timer = on ? setInterval(ahead, PAUSE / speed.value) : 0;
      play.replaceChildren(icon(on ? "pause" : "play"));
      play.title = on ? "Pause (space)" : "Play (space)";
      play.setAttribute("aria-label", play.title);
    }

    function caption(moment) {
      const [first, ...others] = moment.lines.map((line) => {
        const math = !["what", "note"].includes(line[0][0]);
        return make("div", math ? { class: "math" } : {}, ...line.map(([kind, text]) =>
          make("span", LABELS[kind] ? { class: kind, "data-is": LABELS[kind] } : { class: kind }, text)));
      });
      first.prepend(make("span", { class: "where" }, moment.where), " ");
      return [first, ...others];
    }

    function show(to) {
      const wanted = Math.max(0, Math.min(last, to));
      // A screen reader would read it out again.
      if (wanted === at) return;
      at = wanted;
      const moment = story.moments[at], lit = moment.lit ?? {};
      for (const [kind, index, element] of parts) {
        element.classList.toggle("unseen", at < story[kind][index]);
        element.classList.toggle("lit", Boolean(lit[kind]?.includes(index)));
        if (kind === "node") element.classList.toggle("unanswered", at < story.back[index]);
      }
      for (const [index, element, value, hidden] of values)
        element.textContent = at < story.node[index] ? hidden : value;
      for (const row of table.querySelectorAll("tr[data-step]")) {
        row.classList.toggle("later", +row.dataset.step > (moment.step ?? 0));
        row.classList.toggle("now", +row.dataset.step === moment.step);
      }
      steps.hidden = !moment.step; // before the first step the table has no row
      // A screen reader reads out the slider's text while it has the focus, and else the status.
      said.setAttribute("aria-live", shadow.activeElement === slider ? "off" : "polite");
      said.replaceChildren(...caption(moment));
      said.scrollTop = 0;
      shade(said);
      slider.value = at;
      slider.setAttribute("aria-valuetext", [...said.children].map((line) => line.textContent).join("; "));
      const acts = [...stage.querySelectorAll(".lit[data-node]")], row = table.querySelector("tr.now");
      reveal(stage, acts.length ? acts : [picture]);
      reveal(steps, [row ?? table]);
    }

    // Room for the longest caption, up to where it scrolls, so that the picture stays where it is.
    function fit() {
      const ghost = make("div", { class: "said pane ghost", "aria-hidden": "true" });
      ghost.style.width = `${said.clientWidth}px`;
      player.append(ghost);
      const heights = story.moments.map((moment) => (ghost.replaceChildren(...caption(moment)), ghost.offsetHeight));
      ghost.remove();
      said.style.minHeight = `${Math.max(...heights)}px`;
      panes.forEach(shade);
    }

    player.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const own = (OWN[event.target.tagName] ?? []).includes(event.key);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
      if (!own && to === undefined && event.key !== " ") return;
      event.stopPropagation(); // what the player uses is no command for Jupyter
      if (own) return;
      event.preventDefault();
      if (to === undefined) run(!timer);
      else go(to);
    };
    shadow.append(make("style", {}, style), player);
    for (const pane of panes) pane.onscroll = () => shade(pane);
    followTheme(host, player, [picture]);
    show(0);
    new ResizeObserver(fit).observe(player);
    window.addEventListener("beforeprint", () => go(last));
  }

  for (const host of document.querySelectorAll(`.autograd-player[data-key="${key}"]`)) {
    if (!host.shadowRoot) start(host);
  }
})
