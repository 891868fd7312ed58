/**
 * Bulk transfers that share bandwidth fairly: each host has so many bytes per second out and in, and rates are max-min
 * fair over the hosts that a transfer uses (progressive filling; Bertsekas and Gallager, Data Networks, section 6.5.2).
 * A transfer over a cut link stands still; one whose end has gone fails.
 */
import { TransferChange } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT, type EventId, type Kernel } from "../kernel/kernel.ts";

export interface Transfers {
  readonly start: (from: number, to: number, bytes: number, token: number) => void;
  /** The kernel's event: something finished, or rates are to be found anew. */
  readonly progress: () => void;
  /** Links or hosts changed: `failed` says which machines are gone. */
  readonly changed: (failed: (machine: number) => boolean) => void;
  readonly active: () => number;
}

interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly fromHost: number;
  readonly toHost: number;
  readonly token: number;
  readonly bytes: number;
  left: number;
  /** Bytes per microsecond. */
  rate: number;
}

export type TransferNews = (machine: number, token: number, change: number, amount: number) => void;

export function createTransfers(
  kernel: Kernel,
  event: number,
  hostOf: (machine: number) => number,
  /** Bytes per second, each direction. */
  bandwidth: number,
  blocked: (fromHost: number, toHost: number) => boolean,
  tell: TransferNews,
): Transfers {
  let transfers: Transfer[] = [];
  let since: number = 0;
  let pending: EventId = NO_EVENT;

  function settle(): void {
    const now = kernel.now();
    for (const transfer of transfers) transfer.left -= transfer.rate * (now - since);
    since = now;
  }

  /** Progressive filling: the host with the smallest fair share fixes the rates of its transfers, and so on. */
  function share(): void {
    const open = transfers.filter((transfer) => {
      transfer.rate = 0;
      return !blocked(transfer.fromHost, transfer.toHost);
    });
    const capacity = new Map<string, number>();
    const fixed = new Set<Transfer>();
    for (const transfer of open) {
      capacity.set(`out ${transfer.fromHost}`, bandwidth / 1_000_000);
      capacity.set(`in ${transfer.toHost}`, bandwidth / 1_000_000);
    }
    const uses = (transfer: Transfer, end: string): boolean => end === `out ${transfer.fromHost}` || end === `in ${transfer.toHost}`;
    while (fixed.size < open.length) {
      let tightest = "";
      let smallest = Infinity;
      for (const [end, left] of capacity) {
        const users = open.filter((transfer) => !fixed.has(transfer) && uses(transfer, end)).length;
        if (users > 0 && left / users < smallest) {
          smallest = left / users;
          tightest = end;
        }
      }
      for (const transfer of open) {
        if (fixed.has(transfer) || !uses(transfer, tightest)) continue;
        transfer.rate = smallest;
        fixed.add(transfer);
        for (const end of [`out ${transfer.fromHost}`, `in ${transfer.toHost}`]) capacity.set(end, Math.max(0, (capacity.get(end) ?? 0) - smallest));
      }
    }
    kernel.cancel(pending);
    pending = NO_EVENT;
    let next = Infinity;
    for (const transfer of transfers) if (transfer.rate > 0) next = Math.min(next, transfer.left / transfer.rate);
    if (next < Infinity) pending = kernel.schedule((kernel.now() + Math.max(1, Math.ceil(next))) as Instant, event, 0, 0);
  }

  return {
    start: (from, to, bytes, token) => {
      settle();
      transfers.push({ from, to, fromHost: hostOf(from), toHost: hostOf(to), token, bytes, left: bytes, rate: 0 });
      share();
    },
    progress: () => {
      pending = NO_EVENT;
      settle();
      // Half a byte left is rounding: due instants are whole microseconds.
      const done = transfers.filter((transfer) => transfer.left <= 0.5);
      transfers = transfers.filter((transfer) => transfer.left > 0.5);
      share();
      for (const transfer of done) {
        tell(transfer.from, transfer.token, TransferChange.Done, transfer.bytes);
        tell(transfer.to, transfer.token, TransferChange.Done, transfer.bytes);
      }
    },
    changed: (failed) => {
      if (transfers.length === 0) return;
      settle();
      const broken = transfers.filter((transfer) => failed(transfer.from) || failed(transfer.to));
      transfers = transfers.filter((transfer) => !broken.includes(transfer));
      share();
      for (const transfer of broken)
        for (const end of [transfer.from, transfer.to]) if (!failed(end)) tell(end, transfer.token, TransferChange.Failed, transfer.bytes - transfer.left);
    },
    active: () => transfers.length,
  };
}
