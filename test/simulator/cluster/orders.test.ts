/** Orders to processes and machines of any host, and who hears what became of them. */
import { expect, it } from "vitest";
import { hostId, type HostId } from "../../../src/base/ids.ts";
import { ChildChange, Is, type Io, type Machine } from "../../../src/base/machine.ts";
import type { FaultAction, Target } from "../../../src/simulator/faults/fault.ts";
import type { MachinePlan, PartContext } from "../../../src/simulator/strategies/contracts.ts";
import { constant, fault, ms } from "./small-run.ts";
import { play, PLAIN, say, type Cue, type Setting } from "./stage.ts";

const server = (id: number): Target => ({ kind: "server", server: id });
const at = (action: FaultAction, from: number, until: number): ReturnType<typeof fault> => fault(action, ms(from), ms(until - from));
const cut = (from: number, to: number): FaultAction => ({ kind: "cut", from: [server(from)], to: [server(to)], oneWay: false });

/** What a chief does: at so many milliseconds of its own time, on this server. */
type Command = readonly [at: number, host: number, act: (io: Io, context: PartContext) => void];

interface Chiefs {
  readonly heard: string[];
  readonly plan: MachinePlan;
}
/** A chief on every server in a process of its own: it carries out commands and writes down the news of processes. */
function chiefs(commands: readonly Command[], supervises?: readonly string[]): Chiefs {
  const heard: string[] = [];
  const create = (on: HostId, context: PartContext): Machine => ({
    step: (input, io) => {
      if (input.kind === Is.Start)
        commands.forEach(([when, where], id) => where === on && ms(when) > io.now() && io.setTimer(id, ms(when - io.now() / 1_000)));
      else if (input.kind === Is.Timer) commands[input.id]![2](io, context);
      if (input.kind === Is.Start) heard.push(`${io.now() / 1_000} chief ${on} starts`);
      const database = context.servers.find(({ id }) => context.processOn("database", id) === input.peer);
      if (input.kind === Is.Child)
        heard.push(`${io.now() / 1_000} chief ${on}: database ${database?.id} ${input.change === ChildChange.Up ? "up" : "down"}`);
    },
  });
  return {
    heard,
    plan: { name: "chief", on: { kind: "servers" }, process: "chief", create, ...(supervises === undefined ? {} : { supervises }) },
  };
}

const order =
  (kind: "start" | "stop" | "kill", on: number) =>
  (io: Io, context: PartContext): void =>
    io.process(kind, context.processOn("database", hostId(on)));

/** What chiefs and databases heard, starts of the run left out. */
function perform(
  commands: readonly Command[],
  setting: Setting & { readonly cues?: readonly Cue[]; readonly supervises?: readonly string[] } = {},
): { chiefs: string[]; by: (id: number) => string[]; facts: string[] } {
  const { heard, plan } = chiefs(commands, setting.supervises);
  const { by, record } = play(setting.cues ?? [], { overrides: PLAIN, ...setting, parts: { machines: [plan] } });
  const facts = record.facts.flatMap((fact) =>
    fact.kind === "process" ? [`${fact.at / 1_000} ${fact.process} of ${fact.host} ${fact.change}`] : [],
  );
  return { chiefs: heard.filter((line) => !line.startsWith("0 ")), by: (id) => by(id).filter((line) => !line.startsWith("0 ")), facts };
}

it("an order to its own host is obeyed in the next step; the peers of a killed process are reset, and it starts again when told", () => {
  const {
    chiefs: news,
    by,
    facts,
  } = perform(
    [
      [200, 1, order("kill", 1)],
      [300, 1, order("start", 1)],
    ],
    { cues: [[100, 0, (hand) => say(hand, 1, 1)]] },
  );
  expect(news).toEqual(["200 chief 1: database 1 down", "300 chief 1: database 1 up"]);
  expect(by(1)).toEqual(["101 word 1 from 0", "300 start 1"]);
  expect(by(0)).toEqual(["201 reset by 1"]);
  expect(facts).toEqual(["200 database of server 1 stopped", "300 database of server 1 started"]);
});

it("an order to another host takes its way there, and the answer its way back", () => {
  const { chiefs: news, by } = perform([
    [200, 0, order("kill", 1)],
    [300, 0, order("start", 1)],
  ]);
  expect(news).toEqual(["202 chief 0: database 1 down", "302 chief 0: database 1 up"]);
  expect(by(1)).toEqual(["301 start 1"]);
});

