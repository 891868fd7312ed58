/** From the text of a results.json back to what is stored of a study. */
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import type { Pooled } from "../study/stats/pooled.ts";
import { type MetricValue, absent, censored, unknown, value } from "../study/stats/sample.ts";
import { outageOf } from "./results-outages.ts";
import { RESULTS_VERSION, type ResultsData, resultsSchema } from "./results-schema.ts";
import type { Stored, StoredOutage, StoredStrategy } from "./stored.ts";

export type ReadResults = { readonly ok: true; readonly stored: Stored } | { readonly ok: false; readonly fault: string };

/** Never throws, whatever the text is. */
export function readResults(text: string): ReadResults {
  let data: unknown;
  try {
    data = JSON.parse(text) as unknown;
  } catch {
    return { ok: false, fault: "is no JSON" };
  }
  const version = typeof data === "object" && Boolean(data) ? (data as Readonly<Record<string, unknown>>)["schemaVersion"] : undefined;
  if (typeof version !== "number") return { ok: false, fault: "is no results.json: it has no schemaVersion" };
  if (version !== RESULTS_VERSION) {
    const whose = version < RESULTS_VERSION ? "an older shardlab; run the scenario again" : "a newer shardlab; use that one";
    return { ok: false, fault: `has results of version ${version}, and this shardlab reads version ${RESULTS_VERSION}: it is of ${whose}` };
  }
  const read = resultsSchema.safeParse(data);
  if (read.success) return { ok: true, stored: storedOf(read.data) };
  const [issue] = read.error.issues;
  return { ok: false, fault: `is no whole results.json: ${issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`}` };
}

function storedOf(data: ResultsData): Stored {
  const { scenario, shardlab, repeats, changes, measured, shown, verdicts, objectives, prices, strategies } = data;
  const { name, question, labels, seed } = scenario;
  return {
    name,
    question,
    labels,
    seed,
    version: shardlab,
    plannedRepeats: scenario.repeats,
    repeats,
    changes,
    measured,
    shown,
    verdicts: verdicts.map(verdictOf),
    objectives: objectives.map(verdictOf),
    prices,
    strategies: strategies.map((one) => strategyOf(one, data)),
  };
}

function strategyOf({ name, scenario, summaries, drawn }: ResultsData["strategies"][number], data: ResultsData): StoredStrategy {
  const pooled = Object.entries(summaries).flatMap(([metric, found]): readonly (readonly [string, Pooled])[] =>
    found.pooled === undefined ? [] : [[metric, given(found.pooled)]],
  );
  return {
    name,
    resolved: scenario,
    runs: data.runs
      .filter((run) => run.strategy === name)
      .map(({ repeat, seed, key, digest, metrics }) => ({
        repeat,
        seed,
        key,
        digest,
        values: new Map(Object.entries(metrics).map(([metric, found]) => [metric, valueOf(found)])),
      })),
    pooled: Object.fromEntries(pooled),
    outages: outagesOf(name, data.outages),
    drawn: {
      ...drawn,
      load: { shard: drawn.load.shard, server: drawn.load.server },
      timelines: { ...drawn.timelines, runs: drawn.timelines.runs.map((one) => ({ ...one, longest: one.longest })) },
    },
  };
}

/** Fields that are there: an absent one and an undefined one are different things to the compiler. */
function given({ p99Low, p99High, ...rest }: NonNullable<ResultsData["strategies"][number]["summaries"][string]["pooled"]>): Pooled {
  return { ...rest, ...(p99Low === undefined ? {} : { p99Low }), ...(p99High === undefined ? {} : { p99High }) };
}

function valueOf(found: ResultsData["runs"][number]["metrics"][string]): MetricValue {
  if (typeof found === "number") return value(found);
  if ("value" in found) return value(found.value, found.note);
  if ("atLeast" in found) return censored(found.atLeast);
  return "unknown" in found ? unknown(found.cause, found.unknown) : absent(found.absent);
}

function outagesOf(strategy: string, { columns, rows }: ResultsData["outages"]): readonly StoredOutage[] {
  return rows.flatMap((row) => {
    const named = new Map(columns.map((column, index) => [column, row[index] ?? ""]));
    const outage = named.get("strategy") === strategy ? outageOf(named) : undefined;
    return outage === undefined ? [] : [{ seed: Number(named.get("seed")), outage }];
  });
}

/** Where in its file an expectation stood is not stored. */
const NOWHERE = { line: 0, column: 0 };

function verdictOf({ verdict, text, parts, ...asked }: ResultsData["verdicts"][number]): ExpectationVerdict {
  const place = { path: asked.path, of: asked.of, knownFailure: asked.knownFailure, ...NOWHERE };
  return {
    expectation:
      asked.kind === "invariant"
        ? { kind: "invariant", invariant: asked.invariant, ...place }
        : {
            kind: "metric",
            metric: asked.metric,
            where: { ...ANYWHERE, ...asked.where },
            over: asked.over,
            statistic: asked.statistic,
            bound: asked.bound,
            confidence: asked.confidence,
            ...place,
          },
    kind: verdict,
    text,
    parts: parts.map(({ strategy, verdict: kind, text: words, run, figures }) => ({
      strategy,
      kind,
      text: words,
      run,
      figures: {
        n: figures.n,
        ...(figures.point === undefined ? {} : { point: figures.point }),
        ...(figures.bound === undefined ? {} : { bound: figures.bound }),
        ...(figures.p === undefined ? {} : { p: figures.p }),
        ...(figures.repeatsNeeded === undefined ? {} : { repeatsNeeded: figures.repeatsNeeded }),
      },
    })),
  };
}

const ANYWHERE = { shard: undefined, operation: undefined, vantage: undefined, window: undefined, per: undefined, what: undefined };
