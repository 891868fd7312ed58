import { expect, it } from "vitest";
import { type Watch, runTwice } from "../../src/cli/verified.ts";

/** A run of `events` events; from the `odd`-th execution on, event `at` differs. */
function machine(events: number, at: number, odd: number): (watch: Watch) => { readonly digest: string } {
  let executions = 0;
  return ({ checkpoint, checkpointEvery = 0, trace }) => {
    executions += 1;
    let hash = 1;
    for (let event = 1; event <= events; event += 1) {
      const drifts = executions % 2 === odd && event === at;
      hash = (Math.imul(hash, 31) + event + (drifts ? 7 : 0)) >>> 0;
      if (checkpointEvery > 0 && event % checkpointEvery === 0) checkpoint?.(event, hash.toString(16));
      trace?.({ at: event * 1_000, kind: "deliver", text: drifts ? "to b" : "to a" });
    }
    return { digest: hash.toString(16) };
  };
}

it("a run that is the same twice is given once, without complaint", () => {
  expect(runTwice(machine(200_000, -1, 0)).differs).toBeUndefined();
});

it("the first event that differs is found and told, with both sides", () => {
  const { differs } = runTwice(machine(200_000, 150_001, 0));
  expect(differs).toContain("alike up to event 131072");
  expect(differs).toContain("the first event that differs is number 150001: 150.001000 s deliver to a | 150.001000 s deliver to b");
});

it("a difference after the last checkpoint is found too", () => {
  expect(runTwice(machine(1_000, 999, 0)).differs).toContain("number 999: 0.999000 s deliver to a | 0.999000 s deliver to b");
});
