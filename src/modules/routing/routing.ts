/**
 * From a shard to the server to ask, through a cached shard map that may be stale.
 *
 * The client's side: `route` says whom to ask first and whom next when there is silence; `follow` takes a redirect and
 * says what was learnt and where to go now, within a bound. The server's side: `admit` says whether to serve, or where to
 * send the client. The redirects are those of Redis Cluster (specification, "MOVED Redirection", "ASK Redirection"):
 * `moved` is lasting knowledge with an epoch, `ask` is for this one request, while a shard is on its way.
 *
 * shard-map.ts: the map; read-choice.ts: which replica reads; scatter.ts: one request to many shards.
 */
import { epochOf, withEntry } from "./shard-map.ts";
import type { ShardEntry, ShardMap } from "./shard-map.ts";

/** "Not mine, ask there." */
export type Redirect<Server extends number = number> =
  | {
      /** The shard has another owner, lastingly. */
      readonly kind: "moved";
      readonly shard: number;
      /** What the answering server knows of the shard, its own epoch included. */
      readonly entry: ShardEntry<Server>;
    }
  | {
      /** The shard is being moved and this key is already there: ask `to` once, and learn nothing. */
      readonly kind: "ask";
      readonly shard: number;
      readonly to: Server;
    };

/** Where a redirected request goes now. */
export type Next<Server extends number = number> =
  /** Send it to `to`; with `asking` it must carry the word that lets a receiving server serve a shard on its way. */
  | { readonly kind: "send"; readonly to: Server; readonly asking: boolean }
  /** The redirect is no newer than what is known, and what is known points back at who answered: wait, then route again. */
  | { readonly kind: "backOff" }
  /** The request was redirected as often as allowed. */
  | { readonly kind: "exhausted" };

/** Redirects a request may meet before it gives up. Clients of Redis Cluster differ: go-redis 3, Jedis 5, ioredis 16. */
export const REDIRECTS_MAX = 5;

/**
 * The server to ask at the `attempt`-th try (from 0): first the believed owner, then, as long as nobody answers, the
 * other replicas in their order, then the owner again and so on. A replica that was promoted in silence serves, any other
 * redirects with what it knows: asking the next one is how a client without a new map finds the new owner. `undefined` if
 * nothing is known of the shard: ask any server. Allocates nothing.
 */
export function route<Server extends number>(map: ShardMap<Server>, shard: number, attempt = 0): Server | undefined {
  const entry = map.entries[shard];
  if (entry === undefined) return undefined;
  const { owner, replicas } = entry;
  let place = attempt % replicas.length;
  if (place === 0) return owner;
  for (let i = 0; i < replicas.length; i += 1) {
    if (replicas[i] === owner) continue;
    place -= 1;
    if (place === 0) return replicas[i];
  }
  return owner;
}

/**
 * The map after a redirect: a newer `moved` replaces what was known of its shard; an older one, one of the same epoch, and
 * every `ask` leave the very same map.
 */
export function learn<Server extends number>(map: ShardMap<Server>, redirect: Redirect<Server>): ShardMap<Server> {
  return redirect.kind === "moved" ? withEntry(map, redirect.shard, redirect.entry) : map;
}

/**
 * What to do with a request that `from` answered by `redirect`, its `hops`-th (from 1). Give the map as it was *before*
 * `learn`; several answers may have come since the request was sent, so `from` need not be the owner believed now.
 */
export function follow<Server extends number>(
  map: ShardMap<Server>,
  redirect: Redirect<Server>,
  from: Server,
  hops: number,
  hopsMax: number = REDIRECTS_MAX,
): Next<Server> {
  if (hops > hopsMax) return { kind: "exhausted" };
  if (redirect.kind === "ask") return { kind: "send", to: redirect.to, asking: true };
  if (redirect.entry.epoch > epochOf(map, redirect.shard)) {
    return redirect.entry.owner === from ? { kind: "backOff" } : { kind: "send", to: redirect.entry.owner, asking: false };
  }
  // The one who answered knows less than we do: believe the map, unless the map's own owner is who sent us away (it may
  // not know yet that it was promoted, or have lost the shard to a change that nobody has published).
  const believed = map.entries[redirect.shard]?.owner;
  if (believed === undefined || believed === from) return { kind: "backOff" };
  return { kind: "send", to: believed, asking: false };
}

/** How a shard stands on one server while it moves. */
export type Passage<Server extends number = number> =
  /** It is going to `to`, and this key is no longer here. */
  | { readonly kind: "leaving"; readonly to: Server; readonly gone: boolean }
  /** It is coming here; requests that `ask` are served already. */
  | { readonly kind: "coming" };

/** A server's answer to a request: serve it, send the client elsewhere, or admit to knowing nothing. */
export type Admission<Server extends number = number> =
  { readonly kind: "serve" } | { readonly kind: "redirect"; readonly redirect: Redirect<Server> } | { readonly kind: "unknown" };

const SERVE: Admission<never> = { kind: "serve" };

/**
 * What the server `self`, by its own knowledge, answers to a request for `shard`. `reading` requests that allow a standby
 * are served by any replica. `passage` is set while the shard moves; `asking` is whether the request carries the word.
 */
export function admit<Server extends number>(
  map: ShardMap<Server>,
  self: Server,
  shard: number,
  request: { readonly asking?: boolean; readonly standbyAllowed?: boolean },
  passage?: Passage<Server>,
): Admission<Server> {
  const entry = map.entries[shard];
  if (passage?.kind === "coming" && request.asking === true) return SERVE;
  if (entry === undefined) return { kind: "unknown" };
  if (entry.owner === self) {
    if (passage?.kind === "leaving" && passage.gone) {
      return { kind: "redirect", redirect: { kind: "ask", shard, to: passage.to } };
    }
    return SERVE;
  }
  if (request.standbyAllowed === true && entry.replicas.includes(self)) return SERVE;
  return { kind: "redirect", redirect: { kind: "moved", shard, entry } };
}