it("an order over a cut way is tried again after pauses that double, and arrives late", () => {
  const late = perform([[200, 0, order("kill", 1)]], { faults: [at(cut(0, 1), 150, 700)] });
  expect(late.chiefs).toEqual(["802 chief 0: database 1 down"]);
  const later = perform([[200, 0, order("kill", 1)]], { faults: [at(cut(0, 1), 150, 5_000)], duration: 10_000 });
  expect(later.chiefs).toEqual(["6402 chief 0: database 1 down"]);
});

it("a dead host does not hear an order", () => {
  const { chiefs: news, by } = perform([[200, 0, order("kill", 1)]], {
    faults: [at({ kind: "hostDeath", target: [server(1)] }, 150, 400)],
  });
  expect(news).toEqual(["400 chief 1 starts"]);
  expect(by(1)).toEqual(["400 start 1"]);
});

it("a process that a fault holds down cannot be started, and who ordered it hears so; one that runs is up already", () => {
  const { chiefs: news, by } = perform(
    [
      [100, 0, order("start", 1)],
      [200, 0, order("start", 1)],
    ],
    { faults: [at({ kind: "processCrash", target: [server(1)] }, 150, 400)] },
  );
  expect(news).toEqual(["102 chief 0: database 1 up", "202 chief 0: database 1 down"]);
  expect(by(1)).toEqual(["400 start 1"]);
});

it("a killed process stays down when a fault ends that struck it too, until it is told to start", () => {
  const { by } = perform(
    [
      [200, 0, order("kill", 1)],
      [600, 0, order("start", 1)],
    ],
    { faults: [at({ kind: "processCrash", target: [server(1)] }, 150, 400)] },
  );
  expect(by(1)).toEqual(["601 start 1"]);
});

it("a stop flushes first what is written, a kill does not", () => {
  const synced = (kind: "stop" | "kill"): number => {
    let found = -1;
    perform(
      [
        [200, 1, order(kind, 1)],
        [300, 1, order("start", 1)],
      ],
      {
        overrides: { ...PLAIN, server: { fsync: constant(7_000) } },
        cues: [
          [
            199,
            1,
            ({ io }) => {
              for (let i = 0; i < 5; i += 1) io.log.append(0, 1);
            },
          ],
          [
            400,
            1,
            ({ io }) => {
              found = io.log.synced();
            },
          ],
        ],
      },
    );
    return found;
  };
  expect(synced("stop")).toBe(5);
  expect(synced("kill")).toBe(0);
  expect(perform([[200, 0, order("stop", 1)]], { overrides: { ...PLAIN, server: { fsync: constant(7_000) } } }).chiefs).toEqual([
    "209 chief 0: database 1 down",
  ]);
});

it("a supervised process runs only while its chief says so: it hears of every end, and nobody else starts it", () => {
  const start = [0, 1, 2].map((on): Command => [50, on, order("start", on)]);
  const supervised = { supervises: ["database"] };
  const crash = at({ kind: "processCrash", target: [server(1)] }, 200, 400);
  const left = perform(start, { ...supervised, faults: [crash] });
  expect(left.chiefs.filter((line) => line.includes("chief 1"))).toEqual(["50 chief 1: database 1 up", "200 chief 1: database 1 down"]);
  expect(left.by(1)).toEqual(["50 start 0"]);
  const tended = perform([...start, [300, 1, order("start", 1)], [500, 1, order("start", 1)]], { ...supervised, faults: [crash] });
  expect(tended.chiefs.filter((line) => line.includes("chief 1"))).toEqual([
    "50 chief 1: database 1 up",
    "200 chief 1: database 1 down",
    "300 chief 1: database 1 down",
    "500 chief 1: database 1 up",
  ]);
  expect(tended.by(1)).toEqual(["50 start 0", "500 start 1"]);
});

it("a chief that crashes leaves its database running, and learns on its return how it stands; a host's death ends both", () => {
  const start: Command = [50, 1, order("start", 1)];
  const named: Target = { kind: "process", process: "chief", server: 1 };
  const crashed = perform([start], { supervises: ["database"], faults: [at({ kind: "processCrash", target: [named] }, 200, 400)] });
  expect(crashed.chiefs.filter((line) => line.includes("chief 1"))).toEqual([
    "50 chief 1: database 1 up",
    "400 chief 1 starts",
    "400 chief 1: database 1 up",
  ]);
  expect(crashed.by(1)).toEqual(["50 start 0"]);
  const died = perform([start], { supervises: ["database"], faults: [at({ kind: "hostDeath", target: [server(1)] }, 200, 400)] });
  expect(died.chiefs.filter((line) => line.includes("chief 1"))).toEqual([
    "50 chief 1: database 1 up",
    "400 chief 1 starts",
    "400 chief 1: database 1 down",
  ]);
  expect(died.by(1)).toEqual(["50 start 0"]);
});

