/** Messages of a run as drawings need them: nobody keeps them unless somebody asks. */

/** A message between two processes, for drawings. Times are microseconds of measured time. */
export interface SentMessage {
  /** Of its kind: `Append`. */
  readonly name: string;
  readonly from: MessageEnd;
  readonly to: MessageEnd;
  readonly sentAt: number;
  /** Undefined: it was never handled (the connection broke, the receiver died, or the run ended). */
  readonly at: number | undefined;
  readonly shard: number;
  readonly epoch: number;
  /** The client operation that it serves, -1 for none; a number is used again once its operation has ended. */
  readonly operation: number;
  readonly outcome: number;
  readonly bytes: number;
}

export interface MessageEnd {
  readonly machine: string;
  readonly host: string;
  readonly kind: "server" | "controller" | "client";
  readonly server: number | undefined;
  /** Of a replica, else -1. */
  readonly shard: number;
}

/** What a core of a server did for one message, or for work that a replica gave itself. Times are microseconds of measured time. */
export interface Service {
  /** Of the message's kind, `ReadRequest`; `work` without a message. */
  readonly name: string;
  readonly machine: string;
  readonly server: number;
  /** Of the replica, or the one that the message is about; -1 for none. */
  readonly shard: number;
  /** The client operation that it serves, -1 for none. */
  readonly operation: number;
  /** Of a prober, not of the workload. */
  readonly isProbe: boolean;
  /** Of work that was put off by a pause, the beginning that it would have had without. */
  readonly from: number;
  readonly to: number;
}
