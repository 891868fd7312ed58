/**
 * Runs a transcript: comments, a command, `----`, the answer; a blank line ends a block. The network is in the reader's hand: a
 * message waits on its link until it is delivered, dropped, repeated or set aside. Disks are at once unless `disks manual`.
 *
 *   cluster N [preVote] [checkQuorum] [lease=D] [batch=N] [chunk=N] [rounds=N]   peers 1 to N, 150 to 300 ms, heartbeat 50 ms
 *   disk N term T log 1,1,2 | join N                a peer's log before it starts (terms) | a peer that knows no group
 *   timeout N | advance MS                          to N's next due time, firing it | the clock alone
 *   deliver A->B [COUNT] | deliver all              `*` for every peer; `all` until silence
 *   drop A->B | repeat A->B | aside A->B | deliver aside | repeat aside | cut A B | heal
 *   propose N WORD... | read N | change N 1,2,3 [learners 4] | transfer N to M | compact N INDEX [bytes B]
 *   disks manual | disks at once | sync N [COUNT of writes] | writes N | crash N | restart N
 *   status | pending | quietly COMMAND
 */
import type * as Raft from "../../../src/modules/raft/index.ts";
import { compactDisk, crash, createHost, queueWrite, syncTo } from "./host.ts";
import type { Host, RaftModule } from "./host.ts";
import { describeMembership, describeMessage, describeWrite } from "./describe.ts";

/** Answers every command of `text`: the transcript as it should read. */
export function runTranscript(raft: RaftModule, text: string): string {
  const lab = createLab(raft);
  const blocks = text
    .trimEnd()
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== "");
  return `${blocks.map((block) => answerBlock(lab, block)).join("\n\n")}\n`;
}

type Lab = (command: string) => string[];

function answerBlock(lab: Lab, block: string): string {
  const asked = block.split("\n----")[0]!.split("\n");
  const commands = asked.filter((line) => !line.startsWith("#") && line.trim() !== "");
  if (commands.length === 0) return asked.join("\n").trimEnd();
  const lines = commands.flatMap((command) => answer(lab, command));
  return [...asked, "----", ...(lines.length === 0 ? ["(nothing)"] : lines)].join("\n");
}

function answer(lab: Lab, command: string): string[] {
  if (!command.startsWith("quietly ")) return lab(command);
  lab(command.slice("quietly ".length));
  return [];
}

const EXTRA = 9;

