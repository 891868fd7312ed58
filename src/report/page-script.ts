/** What the page runs: draws every chart in the reader's theme once the fonts are there, and again when the theme changes. */

export const PAGE_SCRIPT = `
"use strict";
(() => {
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const theme = () => {
    const [text, soft, line] = [colour("--text"), colour("--soft"), colour("--line")];
    const axis = { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 11 };
    return {
      background: "transparent",
      font: "DejaVu Sans",
      axis,
      legend: { labelColor: text, titleColor: soft, titleFontWeight: "normal", labelFontSize: 12, titleFontSize: 11, labelLimit: 200 },
      text: { fontSize: 11 },
      view: { stroke: null },
      range: { heatmap: { scheme: dark.matches ? "darkblue" : "blues" } },
    };
  };
  const draw = async () => {
    document.documentElement.dataset.drawn = "no";
    await Promise.all([document.fonts.load('11px "DejaVu Sans"'), document.fonts.load('bold 11px "DejaVu Sans"')]);
    const config = theme();
    for (const { id, spec } of specs) {
      const place = document.getElementById(id);
      try {
        await vegaEmbed(place, spec, { actions: false, renderer: "svg", config, tooltip: { theme: dark.matches ? "dark" : "light" } });
      } catch (error) {
        place.className = "failed";
        place.textContent = "This chart could not be drawn: " + error.message;
        console.error(error);
      }
    }
    document.documentElement.dataset.drawn = "yes";
  };
  let drawing = draw();
  dark.addEventListener("change", () => { drawing = drawing.then(draw); });
})();
`;
