/** What travels on the cluster bus: one header for all, and what its kind adds. Immutable, one object for all receivers. */

/** A shard as its sender has it: who owns it, under which configuration epoch. */
export interface Claim {
  readonly shard: number;
  readonly owner: number;
  readonly epoch: number;
}

/** Another node as the sender sees it. Times are the sender's wall clock, in whole seconds (as on Redis's wire). */
export interface Gossip {
  readonly node: number;
  readonly pongAt: number;
  readonly mayHaveFailed: boolean;
  readonly hasFailed: boolean;
}

interface Header {
  readonly sender: number;
  readonly currentEpoch: number;
  /** Of every shard that the sender has a replica of: what it owns, or whom it follows. */
  readonly claims: readonly Claim[];
  /** Of those that it follows: how far its log is. */
  readonly offsets: readonly { readonly shard: number; readonly offset: number }[];
}

export type Packet = Header &
  (
    | { readonly kind: "ping" | "pong"; readonly gossip: readonly Gossip[] }
    /** A connection is opened, and is open. */
    | { readonly kind: "connect" | "connected" }
    | { readonly kind: "fail"; readonly node: number }
    | { readonly kind: "authRequest"; readonly shard: number; readonly configEpoch: number }
    | { readonly kind: "authAck"; readonly shard: number }
    | { readonly kind: "update"; readonly news: readonly Claim[] }
  );

/** Redis's header carries a bitmap of 16,384 slots; a gossip entry is 104 bytes (clusterMsg, clusterMsgDataGossip). */
const HEADER_BYTES = 2_256;
const GOSSIP_BYTES = 104;
export const packetBytes = (packet: Packet): number => HEADER_BYTES + ("gossip" in packet ? GOSSIP_BYTES * packet.gossip.length : 0);
