/** What sentinels say of themselves and of each primary, every two seconds over every instance (`__sentinel__:hello`). */
import { announced, type Master } from "./master.ts";

/** Immutable: one serves all to whom it is said. */
export interface Hello {
  /** Ordinal of the sentinel. */
  readonly from: number;
  readonly epoch: number;
  readonly masters: readonly { readonly shard: number; readonly owner: number; readonly configEpoch: number }[];
}

/** About the shards that `concerns` says. */
export function helloOf(from: number, epoch: number, masters: readonly Master[], concerns: (shard: number) => boolean): Hello {
  return {
    from,
    epoch,
    masters: masters
      .filter(({ shard }) => concerns(shard))
      .map((master) => ({ shard: master.shard, owner: announced(master), configEpoch: master.configEpoch })),
  };
}

/** Bytes of a hello on the wire: a line of text for each primary. */
export const helloBytes = ({ masters }: Hello): number => 100 * masters.length;
