/** Hot, warm and cold standbys: what taking over costs each, against its arithmetic. */
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { asynchronousOptions, checkAsynchronous } from "../../../../src/simulator/strategies/replication/policies.ts";
import { constant, s, smallSpec } from "../../cluster/small-run.ts";
import { during, EXACT, factsOf, replicatedBy, run } from "./waiting.ts";

const RATE = 100;
const load = smallSpec().workload.map((one) => ({ ...one, mix: { update: 1 }, arrivals: { kind: "constant" as const, rate: RATE } }));
const DIES = during({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, 9, undefined);
const with_ = (standbys: unknown): RunRecord =>
  run(
    replicatedBy(
      "asynchronous",
      { standbys },
      {
        server: { ...EXACT, bandwidth: 1_000_000, service: { ...EXACT.service, apply: constant(500) } },
        workload: load,
        duration: s(40),
        faults: [DIES],
      },
    ),
  );
/** From the choice to the readiness that follows it. */
function promotion(record: RunRecord): number {
  const ready = factsOf(record, "ready").at(-1)!;
  const chosen = factsOf(record, "chosen").find(({ epoch }) => epoch === ready.epoch)!;
  return ready.at - chosen.at;
}
/** Entries since the start of the run, 1 s before measured time. */
const ENTRIES = RATE * (1 + 9);

describe("taking over", () => {
  it("is a matter of milliseconds for a hot standby", () => expect(promotion(with_("hot"))).toBeLessThan(s(0.1)));

  it("takes a warm standby its backlog over the pace of its replay", () => {
    // Nothing was replayed since the start: the first batch is due after an hour.
    const record = with_({ warm: { every: "1h", replay: "500/s" } });
    expect(Math.abs(promotion(record) - s(ENTRIES / 500))).toBeLessThan(s(0.1));
    expect(record.data.lossWrites).toBeLessThanOrEqual(1);
    expect(record.data.divergedReplicas).toBe(0);
    // In batches of a second at most a second's writes are left, and those of the batch under way.
    expect(promotion(with_({ warm: { every: "1s", replay: "500/s" } }))).toBeLessThan(s(0.6));
  });

  it("takes a cold standby its boot, the rows over the bandwidth, and the log's demand", () => {
    const record = with_({ cold: { boot: "5s" } });
    const copy = (1_000 * 1_000) / 1_000_000;
    expect(Math.abs(promotion(record) - s(5 + copy + ENTRIES * 0.0005))).toBeLessThan(s(0.1));
    expect(record.data.lossWrites).toBeLessThanOrEqual(1);
    expect(record.data.divergedReplicas).toBe(0);
    // The copy made anew every second leaves nearly nothing to replay.
    expect(Math.abs(promotion(with_({ cold: { boot: "5s", copyEvery: "1s" } })) - s(5 + copy))).toBeLessThan(s(0.15));
  });

  it("draws a boot time for each promotion: other seeds, other times", () => {
    const drawn = [1, 2].map((seed) =>
      promotion(
        run({
          ...replicatedBy(
            "asynchronous",
            { standbys: { cold: { boot: "uniform(2s..9s)" } } },
            { workload: load, duration: s(30), faults: [DIES] },
          ),
          seed,
        }),
      ),
    );
    expect(Math.abs(drawn[0]! - drawn[1]!)).toBeGreaterThan(s(0.05));
    for (const time of drawn) expect(time).toBeGreaterThan(s(2));
  });
});

it("a warm or cold standby answers no reads, and is not delayed beside", () => {
  const reading = { routing: { name: "smartClient", options: { reads: { kind: "roundRobin" } } } };
  const busy = (standbys: string): readonly number[] => {
    const spec = replicatedBy("asynchronous", { standbys }, { duration: s(5), parts: reading as never });
    const record = run({ ...spec, workload: spec.workload.map((one) => ({ ...one, mix: { read: 1 } })) });
    return [0, 1, 2].map((server) => record.windows.serverRequests.filter((_, at) => at % 3 === server).reduce((sum, one) => sum + one, 0));
  };
  expect(busy("hot").every((requests) => requests > 100)).toBe(true);
  expect(busy("warm").filter((requests) => requests > 0)).toHaveLength(1);
  expect(checkAsynchronous(asynchronousOptions.parse({ standbys: "cold", delay: "1h" }), { copies: 3 } as never)[0]!.fault).toContain(
    "cold",
  );
});
