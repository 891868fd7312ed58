/**
 * Ways between hosts that are slow or lose packets. A lost packet costs its retransmission time-out, never the message;
 * one that is lost again twice as much, and so on (RFC 6298, section 5.5). What follows on the same connection waits
 * behind it. Bulk transfers are not concerned: a known simplification.
 */
import { TIME_MOST } from "../../base/time.ts";

export interface Impairment {
  /** Microseconds more, drawn per message. */
  readonly delay: () => number;
  /** Is the next packet lost? Drawn. */
  readonly isLost: () => boolean;
  /** When it ends: what is sent again from then on gets through. */
  readonly until: number;
}

export interface Impairments {
  /** How many pairs are concerned. Read before `extra`: it costs nothing. */
  count: number;
  /** What the next message of a pair of hosts is late by. */
  readonly extra: (pair: number, now: number) => number;
  readonly add: (pair: number, impairment: Impairment) => void;
  readonly remove: (pair: number, impairment: Impairment) => void;
}

/** As Linux's tcp_retries2: then the connection would be given up. */
const LOSSES_MOST = 15;
/** Longest time-out: Linux's TCP_RTO_MAX, microseconds. */
const TIMEOUT_MOST = 120_000_000;

export function createImpairments(retransmission: number): Impairments {
  const byPair = new Map<number, Impairment[]>();

  function extraOf({ delay, isLost, until }: Impairment, now: number): number {
    const extra = delay();
    let timeout = retransmission;
    let waited = 0;
    for (let losses = 0; losses < LOSSES_MOST && now + waited < until && isLost(); losses += 1) {
      waited += timeout;
      timeout = Math.min(timeout * 2, TIMEOUT_MOST);
    }
    return Math.min(extra + waited, TIME_MOST);
  }

  const impairments: Impairments = {
    count: 0,
    extra: (pair, now) => {
      const concerning = byPair.get(pair);
      let extra = 0;
      if (concerning !== undefined) for (const impairment of concerning) extra += extraOf(impairment, now);
      return extra;
    },
    add: (pair, impairment) => {
      byPair.set(pair, [...(byPair.get(pair) ?? []), impairment]);
      impairments.count = byPair.size;
    },
    remove: (pair, impairment) => {
      const left = (byPair.get(pair) ?? []).filter((other) => other !== impairment);
      if (left.length > 0) byPair.set(pair, left);
      else byPair.delete(pair);
      impairments.count = byPair.size;
    },
  };
  return impairments;
}
