/** `shardlab compare`: stored results side by side. What changed, and is it significant? */
import { changesData, changesText } from "../report/changes-text.ts";
import { isUnchanged, isWorse, studyChange } from "../report/changes.ts";
import { jsonText } from "../report/json-text.ts";
import { METRICS, metricByName } from "../study/stats/metrics.ts";
import { type Given, suggestion } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { readReports } from "./results-files.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status: 1 if anything is worse than in the first, or differs from it with `--strict`. */
export function compare(given: Given, terminal: Terminal): number {
  const [base = "", ...others] = given.positionals;
  if (others.length === 0)
    throw new InputError(["compare: name two result folders or more: the first is what the others are compared with"]);
  const metrics = readMetrics(given);
  const [before, ...reports] = readReports([base, ...others]);
  if (before === undefined) throw new InputError([`${base}: there are no results`]);
  const changes = reports.map((after) => studyChange(before, after, { metrics }));
  const names = (index: number): readonly [string, string] => [base, others[index] ?? ""];
  if (given.flag("json")) terminal.print(`${jsonText(changes.map((change, index) => changesData(change, names(index))))}\n`);
  else {
    const texts = changes.map((change, index) =>
      changesText(change, { columns: terminal.columns, paint: terminal.paint, names: names(index) }),
    );
    terminal.print(texts.join("\n"));
  }
  const isBroken = changes.some((change) => (given.flag("strict") ? !isUnchanged(change) : isWorse(change)));
  return isBroken ? Exit.Broken : Exit.Held;
}

/** Undefined: those of the tables. */
function readMetrics(given: Given): readonly string[] | undefined {
  const named = given.texts("metric").flatMap((text) => text.split(","));
  const wrong = named.filter((name) => metricByName(name) === undefined);
  if (wrong.length > 0) {
    const known = METRICS.map(({ name }) => name);
    throw new InputError(
      wrong.map((name) => {
        const guess = suggestion(name, known);
        return `--metric: there is no metric "${name}"; ${guess === undefined ? "shardlab list metrics names them" : `did you mean "${guess}"?`}`;
      }),
    );
  }
  if (given.flag("all")) return METRICS.map(({ name }) => name);
  return named.length === 0 ? undefined : named;
}
