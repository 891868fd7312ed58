/**
 * Replicas in a line, each fed by the one before it: a chain (van Renesse and Schneider 2004), whose tail acknowledges, or
 * cascading standbys, of which the primary acknowledges alone.
 *
 * Of a chain the head says the order, with the log it ships: what was, less who was dropped; who is taken back comes last.
 * A member that has not heard the order of its epoch ships nothing and lets nothing count. Members that were dropped, and
 * new copies, are fed by the head until they have caught up (in the paper by the tail), and then join as the tail.
 */
import type { ServerId } from "../../../base/ids.ts";
import { seconds } from "../../../base/time.ts";
import type { Peer } from "./peers.ts";
import type { Line, Replica } from "./replica.ts";
import type { LinePolicy } from "./policy.ts";

/** A cascading standby that lets its feeder wait for so long is passed over until it is heard again. */
const SILENT_AFTER = seconds(3);

export function createLine(replica: Replica, { kind }: LinePolicy): Line {
  const { now, context, server } = replica;
  const placement = context.replicasOf(context.shard);
  /** Everybody knows the first. */
  let order: readonly ServerId[] = placement.filter((_, ordinal) => (now.members & (1 << ordinal)) !== 0);
  let knownFor = 1;
  let passed = 0;

  const within = (mask: number): readonly ServerId[] => placement.filter((_, ordinal) => (mask & (1 << ordinal)) !== 0);

  function byOrdinal(mask: number): readonly ServerId[] {
    const rest = within(mask).filter((member) => member !== now.owner);
    return now.owner < 0 ? [] : [now.owner as ServerId, ...rest];
  }

  /** Of a cascade everybody can tell at any time. */
  function current(): readonly ServerId[] {
    if (kind === "cascade") return byOrdinal(now.standing);
    return knownFor === now.epoch ? order : [];
  }

  const bitOf = (member: ServerId): number => 1 << placement.indexOf(member);
  const isIn = (): boolean => current().includes(server);

  function feeds(peer: Peer): boolean {
    const line = current();
    const here = line.indexOf(server);
    const there = line.indexOf(peer.server);
    // What is in no line is the head's to feed.
    if (there < 0) return replica.isPrimary();
    if (here < 0 || there <= here) return false;
    for (let place = here + 1; place < there; place += 1) if ((passed & bitOf(line[place]!)) === 0) return false;
    return true;
  }

  return {
    kind,
    order: current,
    isIn,
    isTail: () => isIn() && current().at(-1) === server,
    tail: () => current().at(-1),
    before: () => {
      const line = current();
      const here = line.indexOf(server);
      return here > 0 ? line[here - 1] : undefined;
    },
    feeds,
    renew: () => {
      if (kind === "cascade") return;
      const members = within(now.members);
      const before = order.filter((member) => members.includes(member) && member !== server);
      const joined = members.filter((member) => !before.includes(member) && member !== server);
      order = [server, ...before, ...joined];
      knownFor = now.epoch;
    },
    learn: (told) => {
      // Within an epoch members only leave.
      if (kind === "cascade" || (knownFor === now.epoch && told.length >= order.length)) return false;
      order = told;
      knownFor = now.epoch;
      return true;
    },
    passOver: (io) => {
      if (kind === "chain") return false;
      let silent = 0;
      for (const peer of replica.peers()) if (peer.synced < peer.goal && io.now() - peer.heardAt > SILENT_AFTER) silent |= peer.bit;
      const isNews = silent !== passed;
      passed = silent;
      return isNews;
    },
  };
}
