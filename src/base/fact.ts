/** Facts: everything worth knowing about a run afterwards, a closed union. A new kind fails to compile wherever it is forgotten. */

interface At {
  /** Microseconds from the start of measured time. */
  readonly at: number;
}

export type Fact =
  /** A fault began or ended. `touches` are the shards whose hosts or links it concerns; `targets` are names. */
  | (At & {
      readonly kind: "fault";
      readonly phase: "start" | "end";
      readonly fault: string;
      readonly label: string;
      readonly type: string;
      readonly targets: readonly string[];
      readonly touches: readonly number[];
    })
  /** One observer suspects a server, or takes it back. */
  | (At & { readonly kind: "suspected"; readonly server: number; readonly by: string })
  | (At & { readonly kind: "retracted"; readonly server: number; readonly by: string })
  /** b1: the suspicion may be acted upon (enough observers agree; an election series began). */
  | (At & { readonly kind: "actionable"; readonly server: number; readonly shard: number; readonly by: string })
  /** b2: candidate chosen and its epoch claimed. */
  | (At & { readonly kind: "chosen"; readonly shard: number; readonly epoch: number; readonly server: number; readonly by: string })
  /** b3: the replica accepts writes as primary of this epoch. `deposedReachable` judges recovery.needless. */
  | (At & {
      readonly kind: "ready";
      readonly shard: number;
      readonly epoch: number;
      readonly server: number;
      readonly deposed: number;
      readonly deposedReachable: boolean;
      readonly planned: boolean;
    })
  /** b4: the authoritative map names the new owner (or the part says where else the news is to be had). */
  | (At & {
      readonly kind: "visible";
      readonly shard: number;
      readonly epoch: number;
      readonly server: number;
      /** Where the news is to be had, by the machine's name; left out where there is but one place. */
      readonly by?: string;
    })
  /** The last of the five steps of the failover procedure: clients and replicas were told. */
  | (At & { readonly kind: "notified"; readonly shard: number; readonly epoch: number })
  /** A replica stopped being primary, and why. */
  | (At & { readonly kind: "demoted"; readonly shard: number; readonly epoch: number; readonly server: number; readonly reason: string })
  /** A replica refused a message of an older epoch. */
  | (At & { readonly kind: "fenced"; readonly shard: number; readonly epoch: number; readonly server: number; readonly stale: number })
  /** The authoritative map changed for one shard: members that must acknowledge, in placement order. */
  | (At & {
      readonly kind: "map";
      readonly shard: number;
      readonly epoch: number;
      readonly owner: number;
      readonly members: readonly number[];
    })
  /** A map version was published: how many of `slots` equal parts of the key space have an owner (map-covers-key-space). */
  | (At & { readonly kind: "cover"; readonly epoch: number; readonly parts: number; readonly covered: number })
  /** The membership that copies should follow changed: by a planned operation, or by the loss of servers. */
  | (At & {
      readonly kind: "membership";
      readonly change: "add" | "remove" | "reshard" | "lost" | "returned";
      /** Servers that came or went; empty for a change of shards alone. */
      readonly servers: readonly number[];
      readonly label: string;
    })
  /**
   * A copy of a shard is being made on a server (`start`), is there (`copied`), counts as a replica (`joined`); the
   * primary's role went to it (`cutOver`); a copy that nothing needs any more is given up (`left`). `keys` and `bytes` are
   * those of the shard at that instant.
   */
  | (At & {
      readonly kind: "move";
      readonly phase: "start" | "copied" | "joined" | "cutOver" | "left";
      readonly shard: number;
      /** Where the copy comes from; the former primary at `cutOver`; the server itself at `left`. */
      readonly from: number;
      readonly to: number;
      readonly keys: number;
      readonly bytes: number;
    })
  /** A planned change of primary was begun, done under an epoch, or given up; `to` is -1 while nobody is chosen. */
  | (At & {
      readonly kind: "switchover";
      readonly phase: "start" | "done" | "aborted";
      readonly shard: number;
      readonly from: number;
      readonly to: number;
      readonly epoch: number;
      readonly label: string;
    })
  /**
   * Of a planned change that was done: from the old primary's last acknowledgement (`at`) to the first under the new
   * epoch. `time` is -1 if there was none until the end.
   */
  | (At & { readonly kind: "switched"; readonly shard: number; readonly epoch: number; readonly server: number; readonly time: number })
  | (At & {
      readonly kind: "process";
      readonly host: string;
      readonly process: string;
      readonly change: "started" | "crashed" | "stopped" | "paused" | "resumed";
    })
  /** A replica rejoined: entries it had to take back (its lineage had forked), entries it fetched. */
  | (At & {
      readonly kind: "rejoined";
      readonly shard: number;
      readonly server: number;
      readonly epoch: number;
      readonly rewound: number;
      readonly fetched: number;
    })
  /** Epoch `superseded` ended where epoch `epoch` began: acknowledged writes of the old lineage beyond the fork are lost. */
  | (At & {
      readonly kind: "forked";
      readonly shard: number;
      readonly superseded: number;
      readonly epoch: number;
      readonly lossWrites: number;
      readonly lossVisible: number;
      readonly lossSpan: number;
    })
  /**
   * A semi-synchronous primary goes on without its standbys (`begin`: what it waited for in vain is acknowledged by itself
   * alone) or waits for them again (`end`). `behind`: entries that it alone holds, as far as it knows.
   */
  | (At & {
      readonly kind: "fallback";
      readonly phase: "begin" | "end";
      readonly shard: number;
      readonly epoch: number;
      readonly server: number;
      readonly behind: number;
    })
  /**
   * A standby is given what it lacks: entries of the log, what a diverged tail had changed (`rewind`), or everything
   * (`copy`: its primary keeps no such old entries). `bytes` travel as one transfer; at `done` they are there.
   */
  | (At & {
      readonly kind: "resync";
      readonly phase: "start" | "done" | "failed";
      readonly how: "log" | "rewind" | "copy";
      readonly shard: number;
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
      readonly entries: number;
      readonly transferred: number;
    })
  | (At & {
      readonly kind: "election";
      readonly shard: number;
      readonly epoch: number;
      readonly server: number;
      readonly outcome: "started" | "won" | "lost";
    })
  /** A part's own note, by a stable name; `text` is for readers, never for checks. */
  | (At & { readonly kind: "note"; readonly topic: string; readonly text: string });