it("a crash of a server strikes its database alone, a pause all its processes, a named process nothing else", () => {
  const facts = (action: FaultAction): string[] => perform([], { faults: [at(action, 200, 300)] }).facts;
  expect(facts({ kind: "processCrash", target: [server(1)] })).toEqual([
    "200 database of server 1 crashed",
    "300 database of server 1 started",
  ]);
  expect(facts({ kind: "pause", target: [server(1)] })).toEqual([
    "200 database of server 1 paused",
    "200 chief of server 1 paused",
    "300 database of server 1 resumed",
    "300 chief of server 1 resumed",
  ]);
  expect(facts({ kind: "pause", target: [{ kind: "process", process: "chief", server: 1 }] })).toEqual([
    "200 chief of server 1 paused",
    "300 chief of server 1 resumed",
  ]);
  const { record } = play([], {
    overrides: PLAIN,
    faults: [at({ kind: "pause", target: [{ kind: "process", process: "chief", server: 1 }] }, 200, 300)],
    parts: { machines: [chiefs([]).plan] },
  });
  expect(record.facts.find((fact) => fact.kind === "fault")).toMatchObject({ targets: ["chief of server 1"], touches: [0] });
});

it("a machine that is made during the run starts when the order arrives, in a process of its own if it asks for one, and ends when it is retired", () => {
  const heard: string[] = [];
  let made = -1;
  const { plan } = chiefs([
    [
      100,
      0,
      (io) => {
        made = io.create("ear", hostId(1), 7);
      },
    ],
    [
      100.5,
      0,
      (io) => {
        io.send(made as never, 1, 200, io.message());
      },
    ],
    [
      150,
      0,
      (io) => {
        io.send(made as never, 1, 201, io.message());
      },
    ],
    [
      300,
      0,
      (io) => {
        io.retire(made as never);
      },
    ],
    [
      350,
      0,
      (io) => {
        io.send(made as never, 1, 202, io.message());
      },
    ],
  ]);
  play([], {
    overrides: PLAIN,
    faults: [at({ kind: "processCrash", target: [{ kind: "process", process: "ears", server: 1 }] }, 200, 250)],
    parts: {
      machines: [plan],
      makeMachine: (part, on, about) => ({
        name: `${part} ${about} of ${on}`,
        process: "ears",
        create: () => ({
          step: (input, io) => {
            heard.push(
              `${io.now() / 1_000} ${input.kind === Is.Start ? `start ${input.incarnation}` : input.kind === Is.Message ? `message ${input.message}` : `kind ${input.kind}`}`,
            );
            if (input.kind === Is.Start) io.setTimer(0, ms(80));
          },
        }),
      }),
    },
  });
  expect(heard).toEqual(["101 start 0", "151 message 201", `181 kind ${Is.Timer}`, "250 start 1"]);
});

it("a proposal to a host without the shard's replica is refused, what a machine has published is seen on its host until it ends", () => {
  const seen: string[] = [];
  const create = (on: HostId, context: PartContext): Machine => ({
    step: (input, io) => {
      if (input.kind === Is.Start && on === 0) for (const when of [100, 250]) io.setTimer(when, ms(when));
      if (input.kind === Is.Timer) {
        io.propose(9 as never, io.message(), input.id);
        seen.push(`view ${String(io.view(context.replicaMachine(0 as never, 0 as never)))}`);
      }
      if (input.kind === Is.Committed) seen.push(`${io.now() / 1_000} committed ${input.id} ${input.change}`);
    },
  });
  play([], {
    overrides: PLAIN,
    replica: () => ({ step: () => undefined, published: "open" }),
    faults: [at({ kind: "processCrash", target: [server(0)] }, 200, 400)],
    parts: { machines: [{ name: "asker", on: { kind: "servers" }, process: "asker", create }] },
  });
  expect(seen).toEqual(["view open", "100 committed 100 0", "view undefined", "250 committed 250 0"]);
});
