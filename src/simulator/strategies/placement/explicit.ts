/** Explicit placement: for every shard the servers that hold it, written out, the first primary first. */
import { z } from "zod";
import { serverId } from "../../../base/ids.ts";
import { countField } from "../../notation/fields.ts";
import type { PlacementPart } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { noPrimaries } from "./domains.ts";

export const explicitOptions = z
  .array(z.array(countField()).min(1))
  .min(1)
  .describe("For each shard in order the numbers of its servers, the primary first.");
type ExplicitOptions = z.output<typeof explicitOptions>;

export function checkExplicit(lists: ExplicitOptions, around: PartSurroundings): readonly PartFault[] {
  const { servers, shards, copies, overServers } = around;
  const faults: PartFault[] = [...noPrimaries(around, "the lists say where primaries stand")];
  if (lists.length !== shards)
    faults.push({
      fault: `${lists.length} list${lists.length === 1 ? "" : "s"} for ${shards} shards`,
      mend: "give each shard one list of servers",
      steps: ["explicit"],
    });
  for (const [shard, list] of lists.entries()) {
    const steps = ["explicit", shard];
    if (list.length !== copies)
      faults.push({
        fault: `${list.length} server${list.length === 1 ? "" : "s"} for ${copies} replicas`,
        mend: `name ${copies}, or change replicas`,
        steps,
      });
    for (const [place, server] of list.entries()) {
      if (server >= servers.length)
        faults.push({ fault: `there is no server ${server}`, mend: `write 0 to ${servers.length - 1}`, steps: [...steps, place] });
      else if (list.indexOf(server) !== place)
        faults.push({ fault: `server ${server} stands twice`, mend: "name different servers", steps: [...steps, place] });
    }
    if (overServers && list[0] !== shard && shard < shards)
      faults.push({
        fault: `with over: servers shard ${shard} is server ${shard}'s own`,
        mend: `name server ${shard} first`,
        steps: [...steps, 0],
      });
  }
  return faults;
}

export const createExplicit = (lists: ExplicitOptions): PlacementPart => ({
  serversOf: (shard) => lists[shard]!.map(serverId),
});
