/**
 * Bulk transfers that share bandwidth fairly: each host has so many bytes per second out and in, and rates are max-min
 * fair over the hosts that a transfer uses (progressive filling; Bertsekas and Gallager, Data Networks, section 6.5.2).
 * A transfer over a cut way, or to a dead host, stands still; one whose other process is gone and said so fails, as does
 * one to a host that died once it is back. Both ends are told after each tenth of the bytes, and of the end.
 */
import { TransferChange } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT, type EventId, type Kernel } from "../kernel/kernel.ts";

export interface Transfers {
  readonly start: (from: number, to: number, bytes: number, token: number) => void;
  /** The kernel's event: something got on or finished, or an end is to be told so. */
  readonly progress: () => void;
  /** Ways were cut or mended. */
  readonly changed: () => void;
  /** These machines are gone: their peers learn it now, or (`silently`) once `returned` is called. */
  readonly gone: (isGone: (machine: number) => boolean, silently: boolean) => void;
  /** The host of these machines is back, and knows nothing of transfers from before. */
  readonly returned: (isBack: (machine: number) => boolean) => void;
  /** Ends the transfers between two groups of machines; both ends are told. */
  readonly close: (isOne: (machine: number) => boolean, isOther: (machine: number) => boolean) => void;
  /** Transfers that get on, or that an end is still to be told of. */
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
  /** Tenths told of. */
  tenths: number;
  /** Bytes per microsecond. */
  rate: number;
  /** Ends that are gone without a word. */
  isFromGone: boolean;
  isToGone: boolean;
}

export type TransferNews = (machine: number, peer: number, token: number, change: number, amount: number) => void;

const TENTHS = 10;
/** Less than this is left by rounding alone: due instants are whole microseconds. */
const ROUNDING_BYTES = 0.5;

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
  let outbox: { machine: number; peer: number; token: number; change: number; amount: number }[] = [];
  let since = 0;
  let pending: EventId = NO_EVENT;

  function advance(): void {
    const now = kernel.now();
    for (const transfer of transfers) transfer.left -= transfer.rate * (now - since);
    since = now;
  }

  const standsStill = (transfer: Transfer): boolean =>
    transfer.isFromGone || transfer.isToGone || blocked(transfer.fromHost, transfer.toHost);
  const dueLeft = (transfer: Transfer): number => Math.max(0, transfer.bytes - (transfer.bytes * (transfer.tenths + 1)) / TENTHS);

  /** Shares bandwidth anew and schedules the next thing to happen. */
  function arrange(): void {
    shareFairly(transfers, standsStill, bandwidth / 1_000_000);
    kernel.cancel(pending);
    pending = NO_EVENT;
    let next = outbox.length > 0 ? 0 : Infinity;
    for (const transfer of transfers)
      if (transfer.rate > 0) next = Math.min(next, Math.max(1, Math.ceil((transfer.left - dueLeft(transfer)) / transfer.rate)));
    if (next < Infinity) pending = kernel.schedule((kernel.now() + next) as Instant, event, 0, 0);
  }

  function announce(transfer: Transfer, change: number): void {
    const amount = Math.round(transfer.bytes - Math.max(0, transfer.left));
    if (!transfer.isFromGone) outbox.push({ machine: transfer.from, peer: transfer.to, token: transfer.token, change, amount });
    if (!transfer.isToGone) outbox.push({ machine: transfer.to, peer: transfer.from, token: transfer.token, change, amount });
  }

  /** Ends transfers for which `fate` says so; ends that are left are told in an event of their own. */
  function end(isBroken: (transfer: Transfer) => boolean): void {
    if (transfers.length === 0) return;
    advance();
    for (const transfer of transfers) if (isBroken(transfer)) announce(transfer, TransferChange.Failed);
    transfers = transfers.filter((transfer) => !isBroken(transfer));
    arrange();
  }

  return {
    start: (from, to, bytes, token) => {
      advance();
      transfers.push({
        from,
        to,
        fromHost: hostOf(from),
        toHost: hostOf(to),
        token,
        bytes,
        left: bytes,
        tenths: 0,
        rate: 0,
        isFromGone: false,
        isToGone: false,
      });
      arrange();
    },
    progress: () => {
      pending = NO_EVENT;
      advance();
      for (const transfer of transfers) {
        const before = transfer.tenths;
        while (transfer.rate > 0 && transfer.tenths < TENTHS && transfer.left - dueLeft(transfer) <= ROUNDING_BYTES) transfer.tenths += 1;
        if (transfer.tenths > before) announce(transfer, transfer.tenths === TENTHS ? TransferChange.Done : TransferChange.Progress);
      }
      transfers = transfers.filter((transfer) => transfer.tenths < TENTHS);
      const news = outbox;
      outbox = [];
      arrange();
      for (const { machine, peer, token, change, amount } of news) tell(machine, peer, token, change, amount);
    },
    changed: () => {
      end(() => false);
    },
    gone: (isGone, silently) => {
      for (const transfer of transfers) {
        if (isGone(transfer.from)) transfer.isFromGone = true;
        if (isGone(transfer.to)) transfer.isToGone = true;
      }
      outbox = outbox.filter((news) => !isGone(news.machine));
      end((transfer) => (transfer.isFromGone && transfer.isToGone) || (!silently && (isGone(transfer.from) || isGone(transfer.to))));
    },
    returned: (isBack) => {
      end((transfer) => (transfer.isFromGone && isBack(transfer.from)) || (transfer.isToGone && isBack(transfer.to)));
    },
    close: (isOne, isOther) => {
      end((transfer) => (isOne(transfer.from) && isOther(transfer.to)) || (isOne(transfer.to) && isOther(transfer.from)));
    },
    active: () => outbox.length + transfers.filter((transfer) => transfer.rate > 0).length,
  };
}

/** Progressive filling: the end with the smallest fair share fixes the rates of its transfers, and so on. Rates in the capacity's unit. */
function shareFairly(transfers: readonly Transfer[], standsStill: (transfer: Transfer) => boolean, capacity: number): void {
  let open: Transfer[] = [];
  for (const transfer of transfers) {
    transfer.rate = 0;
    if (!standsStill(transfer)) open.push(transfer);
  }
  /** What is left of each end, and how many open transfers use it. Out of host h is 2h, into it 2h + 1. */
  const ends = new Map<number, { left: number; users: number }>();
  const endsOf = (transfer: Transfer): readonly [number, number] => [2 * transfer.fromHost, 2 * transfer.toHost + 1];
  for (const transfer of open)
    for (const end of endsOf(transfer)) {
      const known = ends.get(end);
      if (known === undefined) ends.set(end, { left: capacity, users: 1 });
      else known.users += 1;
    }
  while (open.length > 0) {
    let tightest = -1;
    let smallest = Infinity;
    for (const [end, { left, users }] of ends)
      if (users > 0 && left / users < smallest) {
        smallest = left / users;
        tightest = end;
      }
    for (const transfer of open) {
      if (!endsOf(transfer).includes(tightest)) continue;
      transfer.rate = smallest;
      for (const end of endsOf(transfer)) {
        const known = ends.get(end)!;
        known.left = Math.max(0, known.left - smallest);
        known.users -= 1;
      }
    }
    open = open.filter((transfer) => transfer.rate === 0 && !endsOf(transfer).includes(tightest));
  }
}
