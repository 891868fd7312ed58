/** The ledger's memory follows the key space and what is pending, not the number of writes. */
import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/time.ts";
import { auditLedger } from "../../src/simulator/cluster/audit.ts";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import { createLedger } from "../../src/simulator/cluster/ledger.ts";
import { Ending, Kind } from "../../src/simulator/cluster/operations.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import { isRequest, replicas, stepping, WRITE } from "../canary/broken.ts";
import { constant, s, smallSpec } from "../simulator/cluster/small-run.ts";

const MEGABYTE = 1_000_000;

/** Bytes in use after a full collection: objects and the typed arrays beside them. */
function inUse(): number {
  globalThis.gc!();
  globalThis.gc!(); // What an array buffer held goes one collection after its array.
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

interface Sampled {
  readonly bytes: readonly number[];
  /** Message slots ever needed at once. */
  readonly slots: readonly number[];
  /** Operations and versions still held when all has settled. */
  readonly live: readonly number[];
  readonly acknowledged: number;
}

/** Runs so many writes through `simulate` and looks at a tenth, a half and all of them. */
function sampled(writes: number, rows: number): Sampled {
  const rate = 20_000;
  const seconds = writes / rate;
  const base = smallSpec({
    warmup: s(0),
    duration: s(seconds),
    settle: s(2),
    window: s(seconds / 10),
    data: { tables: [{ name: "users", rows, row: 100, key: "id" }] },
  });
  const { server } = base.cluster;
  const spec: RunSpec = {
    ...base,
    cluster: {
      ...base.cluster,
      shards: 4,
      server: { ...server, cores: 16, service: { read: constant(50), write: constant(50), apply: constant(5) } },
    },
    workload: [{ ...base.workload[0]!, mix: { update: 1 }, arrivals: { kind: "constant", rate } }],
  };
  const at = [0.1, 0.5, 0.999].map((share) => Math.round(writes * share));
  const bytes: number[] = [];
  const slots: number[] = [];
  let seen = 0;
  const watching = replicas((machine) =>
    stepping(machine, (input, io) => {
      if (isRequest(input, WRITE)) {
        seen += 1;
        if (seen === at[bytes.length]) {
          bytes.push(inUse());
          slots.push(io.messages.shard.length);
        }
      }
      machine.step(input, io);
    }),
  );
  let live: readonly number[] = [];
  const { data, requests } = simulate(spec, watching, {
    ended: ({ ledger }) => {
      live = [ledger.operations.live(), ledger.operations.liveVersions()];
    },
  });
  expect([data.lossWrites, data.divergedReplicas, requests.neverEnded]).toEqual([0, 0, 0]);
  return { bytes, slots, live, acknowledged: data.acknowledged };
}

describe("memory does not grow with the number of writes", () => {
  it("over 2 million writes to a thousand keys, run through the whole simulator", () => {
    const { bytes, slots, live, acknowledged } = sampled(2_000_000, 1_000);
    expect(acknowledged).toBe(2_000_000);
    expect(bytes).toHaveLength(3);
    // The last write of each key and of each prober's (4 shards, 3 vantages), and nothing else.
    expect(live).toEqual([1_012, 1_012]);
    expect(Math.max(...bytes) - bytes[0]!).toBeLessThan(2 * MEGABYTE);
    expect(new Set(slots).size).toBe(1);
    expect(slots[0]).toBeLessThanOrEqual(16_384);
    console.log(`2 million writes, 1,000 keys: ${bytes.map((n) => (n / MEGABYTE).toFixed(1)).join(", ")} MB in use at 10 %, 50 %, 100 %`);
  });

  for (const keys of [100, 1_000_000]) {
    it(`over 10 million writes to ${keys.toLocaleString("en")} keys, in the ledger alone; what is held at the end is what states and logs hold`, () => {
      const ledger = createLedger(1, keys);
      const { operations } = ledger;
      const of = operations.of;
      const stores = [0, 1, 2].map((server) => ledger.addReplica(0, server));
      const writes = 10_000_000;
      const bytes: number[] = [];
      const written = new Uint8Array(keys);
      let key = 1;
      for (let write = 1; write <= writes; write += 1) {
        key = (key * 48_271) % 2_147_483_647; // Park and Miller's generator: any scattered order would do.
        const operation = operations.open();
        of.kind[operation] = Kind.Update;
        of.key[operation] = key % keys;
        written[key % keys] = 1;
        of.shard[operation] = 0;
        of.probe[operation] = 0;
        of.bytes[operation] = 1;
        of.sentAt[operation] = write;
        const now = (write + 1) as Instant;
        const index = ledger.appendOperation(stores[0]!, operation, 1, now);
        const version = stores[0]!.versionAt(index);
        for (const store of stores.slice(1)) ledger.appendVersion(store, version);
        for (const store of stores) {
          store.setSynced(index);
          store.apply(index);
        }
        ledger.acknowledging(operation, version, 0, 1, now);
        ledger.end(operation, Ending.Acknowledged, now);
        if (write === writes * 0.1 || write === writes * 0.5 || write === writes) bytes.push(inUse());
      }
      expect(Math.max(...bytes) - bytes[0]!).toBeLessThan(keys === 100 ? MEGABYTE : 20 * MEGABYTE);
      ledger.retire(ledger.shards[0]!);
      // Each key's last write, and no other.
      const distinct = written.reduce((sum, one) => sum + one, 0);
      expect([operations.live(), operations.liveVersions()]).toEqual([distinct, distinct]);
      expect(stores.map((store) => store.written() - store.base())).toEqual([0, 0, 0]);
      const { data } = auditLedger({ ledger, ownerOf: () => 0, promotable: () => true, isAlive: () => true, loadedKeys: () => true });
      expect([data.acknowledged, data.lossWrites, data.divergedReplicas]).toEqual([writes, 0, 0]);
      for (const store of stores) store.destroy();
      expect([operations.live(), operations.liveVersions()]).toEqual([0, 0]);
      console.log(`10 million writes, ${keys} keys, the ledger alone: ${bytes.map((n) => (n / MEGABYTE).toFixed(1)).join(", ")} MB`);
    });
  }

  it("over 2 million writes to a million keys, beyond what the keys take", () => {
    const { bytes, slots } = sampled(2_000_000, 1_000_000);
    // Each key that was written holds one version on each of three replicas, however often it was written.
    expect(bytes[1]).toBeLessThan(400 * MEGABYTE);
    expect(bytes[2]! - bytes[1]!).toBeLessThan(20 * MEGABYTE);
    expect(new Set(slots).size).toBe(1);
    console.log(
      `2 million writes, 1,000,000 keys: ${bytes.map((n) => (n / MEGABYTE).toFixed(1)).join(", ")} MB in use at 10 %, 50 %, 100 %`,
    );
  });
});
