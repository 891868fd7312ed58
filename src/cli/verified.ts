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
  readonly text: string;
}

/** Runs `execute` twice. Gives the first record, and what differs if anything does: undefined is the good answer. */
export function runTwice<Run extends { readonly digest: string }>(execute: (watch: Watch) => Run): { readonly record: Run; readonly differs: string | undefined } {
  const [first, second]: [Checkpoint[], Checkpoint[]] = [[], []];
  const record = execute(coarse(first));
  const again = execute(coarse(second));
  const at = first.findIndex((one, index) => one.hash !== second[index]?.hash);
  if (at < 0 && first.length === second.length && record.digest === again.digest) return { record, differs: undefined };
  const from = at <= 0 ? 0 : first[at - 1]?.events ?? 0;
  const reason = at < 0 && first.length === second.length ? "the events are alike" : `the events differ after the ${from}th`;
  return { record, differs: `digests ${record.digest} and ${again.digest}: ${reason}${searched(execute, from)}` };
}

const coarse = (found: Checkpoint[]): Watch => ({ checkpointEvery: COARSE, checkpoint: (events, hash) => found.push({ events, hash, text: "" }) });

/** Twice more, event by event from there on, until the first that is not the same. */
function searched(execute: (watch: Watch) => unknown, from: number): string {
  const [first, second] = [fine(execute, from), fine(execute, from)];
  const at = first.findIndex((one, index) => one.hash !== second[index]?.hash);
  const [one, other] = at < 0 ? [undefined, second[first.length]] : [first[at], second[at]];
  if (one === undefined && other === undefined) return "; run twice more, it did not differ again";
  return `; first different event, number ${one?.events ?? other?.events ?? 0}: ${one?.text ?? "none"} | ${other?.text ?? "none"}`;
}

function fine(execute: (watch: Watch) => unknown, from: number): readonly Checkpoint[] {
  const found: Checkpoint[] = [];
  let text = "";
  execute({
    checkpointEvery: 1,
    trace: ({ at, kind, text: what }) => {
      text = `${(at / 1e6).toFixed(6)} s ${kind} ${what}`;
    },
    checkpoint: (events, hash) => {
      if (events > from && found.length < 2 * COARSE) found.push({ events, hash, text });
    },
  });
  return found;
}
