/**
 * The connections of one router (a client, a proxy) to each server: so many at most, each with one request at a time. A
 * request takes one that is idle, or waits for one that is opened or given back, first come, first served. One whose
 * request was given up is closed, since its answer may still come. Connections that died without a word look like any
 * other: whoever takes one waits in vain for as long as an attempt may take. A reset empties the pool, as validation does.
 */
import type { ServerId } from "../../../base/ids.ts";
import type { Duration } from "../../../base/time.ts";

export interface PoolOptions {
  /** Connections to one server. */
  readonly size: number;
  /** That opening one takes. */
  readonly roundTrips: number;
  /** How long opening one may take. */
  readonly connectTimeout: Duration;
}

export interface Pools {
  /** True: the request may be sent now. False: it waits, and `send` is called for it. */
  readonly take: (request: number, server: ServerId) => boolean;
  readonly isWaiting: (request: number) => boolean;
  /** The request's attempt is over: its connection is free if it was answered, and closed if not. */
  readonly give: (request: number, isAnswered: boolean) => void;
  readonly opened: (server: ServerId) => void;
  /** One could not be opened: gives the request that had waited longest, or -1. */
  readonly unopened: (server: ServerId) => number;
  /** All connections to this server are gone: gives who waited for one. */
  readonly broken: (server: ServerId) => readonly number[];
}

export interface PoolEvents {
  readonly open: (server: ServerId) => void;
  readonly send: (request: number, server: ServerId) => void;
}

interface Pool {
  idle: number;
  busy: number;
  opening: number;
  readonly waiting: number[];
}

const NOBODY = -1;

/** Without options every request has a connection at once. */
export function createPools(options: PoolOptions | undefined, events: PoolEvents): Pools {
  const pools: (Pool | undefined)[] = [];
  /** Per request the server whose connection it has, or waits for. */
  const held: number[] = [];
  const awaited: number[] = [];

  const poolOf = (server: number): Pool => (pools[server] ??= { idle: 0, busy: 0, opening: 0, waiting: [] });

  /** Opens as many as are waited for and may be. */
  function grow(server: ServerId, pool: Pool): void {
    while (pool.opening < pool.waiting.length && pool.idle + pool.busy + pool.opening < options!.size) {
      pool.opening += 1;
      events.open(server);
    }
  }

  function serve(server: ServerId, pool: Pool): void {
    while (pool.idle > 0 && pool.waiting.length > 0) {
      const request = pool.waiting.shift()!;
      pool.idle -= 1;
      pool.busy += 1;
      awaited[request] = NOBODY;
      held[request] = server;
      events.send(request, server);
    }
  }

  return {
    take: (request, server) => {
      if (options === undefined) return true;
      const pool = poolOf(server);
      if (pool.idle > 0) {
        pool.idle -= 1;
        pool.busy += 1;
        held[request] = server;
        return true;
      }
      pool.waiting.push(request);
      awaited[request] = server;
      grow(server, pool);
      return false;
    },
    isWaiting: (request) => (awaited[request] ?? NOBODY) >= 0,
    give: (request, isAnswered) => {
      const wanted = awaited[request] ?? NOBODY;
      if (wanted >= 0) {
        const pool = poolOf(wanted);
        pool.waiting.splice(pool.waiting.indexOf(request), 1);
        awaited[request] = NOBODY;
        return grow(wanted as ServerId, pool);
      }
      const server = held[request] ?? NOBODY;
      if (server < 0) return;
      held[request] = NOBODY;
      const pool = poolOf(server);
      pool.busy -= 1;
      if (isAnswered) pool.idle += 1;
      serve(server as ServerId, pool);
      grow(server as ServerId, pool);
    },
    opened: (server) => {
      const pool = poolOf(server);
      // Of a pool that was emptied meanwhile.
      if (pool.opening === 0) return;
      pool.opening -= 1;
      pool.idle += 1;
      serve(server, pool);
    },
    unopened: (server) => {
      const pool = poolOf(server);
      if (pool.opening > 0) pool.opening -= 1;
      const [first = NOBODY] = pool.waiting;
      return first;
    },
    broken: (server) => {
      const pool = pools[server];
      if (pool === undefined) return [];
      pool.idle = 0;
      pool.busy = 0;
      pool.opening = 0;
      for (let request = 0; request < held.length; request += 1) if (held[request] === server) held[request] = NOBODY;
      grow(server, pool);
      return [...pool.waiting];
    },
  };
}
