(function (key, style, story) {
  "use strict";
  // What moves the slider or scrolls the picture. All other keys are the page's.
  const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

  // A graph's texts can be changed; a plot stays an image.
  function unpack(image) {
    if (!image.src.startsWith("data:image/svg")) return make("img", { src: image.src, alt: image.alt });
    const svg = decoded(image), width = svg.getAttribute("width");
    // Smaller than that, its texts could not be read.
    Object.assign(svg.style, { maxWidth: `${width}px`, minWidth: `${0.85 * width}px` });
    return svg;
  }

  // Shades the sides of the box beyond which there is more of the picture.
  function markEdges(stage, frame) {
    const mark = () => {
      const right = stage.scrollWidth - stage.clientWidth - stage.scrollLeft;
      const bottom = stage.scrollHeight - stage.clientHeight - stage.scrollTop;
      const beyond = { left: stage.scrollLeft, top: stage.scrollTop, right, bottom };
      for (const side in beyond) frame.style.setProperty(`--${side}`, beyond[side] > 1 ? 1 : 0);
      if (Object.values(beyond).some((pixels) => pixels > 1)) stage.tabIndex = 0;
      else stage.removeAttribute("tabindex");
    };
    stage.addEventListener("scroll", mark);
    new ResizeObserver(mark).observe(stage);
  }

  function start(host) {
    const pictures = [...host.querySelectorAll("img")].map(unpack);
    const svgs = pictures.filter((picture) => picture.tagName === "svg");
    const movable = pictures.map((picture, i) => {
      const texts = picture.querySelectorAll("text, title");
      return story.places[i].map((place) => texts[place]);
    });
    const sliders = [], values = [], controls = make("div", { class: "controls" });
    for (const [i, [name, texts]] of story.inputs.entries()) {
      const slider = make("input", { type: "range", id: `s${i}`, min: 0, max: texts.length - 1, step: 1, value: 0 });
      const label = name ? make("label", { for: slider.id }, name) : "";
      // It says all that there is to say beside it.
      if (!name) Object.assign(slider, { className: "alone", ariaLabel: "Picture" });
      slider.oninput = show;
      sliders.push(slider);
      values.push(make("span", { class: "value" }));
      controls.append(label, slider, values[i]);
    }
    const read = story.columns.map((name, i) => {
      const number = make("b", {}), longest = Math.max(...story.rows.map((row) => row[i].length));
      return [number, make("span", { style: `min-width: ${name.length + 3 + longest}ch` }, `${name} = `, number)];
    });
    const said = make("p", { class: "said" }, ...read.map(([, element]) => element));
    const stage = make("div", { class: "stage", role: "group", "aria-label": story.subject || "Picture" }, ...pictures);
    const frame = make("div", { class: "frame" }, stage);
    // JupyterLab scrolls to the next cell: of a tall output only the lower part is in view.
    const page = make("div", { class: "page" }, frame, controls, said);

    function show() {
      const at = sliders.reduce((before, slider, i) => before * story.inputs[i][1].length + +slider.value, 0);
      const row = story.rows[at] ?? [], number = story.pictureOf[at];
      const results = row.map((text, i) => `${story.columns[i]} = ${text}`).join(", ");
      pictures.forEach((picture, i) => picture.classList.toggle("off", i !== number));
      movable[number].forEach((text, i) => (text.textContent = story.texts[at][i]));
      row.forEach((text, i) => (read[i][0].textContent = text));
      const where = sliders.map((slider, i) => {
        const text = story.inputs[i][1][slider.value];
        values[i].textContent = text;
        slider.setAttribute("aria-valuetext", results ? `${text}: ${results}` : text);
        return story.inputs[i][0] + " = " + text;
      });
      if (results) pictures[number].setAttribute("aria-label", `${story.subject} at ${where.join(", ")}: ${results}`);
    }

    page.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (KEYS.includes(event.key)) event.stopPropagation();
    };
    // What stood on the page for readers without scripts is not shown beside a shadow.
    host.attachShadow({ mode: "open" }).append(make("style", {}, style), page);
    show();
    followTheme(host, page, svgs);
    markEdges(stage, frame);
  }

  for (const host of document.querySelectorAll(`.autograd-slider[data-key="${key}"]`)) {
    if (!host.shadowRoot) start(host);
  }
})
