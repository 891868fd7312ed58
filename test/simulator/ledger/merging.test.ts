import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../../../src/base/time.ts";
import { auditLedger } from "../../../src/simulator/cluster/audit.ts";
import { createLedger } from "../../../src/simulator/cluster/ledger.ts";
import { Ending, Kind } from "../../../src/simulator/cluster/operations.ts";
import type { ReplicaStore } from "../../../src/simulator/cluster/replica-store.ts";
import { mergingMoves, playMerging } from "./merging-twin.ts";

describe.each(["lastWriterWins", "siblings"] as const)(
  "the ledger without a single order of writes (%s), beside a twin that keeps everything",
  (merge) => {
    it("agrees with it on every count, whatever is stamped, sent, lost, crashed or wiped, and holds nothing in the end", () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(mergingMoves, (script) => {
          const { real, plain, statesAgree, left } = playMerging(script, merge);
          expect(statesAgree).toBe(true);
          expect(real).toMatchObject(plain);
          expect(left).toEqual([0, 0]);
          for (const [name, count] of Object.entries(plain)) if (count > 0) seen.set(name, (seen.get(name) ?? 0) + 1);
        }),
        { numRuns: 600 },
      );
      // Every class came up, so none was agreed upon for want of it. (Nothing goes by clocks where versions know what they have seen.)
      const classes = ["lossWrites", "phantomWrites", "duplicatedWrites", "ambiguousPresent", "staleReads", "divergedReplicas"];
      if (merge === "lastWriterWins") classes.push("lossByClock", "conflictsDiscarded");
      for (const name of classes) expect(`${name} ${(seen.get(name) ?? 0) >= 10}`).toBe(`${name} true`);
    });
  },
);

describe("what had been found kept", () => {
  /** Three replicas of a shard, and writes that reach all of them, each settled before the next move. */
  function three() {
    const ledger = createLedger(1, 4, "lastWriterWins");
    const { operations } = ledger;
    let stores = [0, 1, 2].map((server) => ledger.addReplica(0, server));
    let now = 0;
    const apply = (store: ReplicaStore): void => {
      store.setSynced(store.written());
      store.apply(store.written());
      ledger.retire(ledger.shards[0]!);
    };
    const open = (key: number): number => {
      const operation = operations.open();
      operations.of.kind[operation] = Kind.Update;
      operations.of.key[operation] = key;
      operations.of.sentAt[operation] = now;
      now += 1;
      return operation;
    };
    const acknowledge = (operation: number): void => {
      now += 1;
      ledger.end(operation, Ending.Acknowledged, now as Instant);
      now += 1;
    };
    return {
      write: (key: number, stamp: number, on: readonly number[] = [0, 1, 2]): void => {
        const operation = open(key);
        const [first, ...others] = on.map((server) => stores[server]!);
        const version = first!.versionAt(ledger.appendOperation(first!, operation, 1, now as Instant, stamp));
        for (const store of others) ledger.appendVersion(store, version);
        acknowledge(operation);
        for (const server of on) apply(stores[server]!);
      },
      /** Acknowledged by a coordinator that alone has it; it can bring it to all, and forget it. */
      writeAside: (key: number, stamp: number) => {
        const operation = open(key);
        const version = operations.version(operation, 1, now, stamp);
        acknowledge(operation);
        return {
          bring: (): void => {
            for (const store of stores) {
              ledger.appendVersion(store, version);
              apply(store);
            }
          },
          forget: (): void => operations.releaseVersion(version),
        };
      },
      wipe: (server: number): void => {
        ledger.dropReplica(stores[server]!);
        stores = stores.map((store, place) => (place === server ? ledger.addReplica(0, server) : store));
      },
      audit: () => auditLedger({ ledger, ownerOf: () => 0, promotable: () => true, isAlive: () => true, loadedKeys: () => false }).data,
    };
  }

  it("is lost when an older write that nobody had met wins over it by its clock", () => {
    const { write, writeAside, audit } = three();
    const { bring, forget } = writeAside(1, 100);
    write(1, 50);
    bring();
    forget();
    expect(audit()).toMatchObject({ acknowledged: 2, lossWrites: 1, lossVisible: 1, lossByClock: 1, divergedReplicas: 0 });
  });

  it("is lost when all disks are, one by one, though others were written in between", () => {
    const { write, wipe, audit } = three();
    write(1, 10);
    wipe(0);
    write(2, 20, [0]);
    wipe(1);
    wipe(2);
    expect(audit()).toMatchObject({ acknowledged: 2, lossWrites: 1, lossVisible: 1 });
  });

  it("is lost once, with all that it had replaced, when the last disk is, and what a message brings back is not", () => {
    const { write, writeAside, wipe, audit } = three();
    const early = writeAside(1, 5);
    early.bring();
    write(1, 10);
    write(1, 20);
    const late = writeAside(2, 30);
    for (const server of [0, 1, 2]) wipe(server);
    early.forget();
    late.bring();
    late.forget();
    write(3, 40);
    expect(audit()).toMatchObject({ acknowledged: 5, lossWrites: 3, lossVisible: 3, divergedReplicas: 0 });
  });
});
