/** What the clients of a schedule asked and were told, key by key, for the checker of histories. Commands are written values. */
import type * as Raft from "../../../src/modules/raft/index.ts";
import type { HistoryOperation, KeyHistory } from "../../../src/simulator/record/history.ts";
import { checkLinearizable } from "../../../src/study/checks/linearizability.ts";
import type { Host } from "./host.ts";
import { Breach } from "./judge.ts";

/** Few, so that reads meet writes. */
const KEYS = 3;

interface Asked {
  readonly host: number;
  readonly key: number;
  readonly kind: "read" | "write";
  value: number | undefined;
  readonly from: number;
  until: number;
  ending: HistoryOperation["ending"];
}

export interface Clients {
  /** The command asked to be written, at an instant. */
  readonly writes: (token: number, host: number, command: number, at: number) => void;
  readonly reads: (token: number, host: number, at: number) => void;
  /** Any effect of a host, once the judge has seen it. */
  readonly effect: (host: Host, effect: Raft.Effect, at: number) => void;
  readonly crashed: (host: number) => void;
  /** Judges all histories; throws a `Breach`. Gives how many were judged, and how many of them left open. */
  readonly judge: (at: number) => { readonly judged: number; readonly open: number };
}

export function createClients(): Clients {
  const operations: Asked[][] = Array.from({ length: KEYS }, () => []);
  const waiting = new Map<number, Asked>();
  /** By place in the log of a host: the token and term of what it was asked to put there. */
  const proposed = new Map<string, { readonly token: number; readonly term: number }>();
  /** Of each key: places of its commands in the committed log, ascending, and the commands. */
  const places: number[][] = Array.from({ length: KEYS }, () => []);
  const commands: number[][] = Array.from({ length: KEYS }, () => []);
  let committed = 0;

  const ask = (token: number, asked: Omit<Asked, "until" | "ending">): void => {
    const open: Asked = { ...asked, until: asked.from, ending: "ambiguous" };
    operations[asked.key]!.push(open);
    waiting.set(token, open);
  };
  const end = (token: number, at: number, ending: HistoryOperation["ending"]): Asked | undefined => {
    const asked = waiting.get(token);
    waiting.delete(token);
    if (asked === undefined) return undefined;
    asked.until = at;
    asked.ending = ending;
    return asked;
  };
  const onCommit = (host: number, first: number, entries: readonly Raft.Entry[], at: number): void => {
    entries.forEach((entry, i) => {
      const index = first + i;
      if (index > committed) {
        committed = index;
        if (entry.kind === "command") {
          const command = entry.command as number;
          places[command % KEYS]!.push(index);
          commands[command % KEYS]!.push(command);
        }
      }
      const own = proposed.get(`${host} ${index}`);
      if (own === undefined) return;
      proposed.delete(`${host} ${index}`);
      if (own.term === entry.term) end(own.token, at, "acknowledged");
    });
  };
  /** What a state that has applied so much holds. */
  const valueAt = (key: number, applied: number): number => {
    let at = places[key]!.length;
    while (at > 0 && places[key]![at - 1]! > applied) at -= 1;
    return at === 0 ? 0 : commands[key]![at - 1]!;
  };

  return {
    writes: (token, host, command, at) => ask(token, { host, key: command % KEYS, kind: "write", value: command, from: at }),
    reads: (token, host, at) => ask(token, { host, key: token % KEYS, kind: "read", value: undefined, from: at }),
    effect: (host, effect, at) => {
      if (effect.kind === "proposed") proposed.set(`${host.id} ${effect.index}`, effect);
      else if (effect.kind === "commit") onCommit(host.id, effect.first, effect.entries, at);
      else if (effect.kind === "refused") end(effect.token, at, "refused");
      else if (effect.kind === "readable") {
        const asked = end(effect.token, at, "acknowledged");
        if (asked !== undefined) asked.value = valueAt(asked.key, Math.max(host.applied, effect.index));
      }
    },
    crashed: (host) => {
      for (const [token, asked] of waiting) if (asked.host === host) waiting.delete(token);
      for (const place of proposed.keys()) if (place.startsWith(`${host} `)) proposed.delete(place);
    },
    judge: (at) => {
      let judged = 0;
      let open = 0;
      operations.forEach((asked, key) => {
        if (asked.length === 0) return;
        const history: KeyHistory = {
          key: `${key}`,
          initial: 0,
          operations: asked.map(({ host, kind, value, from, until, ending }) => ({
            process: host,
            kind,
            value,
            from,
            until: ending === "ambiguous" ? at : until,
            ending,
          })),
        };
        const found = checkLinearizable(history);
        if (found.kind === "violated") {
          const { kind, value, from, until } = history.operations[found.by]!;
          throw new Breach("Linearizable History", `key ${key}: no order explains the ${kind} of ${value} from step ${from} to ${until}`);
        }
        judged += 1;
        if (found.kind === "unknown") open += 1;
      });
      return { judged, open };
    },
  };
}
