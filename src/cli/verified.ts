/** `--verify`: a run made twice must be the same run. Where it is not, the first event that differs is looked for. */

/** What one execution may be asked to tell while it runs, and what it leaves. */
export interface Watch {
  readonly checkpoint?: (events: number, hash: string) => void;
  readonly checkpointEvery?: number;
  readonly trace?: (line: { readonly at: number; readonly kind: string; readonly text: string }) => void;
}

/** Events between checkpoints of the first two executions. */
const COARSE = 65_536;

interface Checkpoint {
  readonly events: number;
  readonly hash: string;
  /** The event in words, where it is one that a trace shows. */
  text: string;
}

/** Runs `execute` twice. Gives the first record, and what differs if anything does: undefined is the good answer. */
export function runTwice<Run extends { readonly digest: string }>(
  execute: (watch: Watch) => Run,
): { readonly record: Run; readonly differs: string | undefined } {
  const [first, second]: [Checkpoint[], Checkpoint[]] = [[], []];
  const record = execute(coarse(first));
  const again = execute(coarse(second));
  const at = first.findIndex((one, index) => one.hash !== second[index]?.hash);
  if (at < 0 && first.length === second.length && record.digest === again.digest) return { record, differs: undefined };
  const from = (at < 0 ? first.at(-1) : first[at - 1])?.events ?? 0;
  return { record, differs: `digests ${record.digest} and ${again.digest}, alike up to event ${from}; ${searched(execute, from)}` };
}

const coarse = (found: Checkpoint[]): Watch => ({
  checkpointEvery: COARSE,
  checkpoint: (events, hash) => found.push({ events, hash, text: "" }),
});

/** Twice more, event by event from there on, until the first that is not the same. */
function searched(execute: (watch: Watch) => unknown, from: number): string {
  const [first, second] = [fine(execute, from), fine(execute, from)];
  const longer = Math.max(first.length, second.length);
  for (let index = 0; index < longer; index += 1) {
    const [one, other] = [first[index], second[index]];
    if (one?.hash === other?.hash) continue;
    return `the first event that differs is number ${one?.events ?? other?.events ?? 0}: ${words(one)} | ${words(other)}`;
  }
  return "run twice more, its events did not differ";
}

const words = (event: Checkpoint | undefined): string =>
  event === undefined ? "(no event)" : event.text === "" ? "(an event that traces leave out)" : event.text;

/** A checkpoint an event; the event's line, if it has one, follows its checkpoint. */
function fine(execute: (watch: Watch) => unknown, from: number): readonly Checkpoint[] {
  const found: Checkpoint[] = [];
  let current: Checkpoint | undefined;
  execute({
    checkpointEvery: 1,
    checkpoint: (events, hash) => {
      current = events > from && found.length < 2 * COARSE ? { events, hash, text: "" } : undefined;
      if (current !== undefined) found.push(current);
    },
    trace: ({ at, kind, text }) => {
      if (current?.text === "") current.text = `${(at / 1e6).toFixed(6)} s ${kind} ${text}`;
    },
  });
  return found;
}
