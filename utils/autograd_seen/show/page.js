  // What every script of a page begins with: see page.py.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  }

  // The SVG in an image.
  function decoded(image) {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
    const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
    return document.importNode(page.documentElement, true);
  }

  // The page's own theme counts, which need not be the system's. A page without a mark shows it by
  // its text: light text stands on a dark page.
  function isDark(host) {
    for (const { dataset } of [document.body, document.documentElement]) {
      const mark = { true: "light", false: "dark" }[dataset.jpThemeLight] ?? dataset.theme;
      if (mark === "dark" || mark === "light") return mark === "dark";
    }
    const [r, g, b] = (getComputedStyle(host).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    return 0.3 * r + 0.59 * g + 0.11 * b > 128;
  }

  // Keeps the class "dark" of what a host shows, and the colours of its pictures, those of the page.
  function followTheme(host, shown, svgs) {
    const dress = () => {
      const dark = isDark(host);
      shown.classList.toggle("dark", dark);
      for (const rule of svgs.flatMap((svg) => [...(svg.querySelector("style").sheet?.cssRules ?? [])])) {
        if (rule.media) rule.media.mediaText = dark ? "screen" : "not all";
      }
    };
    for (const marked of [document.body, document.documentElement]) {
      new MutationObserver(dress).observe(marked, { attributes: true });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
    dress();
  }
