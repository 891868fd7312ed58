import { describe, expect, it } from "vitest";
import { startPool } from "../../../src/cli/pool.ts";
import { createPerformer } from "../../../src/cli/task.ts";
import { planJobs } from "../../../src/study/experiment/experiment.ts";
import { load, replaying } from "../../cli/replaying.ts";

describe("a scenario that replays a trace", () => {
  it("gives the same records on worker threads as without", async () => {
    const { source, scenario } = await load(replaying());
    const jobs = planJobs(scenario, { repeats: 2 });
    const perform = createPerformer([source]);
    const alone: string[] = [];
    for (const job of jobs) {
      const outcome = await perform({ source: 0, job, verify: true });
      if (outcome.kind !== "done") expect.fail(JSON.stringify(outcome));
      alone.push(JSON.stringify(outcome.record));
    }
    const pool = startPool([source], 2);
    try {
      const batch = { source: 0, jobs, verify: false, signal: new AbortController().signal, done: () => undefined, repeat: () => "" };
      const records = await pool.run(batch);
      expect(records.map((record) => JSON.stringify(record))).toEqual(alone);
    } finally {
      await pool.close();
    }
  });
});
