/**
 * Which replica a router's reads ask, by the REAL module's chooser over what this router knows: its own unanswered
 * requests to each server, who was silent lately, who said that it is behind, and how far zones are apart.
 */
import type { ServerId } from "../../../base/ids.ts";
import { milliseconds, seconds } from "../../../base/time.ts";
import type { Random } from "../../../base/random.ts";
import { readChooser } from "../../../modules/routing/read-choice.ts";
import type { ShardEntry } from "../../../modules/routing/shard-map.ts";
import type { ServerPlace } from "../contracts.ts";
import { stalenessOf, type ReadOptions } from "../routing/reads.ts";

/** A server that did not answer is left out of reads for so long, or until it answers. */
const SILENT_FOR = seconds(1);
/** A standby that said it is behind is left out for so long. */
const BEHIND_FOR = milliseconds(100);

export interface ReadRouting {
  /** May other replicas than the primary answer? Else nothing below need be asked. */
  readonly spreads: boolean;
  /** Age that an answer may have, microseconds: what requests carry. */
  readonly staleness: number;
  /** The server to read from; `avoid` (or -1) was asked just now. Undefined: nobody may answer but the owner. */
  readonly choose: (shard: number, entry: ShardEntry<ServerId>, avoid: number, now: number) => ServerId | undefined;
  /** A request went to a server; it was answered, or is waited for no longer. */
  readonly sent: (server: number) => void;
  readonly settled: (server: number) => void;
  readonly answered: (server: number) => void;
  readonly silent: (server: number, now: number) => void;
  /** A standby turned a read away because it lags. */
  readonly behind: (server: number, shard: number, now: number) => void;
}

export function createReadRouting(
  options: ReadOptions,
  here: { readonly zone: string; readonly region: string },
  servers: readonly ServerPlace[],
  random: Random,
): ReadRouting {
  const { reads } = options;
  const staleness = stalenessOf(options);
  const outstanding: number[] = [];
  const silentUntil: number[] = [];
  /** By server and shard; old entries are left until they are asked for again. */
  const behindUntil = new Map<string, number>();
  const isBounded = staleness > 0 && staleness < Infinity;
  let avoided = -1;
  let at = 0;
  const distance = (server: ServerId): number => {
    const place = servers[server];
    return place === undefined || place.region !== here.region ? 2 : place.zone === here.zone ? 0 : 1;
  };
  const chooser = readChooser<ServerId>(
    reads.kind === "nearestZone" ? { kind: "nearest" } : reads,
    staleness === 0 ? { kind: "primaryOnly" } : isBounded ? { kind: "bounded", bound: 0 } : { kind: "any" },
    {
      outstanding: (server) => outstanding[server] ?? 0,
      distance,
      // Only a standby knows how far behind it is: it is believed to be good until it says otherwise.
      lag: (server, shard) => ((behindUntil.get(`${server}/${shard}`) ?? 0) > at ? Infinity : 0),
      isUsable: (server) => server !== avoided && (silentUntil[server] ?? 0) <= at,
    },
    random,
  );
  return {
    spreads: reads.kind !== "primary",
    staleness,
    choose: (shard, entry, avoid, now) => {
      avoided = avoid;
      at = now;
      const server = chooser.choose(shard, entry);
      return chooser.eligible() === 0 ? undefined : server;
    },
    sent: (server) => {
      while (outstanding.length <= server) outstanding.push(0);
      outstanding[server] = outstanding[server]! + 1;
    },
    settled: (server) => {
      outstanding[server] = outstanding[server]! - 1;
    },
    answered: (server) => {
      silentUntil[server] = 0;
    },
    silent: (server, now) => {
      silentUntil[server] = now + SILENT_FOR;
    },
    behind: (server, shard, now) => {
      if (isBounded) behindUntil.set(`${server}/${shard}`, now + BEHIND_FOR);
    },
  };
}
