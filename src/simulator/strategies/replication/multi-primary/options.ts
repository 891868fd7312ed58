/** Options of replication with several primaries, as a scenario writes them. */
import { z } from "zod";
import { bandwidthField, countField, durationField } from "../../../notation/fields.ts";

const antiEntropy = z.strictObject({
  every: durationField({ min: 1 }).describe("Pause between two comparisons of a replica with another of its shard, at a random phase."),
  bandwidth: bandwidthField().prefault("24MiB/s").describe("Of what one comparison sends."),
  parts: countField({ min: 1, max: 65_536 }).prefault(1024).describe("Leaves of the hash tree: a leaf that differs is sent whole."),
});

export const multiPrimaryOptions = z.strictObject({
  conflict: z
    .enum(["lastWriterWins", "versionVectors", "mergeable"])
    .default("lastWriterWins")
    .describe(
      "How versions of a key meet: the last stamp of the primaries' wall clocks wins; a version replaces those that it has seen, others stand beside it as siblings; or every write is an increment, or an element that is added, and all of them count.",
    ),
  ship: z
    .strictObject({
      every: durationField()
        .prefault("0ms")
        .describe("Pause between shipments to the other primaries; 0ms ships as soon as a write is synced."),
      again: durationField({ min: 1 }).prefault("1s").describe("What is not confirmed for so long is shipped again."),
    })
    .prefault({})
    .describe("How writes travel to the other primaries."),
  primary: z
    .enum(["replica"])
    .default("replica")
    .describe("Whom clients ask: a replica of the shard, the nearest first, one at random among equals."),
  antiEntropy: z
    .union([z.literal("none"), antiEntropy])
    .default("none")
    .describe("Replicas compare hash trees of what they hold, and exchange leaves that differ: it mends what was erased."),
  tombstones: z
    .strictObject({
      grace: durationField({ min: 1 }).prefault("10d").describe("A tombstone older than this is purged."),
      every: durationField({ min: 1 }).prefault("1m").describe("How often a replica looks for tombstones to purge."),
    })
    .prefault({})
    .describe("How long deletes are remembered."),
});

export type MultiPrimaryOptions = z.output<typeof multiPrimaryOptions>;
