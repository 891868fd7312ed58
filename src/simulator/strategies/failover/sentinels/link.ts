/**
 * A sentinel's connection to an instance, a server or another sentinel: when it was pinged and heard, whether it is
 * connected, and whether the instance is subjectively down. Times are the sentinel's milliseconds.
 *
 * sentinel.c: sentinelReconnectInstance, sentinelSendPeriodicCommands, sentinelCheckSubjectivelyDown.
 */
import type { MachineId } from "../../../../base/ids.ts";
import { PING_PERIOD, RECONNECT_LEAST } from "./settings.ts";

export interface Link {
  readonly machine: MachineId;
  /** When the oldest unanswered ping was sent; 0: all are answered. */
  pingedFirst: number;
  pingedLast: number;
  heardAt: number;
  connectedAt: number;
  triedAt: number;
  isConnected: boolean;
  helloAt: number;
  isDown: boolean;
  downAt: number;
}

/** `ages`: how long ago the last answer and hello were, of links that have been up for a while. */
export function createLink(machine: MachineId, now: number, ages: { readonly ping: number; readonly hello: number } | undefined): Link {
  return {
    machine,
    // One that was never connected counts from its making, so that what cannot be reached is found out too.
    pingedFirst: ages === undefined ? now : 0,
    pingedLast: -Infinity,
    heardAt: now - (ages?.ping ?? 0),
    connectedAt: now,
    triedAt: -Infinity,
    isConnected: ages !== undefined,
    helloAt: now - (ages?.hello ?? 0),
    isDown: false,
    downAt: 0,
  };
}

/** Connects anew at most once a ping period; true if a ping is to be sent right away. */
export function reconnects(link: Link, now: number): boolean {
  if (link.isConnected || now - link.triedAt < PING_PERIOD) return false;
  link.triedAt = now;
  link.connectedAt = now;
  link.isConnected = true;
  return true;
}

/** The first moment of the timer after a ping period without an answer, and not too soon after the last ping. */
export function isPingDue(link: Link, now: number, downAfter: number): boolean {
  const period = Math.min(downAfter, PING_PERIOD);
  return now - link.heardAt > period && now - link.pingedLast > period / 2;
}

export function pinged(link: Link, now: number): void {
  link.pingedLast = now;
  if (link.pingedFirst === 0) link.pingedFirst = now;
}

export function heard(link: Link, now: number): void {
  link.heardAt = now;
  link.pingedFirst = 0;
}

/** A connection that is up, old enough and silent for half of the time is given up for a new one. */
export function isStuck(link: Link, now: number, downAfter: number): boolean {
  return (
    link.isConnected &&
    now - link.connectedAt > RECONNECT_LEAST &&
    link.pingedFirst !== 0 &&
    now - link.pingedFirst > downAfter / 2 &&
    now - link.heardAt > downAfter / 2
  );
}

/** Judges it by what has gone unanswered. Gives what changed: it went down, came back, or neither. */
export function judge(link: Link, now: number, downAfter: number): "down" | "up" | undefined {
  const elapsed = link.pingedFirst !== 0 ? now - link.pingedFirst : link.isConnected ? 0 : now - link.heardAt;
  const isDown = elapsed > downAfter;
  if (isDown === link.isDown) return undefined;
  link.isDown = isDown;
  if (isDown) link.downAt = now;
  return isDown ? "down" : "up";
}

/** Has it not gone down within so long? */
export const isSoundFor = (link: Link, now: number, time: number): boolean => link.downAt === 0 || now - link.downAt > time;
