/**
 * What a router waits for: deadlines of requests, answers to attempts, ends of pauses, behind one timer. And whether it
 * may try again: so many retries a request, within a budget that requests fill and retries empty (a token bucket), after
 * a pause that grows and is partly random.
 */
import type { Random } from "../../../base/random.ts";
import type { Io } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import type { ClientPolicy } from "../contracts.ts";
import { State, type Requests } from "./requests.ts";
import { createDueHeap, createDueRing, type DueRing } from "./waiting.ts";

/** The one timer of a router's waiting; those of its map have other numbers. */
export const DUE_TIMER = 0;
/** Retries that may be saved up. */
const BUDGET_CAP = 100;

export interface Attempts {
  /** A new request: it adds to the budget, and its deadline (local time) is watched. */
  readonly began: (request: number, isProbe: boolean, io: Io) => void;
  /** The request's present attempt has just been sent. */
  readonly sent: (request: number, io: Io) => void;
  /** The attempt failed: pauses before the next, or gives false if there may be none and the request is to be ended. */
  readonly pause: (request: number, io: Io) => boolean;
  /** Everything that is due: deadlines, then attempts that took too long, then pauses that are over. */
  readonly due: (io: Io) => void;
}

export interface AttemptEvents {
  readonly expired: (request: number, io: Io) => void;
  /** No answer in time. */
  readonly late: (request: number, io: Io) => void;
  readonly again: (request: number, io: Io) => void;
}

export function createAttempts(requests: Requests, policy: ClientPolicy, backoff: () => Random, events: AttemptEvents): Attempts {
  const r = requests.of;
  let tokens = BUDGET_CAP;
  let armed = Infinity;
  const attempts = createDueRing();
  const deadlines = createDueRing();
  const probeDeadlines = createDueRing();
  const pauses = createDueHeap();
  /** Of a router's buffer: who waits, the longest first, and until when. */
  const waitingSince = createDueRing();
  const waitsUntil: number[] = [];

  function arm(at: number, io: Io): void {
    if (at >= armed) return;
    armed = at;
    io.setTimer(DUE_TIMER, Math.max(0, at - io.now()) as Duration);
  }

  /** Attempts that were answered need no timer. */
  function skipOver(ring: DueRing): void {
    while (ring.due() < Infinity) {
      const request = ring.item();
      if (r.state[request] === State.Sent && r.attempt[request] === ring.tag()) return;
      ring.pop();
    }
  }

  function skipFinished(ring: DueRing): void {
    while (ring.due() < Infinity && (r.state[ring.item()] === State.Free || r.serial[ring.item()] !== ring.tag())) ring.pop();
  }

  /**
   * May the request wait in a router's buffer? Not one whose write may have taken effect: its client is to know. Where the
   * buffer is full, the request that has waited longest gives way, as in vtgate.
   */
  function mayWait(request: number, buffer: NonNullable<ClientPolicy["buffer"]>, io: Io): boolean {
    if (buffer.requests === 0 || (r.writing[request] === 1 && r.unsure[request] === 1)) return false;
    const now = io.now();
    if (r.retries[request]! > 0) return now < (waitsUntil[request] ?? 0);
    if (waiting() >= buffer.requests) {
      skipFinished(waitingSince);
      const oldest = waitingSince.item();
      waitingSince.pop();
      events.expired(oldest, io);
    }
    waitsUntil[request] = now + buffer.window;
    waitingSince.push(now, request, r.serial[request]!);
    return true;
  }

  function waiting(): number {
    let count = 0;
    for (let request = 0; request < requests.used(); request += 1)
      if (r.state[request] !== State.Free && r.retries[request]! > 0) count += 1;
    return count;
  }

  return {
    began: (request, isProbe, io) => {
      tokens = Math.min(BUDGET_CAP, tokens + policy.budget);
      const deadline = r.deadline[request]!;
      (isProbe ? probeDeadlines : deadlines).push(deadline, request, r.serial[request]!);
      arm(deadline, io);
    },
    sent: (request, io) => {
      const due = io.now() + policy.timeout;
      attempts.push(due, request, r.attempt[request]!);
      arm(due, io);
    },
    pause: (request, io) => {
      const made = r.retries[request]!;
      if (policy.buffer !== undefined) {
        const may = mayWait(request, policy.buffer, io);
        // The one that gave way was a part of the same operation, which has failed as a whole: nothing is left to pause.
        if (r.state[request] === State.Free) return true;
        if (!may) return false;
      }
      if (made >= policy.retries || (policy.budget < 1 && tokens < 1)) return false;
      tokens -= 1;
      r.retries[request] = made + 1;
      r.hops[request] = 0;
      r.state[request] = State.Pausing;
      r.attempt[request] = r.attempt[request]! + 1;
      let pause: number = policy.backoff.first;
      for (let i = 0; i < made && pause < policy.backoff.max; i += 1) pause *= policy.backoff.factor;
      pause = Math.min(pause, policy.backoff.max);
      const jitter = policy.backoff.jitter > 0 ? policy.backoff.jitter * backoff().uniform() : 0;
      const at = io.now() + Math.max(1, Math.round(pause * (1 - jitter)));
      pauses.push(at, request, r.attempt[request]);
      arm(at, io);
      return true;
    },
    due: (io) => {
      armed = Infinity;
      const now = io.now();
      for (const ring of [deadlines, probeDeadlines]) {
        while (ring.due() <= now) {
          const request = ring.item();
          const tag = ring.tag();
          ring.pop();
          if (r.state[request] !== State.Free && r.serial[request] === tag) events.expired(request, io);
        }
      }
      while (attempts.due() <= now) {
        const request = attempts.item();
        const tag = attempts.tag();
        attempts.pop();
        if (r.state[request] === State.Sent && r.attempt[request] === tag) events.late(request, io);
      }
      while (pauses.due() <= now) {
        const request = pauses.item();
        const tag = pauses.tag();
        pauses.pop();
        if (r.state[request] === State.Pausing && r.attempt[request] === tag) events.again(request, io);
      }
      skipOver(attempts);
      skipFinished(deadlines);
      skipFinished(probeDeadlines);
      const next = Math.min(deadlines.due(), probeDeadlines.due(), attempts.due(), pauses.due());
      if (next < Infinity) arm(next, io);
    },
  };
}
