import { expect, it } from "vitest";
import { TINY, scenarioFile, shardlab } from "./harness.ts";

const with_ = (objectives: string): string => scenarioFile(`${TINY}objectives: ${objectives}\n`);
const FEW = ["--repeats", "1", "--strategy", "sync", "--most", "1"];

it("capacity says up to which load every objective holds, healthy and with the worst failure domain gone", async () => {
  const ran = await shardlab("capacity", with_("{ loss.writes: { max: 0 } }"), ...FEW);
  expect(ran.status).toBe(0);
  expect(ran.out.replaceAll(/\s+/gu, " ")).toMatch(
    /^sync healthy: holds up to × 1 \(50\/s\), and was not tried beyond zone [abc] gone \(the worst\): holds up to × 1/u,
  );
  expect(ran.err).toContain("sync, zone b gone, load × 1: holds");
});

it("what breaks at the scenario's own load is 1, and the objective is named", async () => {
  const ran = await shardlab(
    "capacity",
    with_("{ loss.writes: { max: 0 }, latency.read: { p99: 1us } }"),
    ...FEW,
    "--healthy",
    "--quiet",
    "--json",
  );
  expect(ran.status).toBe(1);
  const [found] = (JSON.parse(ran.out) as { readonly strategies: readonly { readonly healthy: unknown }[] }).strategies;
  expect(found?.healthy).toMatchObject({ breaks: 1 / 64, what: expect.stringMatching(/^latency\.read: p99 is .*, at most 1 µs$/u) });
});

it("without an objective, or with none that can be judged without the scenario's faults, there is nothing to look for", async () => {
  expect(await shardlab("capacity", scenarioFile())).toMatchObject({
    status: 2,
    err: expect.stringContaining("no objectives: nothing can break"),
  });
  const recovery = await shardlab("capacity", with_("{ recovery.time: { max: 1s } }"), ...FEW);
  expect(recovery).toMatchObject({ status: 2, err: expect.stringContaining("no objective can be judged of sync without") });
  expect((await shardlab("capacity", scenarioFile(), "--precision", "0%")).status).toBe(2);
  expect((await shardlab("capacity", with_("{ loss.writes: { max: 0 } }"), "--after", "soon")).err).toContain("--after:");
});
