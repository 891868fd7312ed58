/** The page's style sheet. Light and dark follow the reader's system; the charts read the same variables (page-script.ts). */

export const PAGE_STYLE = `
:root { --ground: #ffffff; --text: #1c2024; --soft: #5b6570; --line: #d9dee3; --panel: #f4f6f8; --good: #00734f; --bad: #b3261e; --doubt: #8a5a00; --link: #0060a0; --shade: #00000055; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181c; --text: #e8ecf0; --soft: #a3adb8; --line: #343c44; --panel: #1d2329; --good: #4cc79a; --bad: #ff8a80; --doubt: #f0b64d; --link: #7cc0ff; --shade: #ffffff44; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.2rem 1rem 3rem; background: var(--ground); color: var(--text); font: 0.875rem/1.5 "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 0.4rem; }
h2 { font-size: 1rem; line-height: 1.4; margin: 2rem 0 0.2rem; }
a { color: inherit; text-decoration-color: var(--line); }
.name { color: var(--soft); margin: 0; }
.facts, .note, .about, footer { color: var(--soft); font-size: 0.8rem; margin: 0.2rem 0 0.6rem; }
.changes { color: var(--doubt); font-weight: bold; font-size: 0.8rem; margin: 0 0 0.6rem; }
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
figure { margin: 0 0 0.6rem; }
figcaption { font-weight: bold; margin: 0.6rem 0 0.2rem; }
.plot { width: 100%; min-height: 3rem; }
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
@media print { details:not([open]) > :is(dl, pre) { display: block; } }
`;
