/** The page's style sheet. Light and dark follow the reader's system, for the charts too (charts/theme.ts). */
import { type Colours, DARK, LIGHT } from "./charts/theme.ts";

/** The reader's own: a font in the page would be most of its size. */
export const PAGE_FONT = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

const variables = (colours: Colours): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}: ${String(colour)};`)
    .join(" ");

export const PAGE_STYLE = `
:root { ${variables(LIGHT)} }
@media (prefers-color-scheme: dark) {
  :root { ${variables(DARK)} }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.2rem 1rem 3rem; background: var(--ground); color: var(--text); font: 0.9375rem/1.5 ${PAGE_FONT}; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 0.4rem; }
h2 { font-size: 1rem; line-height: 1.4; margin: 2rem 0 0.2rem; }
a { color: inherit; text-decoration-color: var(--line); }
.name { color: var(--soft); margin: 0; }
.facts, .note, .about, footer { color: var(--soft); font-size: 0.8rem; margin: 0.2rem 0 0.6rem; }
.changes { color: var(--doubt); font-weight: bold; font-size: 0.8rem; margin: 0 0 0.6rem; }
.headline { font-size: 1.15rem; line-height: 1.45; margin: 0.8rem 0 1rem; padding: 0.7rem 1rem; background: var(--panel); border-left: 4px solid var(--good); border-radius: 4px; }
.answers dl { margin: 1rem 0; background: var(--panel); border-radius: 6px; padding: 0.6rem 1rem; }
.answers dl div { display: grid; grid-template-columns: 10.5rem 1fr; gap: 0.2rem 1rem; padding: 0.3rem 0; }
.answers dt { font-weight: bold; color: var(--soft); }
.answers dd { margin: 0; }
/* A shade at the right edge, there only while something is hidden behind it: the first two layers move with the table. */
.wide { overflow-x: auto; overflow-wrap: normal; background: linear-gradient(to left, var(--ground) 40%, transparent) right / 3rem 100% no-repeat local, linear-gradient(to left, var(--shade), transparent) right / 1.2rem 100% no-repeat scroll; }
.scrolls { display: none; color: var(--soft); font-size: 0.8rem; margin: 0 0 0.3rem; text-align: right; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.45rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--ground); max-width: 14rem; overflow: hidden; text-overflow: ellipsis; }
th small, td small { display: block; font-weight: normal; color: var(--soft); font-size: 0.72rem; min-height: 1.1em; }
td.best { font-weight: bold; color: var(--good); }
td.best small { color: var(--soft); }
.verdicts { list-style: none; margin: 0.4rem 0; padding: 0; }
.verdicts li { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0.2rem 0.6rem; padding: 0.35rem 0; border-bottom: 1px solid var(--line); }
.held b { color: var(--good); }
.broken b { color: var(--bad); }
.unknown b { color: var(--doubt); }
.chart { break-inside: avoid; }
.plot { width: 100%; min-height: 3rem; }
.choices form, .zoom { display: flex; flex-wrap: wrap; gap: 0.3rem 0.9rem; align-items: center; }
.choices select, .zoom input, button { font: inherit; font-size: 0.8rem; color: var(--text); background: var(--panel); border: 1px solid var(--soft); border-radius: 4px; padding: 0.15rem 0.5rem; max-width: 100%; }
.zoom input { width: 6rem; }
.zoom { margin-top: 2rem; font-size: 0.85rem; }
.choices { font-size: 0.85rem; margin: 0.2rem 0; }
.tools { color: var(--soft); font-size: 0.8rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
details { margin-top: 2rem; }
summary { cursor: pointer; font-weight: bold; }
.definitions dt { font-weight: bold; margin-top: 0.8rem; }
.definitions dd { margin: 0; color: var(--soft); }
pre { background: var(--panel); border-radius: 6px; padding: 0.6rem 1rem; font: 0.72rem/1.5 monospace; white-space: pre-wrap; }
.failed { color: var(--bad); }
@media (max-width: 40rem) {
  .scrolls { display: block; }
  .answers dl div, .verdicts li { grid-template-columns: 1fr; }
  th:first-child { max-width: 7rem; }
}
@media print { .tools, .zoom, .choices, .scrolls { display: none; } .wide { overflow: visible; } body { max-width: none; } details:not([open]) > :is(dl, pre) { display: block; } }
`;
