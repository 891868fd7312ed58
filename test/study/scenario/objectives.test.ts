import { expect, it } from "vitest";
import { builtIn, formatProblem, readScenario } from "../../../src/library.ts";

const BASE = "name: x\nfaults: [ { at: 1s, hostDeath: server 0, for: ever } ]\nstrategies: { a: {}, b: {} }\n";

function read(text: string): ReturnType<typeof readScenario> {
  return readScenario(text, { file: "x.yaml", readText: () => undefined, ...builtIn() });
}

const problems = (text: string): readonly string[] => {
  const found = read(text);
  return found.ok ? [] : found.problems.map((problem) => formatProblem(problem).split("\n")[0] ?? "");
};

it("objectives become bounds on every strategy, in the metric's unit: at most where less is better, at least where more is", () => {
  const found = read(
    `${BASE}objectives: { recovery.time: { p90: 30s, max: 1m }, availability: { mean: 99.9% } }\nprices: { server: 292/month, storage: 0.02/GB-month }\n`,
  );
  expect(found.ok).toBe(true);
  if (!found.ok) return;
  const { objectives, prices } = found.scenario;
  expect(objectives.map(({ metric, statistic, bound, of, line }) => [metric, statistic, bound, of, line])).toEqual([
    ["recovery.time", "p90", { kind: "atMost", value: 30e6 }, ["a", "b"], 4],
    ["recovery.time", "max", { kind: "atMost", value: 60e6 }, ["a", "b"], 4],
    ["availability", "mean", { kind: "atLeast", value: 0.999 }, ["a", "b"], 4],
  ]);
  expect(prices).toEqual({ server: 0.4, crossZone: 0, storage: 0.02 });
});

it("they change no run: not its key, not what it is made of", () => {
  const [plain, priced] = [read(BASE), read(`${BASE}objectives: { loss.writes: { max: 0 } }\nprices: { server: 1/h }\n`)];
  expect(plain.ok && priced.ok && JSON.stringify(plain.scenario.strategies) === JSON.stringify(priced.scenario.strategies)).toBe(true);
});

it("what is wrong with them is told with its place and a mend", () => {
  expect(problems(`${BASE}objectives: { los.writes: { max: 0 } }\n`)).toEqual([
    expect.stringMatching(/^x\.yaml:4:15 objectives\.los\.writes: there is no metric "los\.writes"; did you mean "loss\.writes"\?/u),
  ]);
  expect(problems(`${BASE}objectives: { loss.writes: { p9x: 0 } }\n`)[0]).toContain('"p9x" is not a statistic');
  expect(problems(`${BASE}objectives: { recovery.time: { p90: soon } }\n`)[0]).toContain("objectives.recovery.time.p90");
  expect(problems(`${BASE}objectives: { loss.writes: {} }\n`)[0]).toContain("says no bound");
  expect(problems(`${BASE}objectives: { ambiguous.present: { max: 0 } }\n`)[0]).toContain("neither more nor less is better");
  expect(problems(`${BASE.replace(/faults.*\n/u, "")}objectives: { recovery.time: { max: 1s } }\n`)[0]).toContain("no fault is injected");
  expect(problems(`${BASE}prices: { server: 0.4 }\n`)[0]).toContain("does not say what it is per");
  expect(problems(`${BASE}prices: { disk: 1/h }\n`)[0]).toContain("prices.disk");
});
