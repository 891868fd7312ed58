/** Replication by a leaderless quorum: a coordinator on every server, replicas that take what they are sent, no primary. */
import type { ReplicationPart } from "../../contracts.ts";
import type { PartFault, PartSurroundings } from "../../part.ts";
import { COORDINATOR, createCoordinator } from "./coordinator.ts";
import type { QuorumOptions } from "./options.ts";
import { createQuorumReplica } from "./replica.ts";

export const createQuorum = (options: QuorumOptions): ReplicationPart => ({
  copies: (replicas) => replicas,
  singleOrder: false,
  conflict: "lastWriterWins",
  coordination: { machine: COORDINATOR, choice: options.coordinator, stampsByClient: options.clock === "client" },
  waitsForMembers: false,
  needed: () => options.w,
  machines: [
    {
      name: COORDINATOR,
      on: { kind: "servers" },
      process: "database",
      create: (host, context) => createCoordinator(host, context, options),
    },
  ],
  createReplica: (context) => createQuorumReplica(context, options),
});

/** Quorums larger than the copies there are. */
export function checkQuorum({ r, w }: QuorumOptions, { copies }: PartSurroundings): readonly PartFault[] {
  const faults: PartFault[] = [];
  for (const [name, count] of [
    ["r", r],
    ["w", w],
  ] as const)
    if (count < 1 || count > copies)
      faults.push({
        fault: `${name}: ${count} of ${copies} replicas can never be had`,
        mend: `write 1 to ${copies}, or more replicas in cluster`,
        steps: ["quorum", name],
      });
  return faults;
}
