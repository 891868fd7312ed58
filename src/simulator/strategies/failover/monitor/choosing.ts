/**
 * Who may take over, and who rather: bans and borders keep standbys out, priority and preference rank them. Where any
 * standby can lack what another has, the one that has most goes first unless told otherwise (`rank: priority`).
 */
import type { ServerId } from "../../../../base/ids.ts";
import type { ServerPlace } from "../../contracts.ts";
import { isMoreAdvanced } from "../procedure.ts";
import type { Location } from "./monitor-options.ts";
import type { Notes } from "./notes.ts";

/** How far a standby is. */
export interface Standing {
  readonly server: number;
  readonly epoch: number;
  readonly index: number;
}

export interface Choosing {
  /** Standbys that may take over now: not suspected, members where only those are sure to be complete, and allowed. */
  readonly candidates: (shard: number) => readonly number[];
  readonly isBetter: (shard: number, one: Standing, other: Standing) => boolean;
}

const stands = (place: ServerPlace | undefined, locations: readonly Location[]): boolean =>
  locations.some(({ kind, name }) => place?.[kind] === name);

export function createChoosing(notes: Notes): Choosing {
  const { context, suspected, standing } = notes;
  const { prefer, ban, preventCrossZone, preventCrossRegion, priority, rank } = notes.options.choice;
  const placeOf = (server: number): ServerPlace | undefined => context.servers.find(({ id }) => id === (server as ServerId));
  const priorityOf = (server: number): number => priority.get(server) ?? 1;

  function isAllowed(server: number, owner: number): boolean {
    const place = placeOf(server);
    const former = placeOf(owner);
    if (priorityOf(server) === 0 || stands(place, ban)) return false;
    if (preventCrossZone && place?.zone !== former?.zone) return false;
    return !(preventCrossRegion && place?.region !== former?.region);
  }

  /** Above 0 where one goes before the other for what it is, not for what it has. */
  function preference(one: number, other: number): number {
    const byPriority = priorityOf(one) - priorityOf(other);
    if (byPriority !== 0) return byPriority;
    return Number(stands(placeOf(one), prefer)) - Number(stands(placeOf(other), prefer));
  }

  return {
    candidates: (shard) =>
      standing(shard).filter(
        (server) =>
          suspected[server] === 0 &&
          (!context.waitsForMembers || notes.isMember(shard, server)) &&
          // One that is primary already and went unheard for a while may be given its role anew, wherever it is.
          (server === notes.map.owners[shard]! || isAllowed(server, notes.map.owners[shard]!)),
      ),
    isBetter: (shard, one, other) => {
      const preferred = preference(one.server, other.server);
      // Members have all that was acknowledged: what one has beyond it nobody was promised.
      const goesFirst = rank === "priority" || context.waitsForMembers;
      if (preferred !== 0 && (goesFirst || (one.epoch === other.epoch && one.index === other.index))) return preferred > 0;
      return isMoreAdvanced(one, other, notes.replicas(shard));
    },
  };
}
