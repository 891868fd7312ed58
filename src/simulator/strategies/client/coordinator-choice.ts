/**
 * Which server a client asks where any of several may coordinate: the nearest of those that were not silent lately, one at
 * random among equals, and another than the one that has just failed.
 */
import type { HostId, MachineId, ServerId, ShardId } from "../../../base/ids.ts";
import { seconds } from "../../../base/time.ts";
import { fail } from "../../../base/assert.ts";
import type { ClientContext, Coordination, ServerPlace } from "../contracts.ts";

/** A server that did not answer is left out for so long, or until it answers. */
const SILENT_FOR = seconds(1);

export interface CoordinatorChoice {
  /** `avoid` (or -1) was asked just now. */
  readonly choose: (shard: number, avoid: number, now: number) => ServerId;
  /** What takes requests for a shard there. */
  readonly machineOn: (shard: number, server: ServerId) => MachineId;
  readonly silent: (server: number, now: number) => void;
  readonly answered: (server: number) => void;
}

export function createCoordinatorChoice(context: ClientContext, { choice, machine }: Coordination): CoordinatorChoice {
  const random = context.random("coordinator choice");
  const silentUntil = new Float64Array(context.servers.length);
  const machines: (MachineId | undefined)[] = [];
  const everywhere = context.servers.map(({ id }) => id);

  function distanceTo(place: ServerPlace): number {
    if (choice === "any") return 0;
    return place.region !== context.region ? 2 : place.zone === context.zone ? 0 : 1;
  }

  return {
    choose: (shard, avoid, now) => {
      const candidates = choice === "replica" ? context.replicasOf(shard as ShardId) : everywhere;
      // Silent ones come last of all, and of them too the nearest first.
      let best = Infinity;
      let count = 0;
      let chosen = candidates[0] ?? fail(`shard ${shard} has nobody to ask`);
      const rank = (server: ServerId): number => {
        const isDoubtful = silentUntil[server]! > now || server === avoid;
        return distanceTo(context.servers[server]!) + (isDoubtful ? 3 : 0);
      };
      for (const server of candidates) {
        const at = rank(server);
        if (at < best) {
          best = at;
          count = 0;
        }
        if (at === best) {
          count += 1;
          chosen = server;
        }
      }
      if (count > 1) {
        let left = random.below(count);
        for (const server of candidates) {
          if (rank(server) !== best) continue;
          chosen = server;
          if (left === 0) break;
          left -= 1;
        }
      }
      return chosen;
    },
    machineOn: (shard, server) =>
      machine === undefined
        ? context.replicaMachine(shard as ShardId, server)
        : (machines[server] ??= context.machineOn(machine, server as number as HostId)),
    silent: (server, now) => {
      silentUntil[server] = now + SILENT_FOR;
    },
    answered: (server) => {
      silentUntil[server] = 0;
    },
  };
}
