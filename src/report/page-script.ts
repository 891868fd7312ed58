/**
 * What the page runs: draws every chart in the reader's theme, again when the theme changes, zooms the charts over time together, and
 * saves a chart as it is shown.
 */

import { TIMELINE_SCRIPT } from "./page-timeline.ts";

export const PAGE_SCRIPT = `
"use strict";
(() => {
  ${TIMELINE_SCRIPT}
  const charts = JSON.parse(document.getElementById("specs").textContent);
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const zoom = document.getElementById("zoom");
  const end = zoom === null ? 0 : Number(zoom.dataset.end);
  const views = new Map();
  // Until somebody chooses, each chart shows what it was made for.
  let shown;

  const show = (from, to) => {
    shown = from < to ? [Math.max(0, from), Math.min(end, to)] : [0, end];
    zoom.elements.from.value = Number(shown[0].toFixed(3));
    zoom.elements.to.value = Number(shown[1].toFixed(3));
    for (const chart of charts) if (chart.time) apply(chart);
  };
  const apply = (chart) => {
    const view = views.get(chart.id);
    if (view === undefined || shown === undefined || !chart.time) return;
    const names = chart.navigator ? ["shownFrom", "shownTo"] : ["zoomFrom", "zoomTo"];
    view.signal(names[0], shown[0]).signal(names[1], shown[1]).runAsync();
  };
  const follow = (view) => {
    let timer = 0;
    view.addSignalListener("brush", (_, chosen) => {
      const span = Object.values(chosen)[0];
      clearTimeout(timer);
      timer = setTimeout(() => (span === undefined ? show(0, end) : show(span[0], span[1])), 120);
    });
  };
  if (zoom !== null) {
    zoom.addEventListener("submit", (event) => {
      event.preventDefault();
      show(Number(zoom.elements.from.value), Number(zoom.elements.to.value));
    });
    zoom.elements.whole.addEventListener("click", () => show(0, end));
  }

  /** Lines of so many letters at most. */
  const wrap = (text, width) => text.split(" ").reduce((lines, word) => {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = last + " " + word;
    else lines.push(word);
    return lines;
  }, []);
  const options = (label, texts, chosen, choose) => {
    const select = document.createElement("select");
    texts.forEach((text, index) => select.append(new Option(text, String(index), false, index === chosen)));
    select.addEventListener("change", () => choose(Number(select.value)));
    const whole = document.createElement("label");
    whole.append(label + " ", select);
    return whole;
  };
  /** Lays the chosen run into a chart that has runs, and says in words which it is. */
  const pick = (chart) => {
    const run = timelineOf(chart.runs, chart.runs.shown);
    const params = chart.spec.params.map((param) => (param.name === "zoomFrom" ? { ...param, value: run.focus[0] } : param.name === "zoomTo" ? { ...param, value: run.focus[1] } : param));
    chart.spec = { ...chart.spec, datasets: run.datasets, height: run.height, params };
    chart.title = wrap(run.title, 78);
    chart.about = wrap(run.about, 118);
    document.getElementById(chart.id + "-title").textContent = run.title;
    document.getElementById(chart.id + "-about").textContent = run.about;
  };
  const offer = (chart) => {
    const { strategies, shown: at } = chart.runs;
    const again = (strategy, run, focused) => {
      Object.assign(at, { strategy, run });
      pick(chart);
      // The list that was used keeps the keyboard.
      drawing = drawing.then(() => drawOne(chart)).then(() => document.querySelectorAll("#" + chart.id + "-choices select")[focused]?.focus());
    };
    const form = document.createElement("form");
    if (strategies.length > 1) form.append(options("Strategy", strategies.map(({ name }) => name), at.strategy, (index) => again(index, 0, 0)));
    if (strategies[at.strategy].words.length > 1) form.append(options("Run", strategies[at.strategy].words.map(({ label }) => label), at.run, (index) => again(at.strategy, index, strategies.length > 1 ? 1 : 0)));
    return form;
  };

  const choices = (chart) => (chart.spec.params ?? []).filter((param) => param.bind !== undefined).map((param) => param.name);
  const drawOne = async (chart) => {
    document.documentElement.dataset.drawn = "no";
    const config = { ...(dark.matches ? themes.dark : themes.light), background: "transparent" };
    const place = document.getElementById(chart.id);
    const before = views.get(chart.id);
    const chosen = before === undefined ? [] : choices(chart).map((name) => [name, before.signal(name)]);
    try {
      const bind = document.getElementById(chart.id + "-choices");
      bind.replaceChildren();
      const { view } = await vegaEmbed(place, chart.spec, { actions: false, renderer: "svg", config, bind, tooltip: { theme: dark.matches ? "dark" : "light" } });
      if (chart.runs !== undefined) bind.append(offer(chart));
      views.set(chart.id, view);
      for (const [name, value] of chosen) view.signal(name, value);
      if (chosen.length > 0) await view.runAsync();
      // To a screen reader the chart is one picture with its finding as name, not a thousand nameless marks.
      place.querySelector("svg").setAttribute("aria-hidden", "true");
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", chart.title.join(" "));
      if (chart.navigator && zoom !== null) follow(view);
      apply(chart);
    } catch (error) {
      place.className = "failed";
      place.textContent = "This chart could not be drawn: " + error.message;
      console.error(error);
    }
    document.documentElement.dataset.drawn = "yes";
  };
  const draw = async () => {
    for (const chart of charts) {
      await drawOne(chart);
      document.documentElement.dataset.drawn = "no";
    }
    document.documentElement.dataset.drawn = "yes";
  };
  let drawing = draw();
  dark.addEventListener("change", () => { drawing = drawing.then(draw); });

  /** The chart as it is shown, with its title, of a fixed width, in light colours: what a paper or a slide needs. */
  const standalone = (chart) => {
    const view = views.get(chart.id);
    const params = (chart.spec.params ?? []).map((param) => ("value" in param ? { ...param, value: view.signal(param.name) } : param));
    return { ...chart.spec, params, width: 640, autosize: { type: "pad" }, padding: 14, title: { text: chart.title, subtitle: chart.about }, config: themes.light };
  };
  const rows = (node, found = []) => {
    for (const [key, value] of Object.entries(node ?? {})) {
      if (key === "values" && Array.isArray(value) && typeof value[0] === "object" && Object.keys(value[0]).length > 0) found.push(value);
      else if (value !== null && typeof value === "object") rows(value, found);
    }
    return found;
  };
  const field = (value) => { const text = value === undefined ? "" : String(value); return /[",\\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text; };
  const csv = (spec) => [...new Set(rows({ data: spec.data, layer: spec.layer, datasets: Object.values(spec.datasets ?? {}).map((values) => ({ values })) }).map((table) => {
    const names = [...new Set(table.flatMap((row) => Object.keys(row)))];
    return [names, ...table.map((row) => names.map((name) => row[name]))].map((line) => line.map(field).join(",")).join("\\n") + "\\n";
  }))].join("\\n");
  const save = async (chart, kind) => {
    const name = document.title.split(" ")[0].replace(/[^A-Za-z0-9-]+/g, "-") + "-" + chart.id;
    if (kind === "csv") return download(name + ".csv", "text/csv", csv(chart.spec));
    const spec = standalone(chart);
    if (kind === "json") return download(name + ".vl.json", "application/json", JSON.stringify(spec, undefined, 1));
    const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
    if (kind === "svg") download(name + ".svg", "image/svg+xml", await view.toSVG());
    else await new Promise((done) => view.toCanvas(2).then((canvas) => canvas.toBlob((blob) => { download(name + ".png", "image/png", blob); done(); })));
    view.finalize();
  };
  const download = (name, type, content) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (button !== null) void drawing.then(() => save(charts.find((chart) => chart.id === button.dataset.chart), button.dataset.save));
  });
})();
`;