function createLab(raft: RaftModule): Lab {
  const effects = raft.createEffects();
  const hosts = new Map<number, Host>();
  let options = { ...OPTIONS };
  let network: Raft.Message[] = [];
  let aside: Raft.Message[] = [];
  const cuts = new Set<string>();
  let isManual = false;
  let now = 0;
  let token = 0;
  let out: string[] = [];
  const say = (line: string): void => void out.push(line);

  const start = (host: Host): void => {
    const random = { uniform: () => 0, below: () => 0 };
    host.peer = raft.createPeer(host.id, options, { ...host.disk, entries: host.disk.entries.slice() }, now, random);
  };

  const step = (id: number, input: Raft.Input): void => {
    const host = hosts.get(id)!;
    if (host.peer === undefined) return;
    host.peer.step(now, input, effects);
    const list = effects.list.map((effect) => (effect.kind === "send" ? { ...effect, message: copy(effect.message) } : { ...effect }));
    effects.clear();
    for (const effect of list) take(host, effect);
    if (!isManual && host.writes.length > 0) syncAll(host);
  };

  const copy = (message: Raft.Message): Raft.Message => raft.copyMessage(message, message.kind === "snapshot" ? "data" : undefined);

  const syncAll = (host: Host, count = host.writes.length): void => {
    const upTo = host.writes[count - 1]?.write ?? host.synced;
    network.push(...syncTo(host, upTo));
    step(host.id, { kind: "synced", write: upTo });
  };

  const take = (host: Host, effect: Raft.Effect): void => {
    const { id } = host;
    switch (effect.kind) {
      case "send":
        if (effect.after > host.synced) host.held.push({ after: effect.after, message: effect.message });
        else network.push(effect.message);
        return;
      case "persistState":
      case "persistEntries":
      case "persistSnapshot":
        if (effect.kind === "persistEntries" && effect.first <= host.writtenLast) say(`${id} truncates from ${effect.first}`);
        if (effect.kind === "persistSnapshot") say(`${id} installs the snapshot at ${effect.snapshot.index}`);
        return queueWrite(host, effect);
      case "commit":
        return say(`${id} commits ${effect.entries.map((entry, i) => `${effect.first + i}:${entry.term}`).join(" ")}`);
      case "became":
        return say(
          `${id} is ${effect.role} in term ${effect.term}${effect.role === "follower" && effect.leader > 0 ? ` of ${effect.leader}` : ""}`,
        );
      case "membership":
        return say(`${id} is in ${describeMembership(effect.membership)} from ${effect.index} on`);
      case "proposed":
        return say(`${id} has it at ${effect.index}:${effect.term}`);
      case "readable":
        return say(`${id} may serve read ${effect.token} at ${effect.index}, by ${effect.by}`);
      case "membershipChanged":
        return say(`${id} says the change is done`);
      case "refused":
        return say(`${id} refuses: ${effect.reason}${effect.leader > 0 ? `, ask ${effect.leader}` : ""}`);
      case "transferAborted":
        return say(`${id} gives up handing over to ${effect.to}`);
      case "snapshotChunk":
        return say(`${id} keeps bytes ${effect.offset} to ${effect.offset + effect.bytes} of the snapshot at ${effect.index}`);
    }
  };

  /** Takes the messages on the links that `link` names, at most `count`, out of the network. */
  const pull = (link: string, count: number): Raft.Message[] => {
    const [from, to] = link.split("->");
    const matches = (name: string | undefined, id: number): boolean => name === "*" || Number(name) === id;
    const pulled: Raft.Message[] = [];
    network = network.filter((message) => {
      if (pulled.length >= count || !matches(from, message.from) || !matches(to, message.to)) return true;
      pulled.push(message);
      return false;
    });
    return pulled;
  };

  const hand = (messages: readonly Raft.Message[]): void => {
    for (const message of messages) {
      if (cuts.has(`${message.from}-${message.to}`) || hosts.get(message.to)?.peer === undefined) continue;
      say(describeMessage(message));
      step(message.to, { kind: "message", message });
    }
  };

  const deliver = (link: string, count: string | undefined): void => {
    if (link === "aside") {
      const late = aside;
      aside = [];
      return hand(late);
    }
    if (link !== "all") return hand(pull(link, Number(count ?? Infinity)));
    for (let i = 0; network.length > 0 && i < 200; i += 1) hand(pull("*->*", Infinity));
  };

  const cluster = (words: readonly string[]): void => {
    hosts.clear();
    cuts.clear();
    network = [];
    aside = [];
    isManual = false;
    const count = Number(words[0]);
    const value = (name: string): number | undefined => {
      const word = words.find((each) => each.startsWith(`${name}=`));
      return word === undefined ? undefined : Number(word.slice(name.length + 1));
    };
    const drift = value("lease");
    options = {
      ...OPTIONS,
      preVote: words.includes("preVote"),
      checkQuorum: words.includes("checkQuorum") || drift !== undefined,
      reads: drift === undefined ? { kind: "readIndex" } : { kind: "lease", driftBound: drift },
      messageEntriesMax: value("batch") ?? 100,
      snapshotChunkBytes: value("chunk") ?? 1_000,
      catchUpRounds: value("rounds") ?? 0,
    };
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    for (const id of voters) hosts.set(id, createHost(id, { voters, outgoing: [], learners: [], learnersNext: [] }));
    for (const host of hosts.values()) start(host);
  };

  const disk = (id: number, words: readonly string[]): void => {
    const host = hosts.get(id)!;
    host.disk.term = Number(words[1]);
    const terms = words[3] === undefined || words[3] === "" ? [] : words[3].split(",").map(Number);
    host.disk.entries = terms.map((term) => ({ kind: "command", term, size: 10, command: `${term}` }));
    crash(host, 0);
    start(host);
  };

  const status = (): void => {
    for (const { id, peer } of hosts.values()) {
      if (peer === undefined) {
        say(`${id} is down`);
        continue;
      }
      const from = peer.baseIndex() + 1;
      const terms = Array.from({ length: peer.lastIndex() - peer.baseIndex() }, (_, i) => peer.termAt(from + i));
      const base = peer.baseIndex() > 0 ? `snapshot to ${peer.baseIndex()}, then ` : "";
      say(`${id} ${peer.role()} term ${peer.term()}, log ${base}[${terms.join(" ")}], commit ${peer.commit()}`);
    }
  };

  const ids = (text: string | undefined): number[] => (text ?? "").split(",").filter(Boolean).map(Number);

  const run = (command: string): void => {
    const [verb, ...words] = command.split(" ");
    const id = Number(words[0]);
    const host = hosts.get(id);
    switch (verb) {
      case "cluster":
        return cluster(words);
      case "disk":
        return disk(id, words.slice(1));
      case "join": {
        const joiner = createHost(id, { voters: [], outgoing: [], learners: [], learnersNext: [] });
        hosts.set(id, joiner);
        return start(joiner);
      }
      case "timeout":
        now = Math.max(now, host!.peer!.deadline());
        return step(id, { kind: "timer" });
      case "advance":
        now += Number(words[0]);
        return;
      case "deliver":
        return deliver(words[0]!, words[1]);
      case "drop":
        return void pull(words[0]!, Infinity);
      case "repeat": {
        if (words[0] === "aside") return hand(aside);
        const [message] = pull(words[0]!, 1);
        network.unshift(message!);
        return hand([message!]);
      }
      case "aside":
        return void aside.push(...pull(words[0]!, Infinity));
      case "cut":
        cuts.add(`${words[0]}-${words[1]}`).add(`${words[1]}-${words[0]}`);
        return;
      case "heal":
        return cuts.clear();
      case "propose":
        return words.slice(1).forEach((word, i) => {
          const more = i < words.length - 2;
          step(id, { kind: "propose", token: (token += 1), command: word, size: word.length + EXTRA, more });
        });
      case "read":
        return step(id, { kind: "read", token: (token += 1) });
      case "change":
        return step(id, { kind: "changeMembership", token: (token += 1), voters: ids(words[1]), learners: ids(words[3]) });
      case "transfer":
        return step(id, { kind: "transfer", token: (token += 1), to: Number(words[2]) });
      case "compact":
        step(id, { kind: "compact", index: Number(words[1]), size: Number(words[3] ?? 10) });
        return compactDisk(host!.disk, host!.peer!.snapshot());
      case "disks":
        isManual = words[0] === "manual";
        return;
      case "sync":
        return syncAll(host!, words[1] === undefined ? undefined : Number(words[1]));
      case "writes":
        for (const write of host!.writes) say(`${id} waits for ${describeWrite(write)}`);
        return say(`${id} is certain of its log up to ${host!.peer!.compactable()}`);
      case "crash": {
        const lost = crash(host!, 0);
        return say(`${id} stops${lost > 0 ? ` and loses ${lost} ${lost === 1 ? "write" : "writes"}` : ""}`);
      }
      case "restart":
        return start(host!);
      case "status":
        return status();
      case "pending":
        return network.forEach((message) => say(describeMessage(message)));
      default:
        throw new Error(`no such command: ${command}`);
    }
  };

  return (command) => {
    out = [];
    run(command);
    return out;
  };
}

const OPTIONS: Raft.Options = {
  timing: { kind: "exact", electionMin: 150, electionMax: 300, heartbeat: 50 },
  preVote: false,
  checkQuorum: false,
  reads: { kind: "readIndex" },
  eagerCommit: false,
  entryBytesMax: 100,
  uncommittedBytesMax: 1_000,
  messageEntriesMax: 100,
  messageBytesMax: 10_000,
  inflightMessagesMax: 10,
  inflightBytesMax: 10_000,
  snapshotChunkBytes: 1_000,
  catchUpRounds: 0,
};
