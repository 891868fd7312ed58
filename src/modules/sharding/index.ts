/**
 * The package's door `shardlab/sharding`: what outsiders import. Inside the project, import the file itself. The map of
 * the folder is in sharding.ts.
 */
export type { Made, Member, OwnedRange, Refusal, Sharding } from "./sharding.ts";
export { difference } from "./difference.ts";
export type { Difference, Keys, MemberChange } from "./difference.ts";
export { compareNames } from "./members.ts";

export { anchor } from "./anchor.ts";
export type { AnchorOptions, AnchorSharding } from "./anchor.ts";
export { bounded } from "./bounded.ts";
export type { BoundedOptions, BoundedSharding } from "./bounded.ts";
export { cassandra, cassandraToken, randomPartitionerToken, tokenText } from "./cassandra.ts";
export type { CassandraOptions } from "./cassandra.ts";
export { areBound, databaseTable } from "./database-table.ts";
export type { DatabaseTableOptions, LevelOrder } from "./database-table.ts";
export { directory } from "./directory.ts";
export type { DirectoryOptions, DirectorySharding } from "./directory.ts";
export { intervals } from "./intervals.ts";
export type { IntervalOptions } from "./intervals.ts";
export { jump, jumpBucket } from "./jump.ts";
export { ketama, ketamaHash } from "./ketama.ts";
export { maglev } from "./maglev.ts";
export type { MaglevOptions, MaglevSharding } from "./maglev.ts";
export { modulo } from "./modulo.ts";
export { bsonHash, CANONICAL_TYPE, mongodb } from "./mongodb.ts";
export type { BsonHash } from "./mongodb.ts";
export { multiProbe } from "./multi-probe.ts";
export type { MultiProbeOptions } from "./multi-probe.ts";
export { loadSplitKey, planChanges } from "./range-changes.ts";
export type { RangeChange, RangeLimits, RangeStatistics } from "./range-changes.ts";
export { ranges, sampleBoundaries } from "./ranges.ts";
export type { RangeOptions, RangeSharding } from "./ranges.ts";
export { rendezvous } from "./rendezvous.ts";
export { ring } from "./ring.ts";
export type { RingOptions } from "./ring.ts";
export { reassign, slots } from "./slots.ts";
export type { SlotOptions, SlotSharding } from "./slots.ts";
export { tree } from "./tree.ts";
export type { TreeOptions, TreeSharding } from "./tree.ts";
export { keyspaceId, vitess } from "./vitess.ts";
export type { Vindex, VitessOptions } from "./vitess.ts";

export { crc16, crc16Tagged, encodeKey, fnv1a32, fnv1a64, keyHash, textHash, textKey } from "./hash.ts";
export { md5, md5Hex } from "./md5.ts";
export { murmur128, murmur128x86, murmur32 } from "./murmur.ts";
export { xxhash64 } from "./xxhash.ts";
