/**
 * When sessions of the metadata service run out: by the monotonic clock of whoever leads it, in memory alone. Who begins to
 * lead knows nothing of renewals before and grants every session its whole time anew, as etcd (`lessor.Promote`) and Chubby
 * (Burrows 2006, section 2.9) do; so a session never ends earlier than its holder, who counts from when it asked, believes.
 */
import type { MetadataState } from "./metadata-state.ts";

/** Expired sessions are looked for this often (etcd: `lessor.runLoop`, 500 ms). */
export const LOOK_EVERY = 500_000;

export interface Sessions {
  /** This member leads from now on. */
  readonly lead: (state: MetadataState, now: number) => void;
  readonly rest: () => void;
  /** A session's holder was heard. False if there is no such session, or its end has begun. */
  readonly renew: (session: number, state: MetadataState, now: number) => boolean;
  /** Sessions whose time is up and whose end has not been asked for; it has, from now on. */
  readonly due: (state: MetadataState, now: number) => readonly number[];
}

export function createSessions(): Sessions {
  /** When each ends; Infinity once its end has been asked for. */
  const ends = new Map<number, number>();
  const ending = new Set<number>();
  return {
    lead: (state, now) => {
      ends.clear();
      ending.clear();
      for (const [session, ttl] of state.sessions) ends.set(session, now + ttl);
    },
    rest: () => {
      ends.clear();
      ending.clear();
    },
    renew: (session, state, now) => {
      const ttl = state.sessions.get(session);
      if (ttl === undefined || ending.has(session)) return false;
      ends.set(session, now + ttl);
      return true;
    },
    due: (state, now) => {
      const over: number[] = [];
      for (const [session, ttl] of state.sessions) {
        const end = ends.get(session);
        if (end === undefined) ends.set(session, now + ttl);
        else if (now >= end && !ending.has(session)) over.push(session);
      }
      for (const session of ends.keys())
        if (!state.sessions.has(session)) {
          ends.delete(session);
          ending.delete(session);
        }
      for (const session of over) ending.add(session);
      return over;
    },
  };
}
