import { expect, it } from "vitest";
import { TINY, scenarioFile, scratch, shardlab } from "./harness.ts";

const OBJECTIVES = "objectives: { latency.read: { p99: 8ms }, loss.writes: { max: 0 } }\n";
/** TINY with two servers and less than a second of it. */
const SMALL = TINY.slice(0, TINY.indexOf("expect:"))
  .replace("a: 1, b: 1, c: 1", "a: 1, b: 1")
  .replace("replicas: 3", "replicas: 2")
  .replace("duration: 3s", "duration: 600ms")
  .replace("settle: 10s", "settle: 3s")
  .replace("at: 1s", "at: 200ms");
const asking = (expectations: string, more = OBJECTIVES): string => scenarioFile(`${SMALL}${more}expect: ${expectations}\n`);

const BOTH =
  "[ { metric: headroom, of: sync, statistic: min, atLeast: 1 }, { metric: headroom.gone, of: sync, statistic: min, atLeast: 0.02 } ]";

interface Found {
  readonly strategies: readonly { readonly healthy: { readonly holds?: number }; readonly gone: { readonly holds?: number } }[];
}

it("an expectation can name headroom: it is what capacity finds for the same run, healthy and with the worst domain gone", async () => {
  const file = asking(BOTH);
  const capacity = await shardlab("capacity", file, "--repeats", "1", "--strategy", "sync", "--quiet", "--json");
  const [own] = (JSON.parse(capacity.out) as Found).strategies;
  const ran = await shardlab("run", file, "--repeats", "1", "--strategy", "sync", "--quiet", "--format", "md", "--out", scratch());
  const figureOf = (metric: string): number => Number(new RegExp(`${metric} of sync: min is (?:≥ )?([\\d.]+)`, "u").exec(ran.out)?.[1]);
  expect(own?.healthy.holds).toBeGreaterThan(1);
  expect(figureOf("headroom")).toBeCloseTo(own?.healthy.holds ?? 0, 1);
  expect(figureOf("headroom\\.gone")).toBeCloseTo(own?.gone.holds ?? 0, 1);
});

it("headroom without an objective that could break is refused, and where none is asked for none is looked for", async () => {
  const none = await shardlab("check", asking("[ { metric: headroom, of: sync, atLeast: 1 } ]", ""));
  expect(none).toMatchObject({ status: 2, err: expect.stringContaining("there is no objective, and headroom is the load at which one") });
  const itself = await shardlab("check", asking("[]", "objectives: { headroom: { min: 2 } }\n"));
  expect(itself).toMatchObject({ status: 2, err: expect.stringContaining("objectives.headroom") });
});

it("explain says what headroom is, and that capacity looks for the same", async () => {
  const { out, status } = await shardlab("explain", "headroom");
  expect(status).toBe(0);
  expect(out.replaceAll(/\s+/gu, " ")).toMatch(
    /highest load, as a multiple of the scenario's own, at which no objective .*`shardlab capacity` looks/u,
  );
});
