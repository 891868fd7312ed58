/**
 * Sampled histories for other checkers: as Jepsen writes them (EDN, one map an event), or the same as JSON lines. An operation is
 * an `invoke` and an `ok`, `fail` (it did not and will not happen) or `info` (nobody knows). Values are pairs of key and number.
 */
import type { HistoryOperation, KeyHistory } from "../simulator/record/history.ts";

export const HISTORY_FORMS = ["edn", "jsonl"] as const;
export type HistoryForm = (typeof HISTORY_FORMS)[number];

interface Event {
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly f: "read" | "write";
  readonly key: string;
  readonly value: number | undefined;
  readonly process: number;
  /** Microseconds of measured time. */
  readonly at: number;
}

/** One line an event, in order of time; at one instant calls come before answers. Times are nanoseconds, as Jepsen's. */
export function historyLines(histories: readonly KeyHistory[], form: HistoryForm): readonly string[] {
  return eventsOf(histories).map(({ type, f, key, value, process, at }, index) => {
    const time = at * 1_000;
    if (form === "jsonl") {
      const rest = `"process":${process},"time":${time},"index":${index}`;
      return `{"type":"${type}","f":"${f}","value":[${JSON.stringify(key)},${value ?? "null"}],${rest}}`;
    }
    return `{:type :${type}, :f :${f}, :value [${JSON.stringify(key)} ${value ?? "nil"}], :process ${process}, :time ${time}, :index ${index}}`;
  });
}

const ENDS = { acknowledged: "ok", refused: "fail", ambiguous: "info" } as const;

function eventsOf(histories: readonly KeyHistory[]): readonly Event[] {
  const ends: { readonly at: number; readonly isCall: boolean; readonly key: string; readonly operation: HistoryOperation }[] = [];
  for (const { key, operations } of histories) {
    for (const operation of operations) {
      ends.push({ at: operation.from, isCall: true, key, operation }, { at: operation.until, isCall: false, key, operation });
    }
  }
  ends.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall));
  // A process of such a history has one operation at a time, and none after one that nobody knows the end of.
  const processes = new Map<HistoryOperation, number>();
  const free: number[] = [];
  let used = 0;
  return ends.map(({ at, isCall, key, operation }) => {
    const { kind: f, value, ending } = operation;
    if (isCall) {
      const process = free.pop() ?? used++;
      processes.set(operation, process);
      return { type: "invoke", f, key, value: f === "write" ? value : undefined, process, at };
    }
    const process = processes.get(operation)!;
    if (ending !== "ambiguous") free.push(process);
    return { type: ENDS[ending], f, key, value, process, at };
  });
}
