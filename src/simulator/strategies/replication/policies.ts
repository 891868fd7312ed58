/** When a write is acknowledged: none (one copy), asynchronous, synchronous. All three run the replica of primary-standby.ts. */
import { z } from "zod";
import type { Duration } from "../../../base/time.ts";
import { durationField } from "../../notation/fields.ts";
import type { ReplicationPart } from "../contracts.ts";
import { createPrimaryStandby } from "./primary-standby.ts";
import type { AckPolicy } from "./replica.ts";

const NO_SHIPPING = 0 as Duration;

/** One copy: what its server loses is lost. */
export const noneOptions = z.strictObject({});
export const createNone = (): ReplicationPart =>
  part({ ships: false, shipsUnsynced: false, shipEvery: NO_SHIPPING, waitsForMembers: false }, true);

/** Acknowledged when the primary has synced it; shipped afterwards, every so often. */
export const asynchronousOptions = z.strictObject({
  ship: z
    .strictObject({
      every: durationField().prefault("0ms").describe("Pause between shipments to the standbys; 0ms ships as soon as a write is synced."),
    })
    .prefault({})
    .describe("How the log travels to the standbys."),
});
export const createAsynchronous = (options: z.output<typeof asynchronousOptions>): ReplicationPart =>
  part({ ships: true, shipsUnsynced: false, shipEvery: options.ship.every, waitsForMembers: false }, false);

/**
 * Acknowledged when every member of the epoch's configuration has synced it. A dead member blocks writes until the
 * failover part drops it by a new epoch. Only what the primary has synced is shipped (as PostgreSQL's walsender does): a
 * primary whose host dies comes back in its epoch without its unsynced tail, and a standby that had it would take the
 * next entries of the same epoch for the ones it holds.
 */
export const synchronousOptions = z.strictObject({});
export const createSynchronous = (): ReplicationPart =>
  part({ ships: true, shipsUnsynced: false, shipEvery: NO_SHIPPING, waitsForMembers: true }, false);

function part(policy: AckPolicy, single: boolean): ReplicationPart {
  return {
    copies: (replicas) => (single ? 1 : replicas),
    singleOrder: true,
    waitsForMembers: policy.waitsForMembers,
    needed: (members) => (policy.waitsForMembers ? members : 1),
    createReplica: (context) => createPrimaryStandby(context, policy),
  };
}
