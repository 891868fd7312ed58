/** What an audit is given, and what it gives: whatever the order of a shard's writes. */
import type { DataAudit } from "../record/record.ts";
import type { Ledger, LostWrite } from "./ledger.ts";

export interface AuditInput {
  readonly ledger: Ledger;
  /** The map's owner of each shard at the end. */
  readonly ownerOf: (shard: number) => number;
  /** May this server be promoted by the part's own rule (a member, where only members may)? */
  readonly promotable: (shard: number, server: number) => boolean;
  readonly isAlive: (server: number) => boolean;
  /** Standbys apply late by design. */
  readonly appliesLate?: boolean;
  /** Rows present from the start. */
  readonly loadedKeys: (key: number) => boolean;
}

export interface Audit {
  readonly data: DataAudit;
  readonly lost: readonly LostWrite[];
  /** Shards that nobody survived: everything acknowledged there is lost. */
  readonly extinct: readonly number[];
}
