/** Replication with several primaries: every replica takes writes, and ships them to the others afterwards. */
import type { ReplicationPart } from "../../contracts.ts";
import type { MultiPrimaryOptions } from "./options.ts";
import { createMultiPrimaryReplica } from "./replica.ts";

export const createMultiPrimary = (options: MultiPrimaryOptions): ReplicationPart => ({
  copies: (replicas) => replicas,
  singleOrder: false,
  conflict: options.conflict === "lastWriterWins" ? "lastWriterWins" : "siblings",
  coordination: { choice: options.primary },
  waitsForMembers: false,
  needed: () => 1,
  createReplica: (context) => createMultiPrimaryReplica(context, options),
});
