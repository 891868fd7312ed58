/** Another node as this one sees it, its failure reports among it. */
import { REPORT_VALIDITY, UNDO_FAIL } from "./settings.ts";

export interface Node {
  readonly server: number;
  /** A connection is there, or is being made. */
  isLinked: boolean;
  linkedAt: number;
  /** When the ping that is not answered yet was sent; 0: none is. */
  pingedAt: number;
  pongAt: number;
  /** Anything at all came from it. */
  dataAt: number;
  mayHaveFailed: boolean;
  hasFailed: boolean;
  failedAt: number;
  /** By reporting primary: when it last said so. */
  readonly reports: Map<number, number>;
}

export function createNode(server: number, now: number, pongAge: number): Node {
  return {
    server,
    isLinked: pongAge >= 0,
    linkedAt: now,
    pingedAt: 0,
    pongAt: pongAge >= 0 ? now - pongAge : 0,
    dataAt: pongAge >= 0 ? now - pongAge : 0,
    mayHaveFailed: false,
    hasFailed: false,
    failedAt: 0,
    reports: new Map(),
  };
}

/** Reports that are still valid; the others are forgotten. */
export function countReports(node: Node, now: number, nodeTimeout: number): number {
  for (const [reporter, at] of node.reports) if (now - at > nodeTimeout * REPORT_VALIDITY) node.reports.delete(reporter);
  return node.reports.size;
}

/** An answer came: what may have failed has not; what had failed is taken back, of a primary after a while. */
export function answered(node: Node, now: number, isPrimary: boolean, nodeTimeout: number): void {
  node.pongAt = now;
  node.pingedAt = 0;
  if (node.mayHaveFailed) node.mayHaveFailed = false;
  else if (node.hasFailed && (!isPrimary || now - node.failedAt > nodeTimeout * UNDO_FAIL)) node.hasFailed = false;
}

/** No answer and no other data for the node time-out (clusterCron). */
export function isOverdue(node: Node, now: number, nodeTimeout: number): boolean {
  return node.pingedAt !== 0 && Math.min(now - node.pingedAt, now - node.dataAt) > nodeTimeout;
}

/** A connection old enough over which nothing has come for half of the time is made anew. */
export function isStuck(node: Node, now: number, nodeTimeout: number): boolean {
  return (
    node.isLinked &&
    now - node.linkedAt > nodeTimeout &&
    node.pingedAt !== 0 &&
    now - node.pingedAt > nodeTimeout / 2 &&
    now - node.dataAt > nodeTimeout / 2
  );
}
