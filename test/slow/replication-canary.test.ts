/** Kinds of replication that are wrong on purpose, each with the sound one beside it: the audit says what is lost, and when it had been promised. */
import { expect, it } from "vitest";
import type { PartsBuilder } from "../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import type { Target } from "../../src/simulator/faults/fault.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { createAsynchronous } from "../../src/simulator/strategies/replication/policies.ts";
import { s } from "../simulator/cluster/small-run.ts";
import { cut, during, PRIMARY, replicatedBy, STANDBYS } from "../simulator/strategies/replication/waiting.ts";
import { answerDone, changed, isClients, isRequest, look, replicas, stepping, WRITE } from "../canary/broken.ts";

const server = (at: number): Target => ({ kind: "server", server: at });
const dies = (at: number, when: number, until?: number) => during({ kind: "hostDeath", target: [server(at)] }, when, until);
const SHORT = { duration: s(16), settle: s(20) };

it("semi-synchronous in name only loses what it had not fallen back for; the sound one loses nothing", () => {
  const plan = replicatedBy("semiSynchronous", {}, { ...SHORT, faults: [during(cut(PRIMARY, STANDBYS), 4, 8), dies(0, 5)] });
  expect(look(plan).audit.lossWrites).toBeUndefined();
  const lazy = createAsynchronous({ ship: { every: s(0) } });
  const { record } = look(
    plan,
    changed(({ replication }) => ({ replication: { ...replication, createReplica: lazy.createReplica } })),
  );
  expect(record.data.lossWrites).toBeGreaterThan(50);
  expect(record.data.lossFallenBack ?? 0).toBe(0);
});

it("a chain whose head acknowledges before the others have the write loses it with the head", () => {
  const plan = replicatedBy("chain", {}, { ...SHORT, faults: [during(cut(PRIMARY, STANDBYS), 4, 8), dies(0, 4.5)] });
  expect(look(plan).audit.lossWrites).toBeUndefined();
  const hasty: PartsBuilder = replicas((machine, context) =>
    stepping(machine, (input, io) => {
      const isWrite = isRequest(input, WRITE) && isClients(input, io) && context.server === 0;
      machine.step(input, io);
      if (isWrite) answerDone(input, io, context);
    }),
  );
  expect(look(plan, hasty).audit.lossWrites).toBeGreaterThan(20);
});

it("a monitor that takes no notice of the epoch's members promotes a standby that was dropped, and with it the past", () => {
  // Server 1 is dead until the others are gone: what was acknowledged meanwhile is not on it.
  const faults = [dies(1, 2, 11), dies(0, 9, 15), dies(2, 9, 15)];
  const plan: RunSpec = replicatedBy("semiSynchronous", {}, { ...SHORT, duration: s(20), faults });
  expect(look(plan).audit.lossWrites).toBeUndefined();
  const careless = changed(({ replication }) => ({ replication: { ...replication, waitsForMembers: false } }));
  const { record } = look(plan, careless);
  expect(record.data.lossWrites).toBeGreaterThan(100);
  expect(record.data.lossFallenBack ?? 0).toBe(0);
});

it("a standby that purges what it has received and not applied, and is then promoted, loses it", () => {
  const plan = replicatedBy(
    "asynchronous",
    { delay: "10s" },
    { ...SHORT, faults: [during({ kind: "processCrash", target: [server(0)] }, 5, 15)] },
  );
  expect(look(plan).audit.lossWrites ?? 0).toBeLessThanOrEqual(1);
  let purged = 0;
  const purging = replicas((machine) =>
    stepping(machine, (input, io) => {
      if (isRequest(input, Message.AskPosition) && io.log.exists() && io.log.written() > io.log.applied()) {
        purged += io.log.written() - io.log.applied();
        io.log.truncate(io.log.applied());
      }
      machine.step(input, io);
    }),
  );
  expect(look(plan, purging).audit.lossWrites).toBeGreaterThan(20);
  expect(purged).toBeGreaterThan(20);
});
