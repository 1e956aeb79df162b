// What the pages do beside reading. Without this script every page is whole, and pictures follow the system's colours.

// A graph picture knows both of its themes by a media query. Here that query follows the page's own switch.
const DARK = "@media screen and (prefers-color-scheme:dark)";
const LIGHT_FIRST = "data:image/svg+xml;base64,";

function isDark() {
  const theme = document.body.dataset.theme;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function themed(source, dark) {
  const bytes = Uint8Array.from(atob(source.slice(LIGHT_FIRST.length)), (c) => c.charCodeAt(0));
  const svg = new TextDecoder().decode(bytes).replaceAll(DARK, dark ? "@media screen" : "@media not all");
  return URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
}

const originals = new WeakMap();

function paint() {
  const dark = isDark();
  for (const image of document.querySelectorAll("img:not(.on-paper)")) {
    if (!originals.has(image)) {
      if (!image.src.startsWith(LIGHT_FIRST)) continue;
      originals.set(image, { source: image.src, light: themed(image.src, false) });
    }
    const kept = originals.get(image);
    if (dark && !kept.dark) {
      kept.dark = themed(kept.source, true);
      // What is printed is light, and a picture that is exchanged when printing begins comes too late.
      kept.paper = image.cloneNode();
      kept.paper.src = kept.light;
      kept.paper.classList.add("on-paper");
    }
    image.src = dark ? kept.dark : kept.light;
    image.classList.toggle("on-screen", dark);
    if (dark) image.after(kept.paper);
    else kept.paper?.remove();
  }
}

// Find your error: tools/find_error.js searches.
function findErrors() {
  const place = document.getElementById("find-error");
  if (!place) return;
  place.hidden = false;
  const rows = [...document.querySelectorAll("table tbody tr")];
  const patterns = JSON.parse(document.getElementById("patterns").textContent);
  searchErrors(document.getElementById("said"), document.getElementById("found"), rows, patterns);
}

// What is wider than its place is scrolled by mouse or finger; the keyboard needs a place to stop at.
function reachWide() {
  for (const one of document.querySelectorAll("pre, .highlight, .output, .table-wrapper, .autograd-picture, .displayed")) {
    const wide = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible";
    if (wide && !one.querySelector("a, button, input, summary")) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}

// On paper nothing can be opened: what is folded is printed open, and folded again.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
});

document.addEventListener("DOMContentLoaded", () => {
  findErrors();
  paint();
  reachWide();
  addEventListener("resize", reachWide);
  document.addEventListener("toggle", reachWide, true);
  // The theme calls the captions of its side bar headings, and names no level.
  for (const one of document.querySelectorAll(".sidebar-tree .caption[role=heading]")) one.ariaLevel = "2";
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
});
