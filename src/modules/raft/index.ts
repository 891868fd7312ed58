/** The package's door `shardlab/raft`: what outsiders import. Inside the project, import the file itself. */
export { createEffects } from "./effects.ts";
export type { Effect, Effects, Refusal, Role } from "./effects.ts";
export { members, newDurable, NO_MEMBERS, NOBODY } from "./entry.ts";
export type { Durable, Entry, Index, Membership, PeerId, Snapshot, Term } from "./entry.ts";
export type { Input, Token } from "./input.ts";
export { copyMessage, messageBytes } from "./messages.ts";
export type { Message } from "./messages.ts";
export { DEFAULT_OPTIONS, problemsOf } from "./options.ts";
export type { Options, Reads, Timing } from "./options.ts";
export { createOutbox } from "./outbox.ts";
export type { Outbox } from "./outbox.ts";
export { createPeer } from "./raft.ts";
export type { Peer } from "./raft.ts";
