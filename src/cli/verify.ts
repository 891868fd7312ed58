/** `shardlab verify`: closed forms and published results beside what the simulator does, case by case. */
import { padEnd, printable, wrap } from "../report/layout.ts";
import { TOPICS, type Topic, type TopicOptions, type VerifyCase, verifyTopic } from "../study/verify/verify.ts";
import { type Given, suggestion } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";
import { number, verifyTable } from "./verify-table.ts";

/** The command. Gives the exit status: 1 if a case is not held, and if there was none. */
export function verify(given: Given, terminal: Terminal): number {
  const [name] = given.positionals;
  if (given.flag("all") && name !== undefined)
    throw new InputError([`verify: --all is every topic, and ${name} is one; leave one of both out`]);
  const topics = chosenTopics(name);
  if (given.flag("list")) return list(topics, given.flag("json"), terminal);
  const set = readSet(given.texts("set"), topics);
  const runs = given.whole("runs", 1);
  const plant = given.flag("plant");
  const results: (VerifyCase & { readonly topic: string })[] = [];
  for (const topic of topics) {
    const cases = casesOf(topic, { set, runs, plant }, terminal);
    results.push(...cases.map((one) => ({ topic: topic.name, ...one })));
    const isText = !given.flag("json") && !given.flag("markdown");
    if (isText) terminal.print(topicText(topic, cases, terminal));
  }
  if (given.flag("json")) terminal.print(`${JSON.stringify(results, undefined, 1)}\n`);
  else if (given.flag("markdown")) terminal.print(verifyTable(results, `shardlab verify ${name ?? "--all"}`));
  const judged = results.filter((one) => one.judged !== false);
  const held = judged.filter((one) => one.held).length;
  if (judged.length === 0) terminal.say("No case was judged.");
  else if (plant) terminal.say(`${judged.length - held} of ${judged.length} planted faults were noticed.`);
  else terminal.say(`${held} of ${judged.length} cases held.`);
  return judged.length > 0 && held === judged.length ? Exit.Held : Exit.Broken;
}

function casesOf({ name }: Topic, options: TopicOptions, terminal: Terminal): readonly VerifyCase[] {
  const progress = (done: number, of: number): void => {
    if (terminal.interactive) terminal.redraw(`${name}: ${done} of ${of}`);
  };
  const result = verifyTopic(name, { ...options, progress });
  if (terminal.interactive) terminal.redraw("");
  if (!result.ok) throw new InputError(result.problems.map((problem) => `verify ${name}: ${problem}`));
  return result.cases;
}

function chosenTopics(name: string | undefined): readonly Topic[] {
  if (name === undefined) return TOPICS;
  const topic = TOPICS.find((one) => one.name === name);
  if (topic !== undefined) return [topic];
  const names = TOPICS.map((one) => one.name);
  const guess = suggestion(name, names);
  throw new InputError([
    `verify: there is no topic "${name}"; ${guess === undefined ? `there are ${names.join(", ")}` : `did you mean "${guess}"?`}`,
  ]);
}

/** `name=value`, each; the topic they are for checks them. */
function readSet(given: readonly string[], topics: readonly Topic[]): Readonly<Record<string, string>> {
  if (given.length === 0) return {};
  if (topics.length > 1) throw new InputError(["verify: --set is for one topic; name it"]);
  const wrong = given.filter((text) => !/^[^=]+=/u.test(text));
  if (wrong.length > 0) throw new InputError(wrong.map((text) => `--set: "${text}" has no name and value; write name=value`));
  return Object.fromEntries(
    given.map((text): readonly [string, string] => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
}

function list(topics: readonly Topic[], json: boolean, { print, paint, columns }: Terminal): number {
  if (json) {
    print(
      `${JSON.stringify(
        topics.map(({ name, summary, settings }) => ({
          name,
          summary,
          settings: settings.map((one) => ({ name: one.name, default: one.default, what: one.what })),
        })),
        undefined,
        1,
      )}\n`,
    );
    return Exit.Held;
  }
  for (const { name, summary, settings } of topics) {
    const lines = settings.flatMap((one) => wrap(`  ${one.name}=${one.default}  ${one.what}`, columns, 6));
    print(`${[paint.bold(name), ...wrap(summary, columns - 2).map((line) => `  ${line}`), ...lines].join("\n")}\n`);
  }
  return Exit.Held;
}

const VERDICT = 9;

function topicText({ name, summary }: Topic, cases: readonly VerifyCase[], terminal: Terminal): string {
  const { paint, columns } = terminal;
  const head = [paint.bold(name), ...wrap(summary, columns)];
  return `${[...head, ...cases.flatMap((one) => caseLines(one, terminal)), ""].join("\n")}\n`;
}

function caseLines(
  { case: what, predicted, published, source, simulated, interval, z, n, held, judged, note }: VerifyCase,
  { paint, columns }: Terminal,
): readonly string[] {
  const around = interval === undefined ? "" : ` (${number(interval.low)} to ${number(interval.high)})`;
  const distance = judged === false ? "not judged" : z === undefined ? "exact" : `z ${z.toFixed(2)}`;
  const lines = [
    what,
    `predicted ${number(predicted)},${published === undefined ? "" : ` published ${number(published)},`} simulated ${number(simulated)}${around}, ${distance}, n ${n}`,
    source,
    ...(note === undefined ? [] : [note]),
  ];
  const [first = "", ...rest] = lines.flatMap((line) => wrap(printable(line), columns - VERDICT));
  const word =
    judged === false ? padEnd("shown", VERDICT) : held ? paint.good(padEnd("held", VERDICT)) : paint.bad(padEnd("BROKEN", VERDICT));
  return [word + first, ...rest.map((line) => " ".repeat(VERDICT) + paint.dim(line))];
}
