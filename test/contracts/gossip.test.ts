/** Sketch: gossip on every server, as Redis Cluster does it: PFAIL by one's own clock, FAIL when a majority says PFAIL. */
import { expect, it } from "vitest";
import type { HostId } from "../../src/base/ids.ts";
import { Is, type Input, type Io, type Machine } from "../../src/base/machine.ts";
import type { Monotonic } from "../../src/base/time.ts";
import type { MachinePlan, PartContext } from "../../src/simulator/strategies/contracts.ts";
import { fault, ms, s } from "../simulator/cluster/small-run.ts";
import { note, post, sketch } from "./sketch.ts";

const Kind = { Ping: 100, Pong: 101 } as const;
const Timer = { Gossip: 0 } as const;
const PERIOD = ms(100);
const NODE_TIMEOUT = ms(500);

function createGossip(host: HostId, context: PartContext): Machine {
  const others = context.servers.flatMap(({ id }) => (id === host ? [] : [id]));
  const heard = new Map<HostId, Monotonic>();
  /** Who holds whom for silent: server -> who says so. */
  const reports = new Map<HostId, Set<HostId>>(others.map((server) => [server, new Set()]));
  const failed = new Set<HostId>();

  function say(io: Io, to: HostId, kind: number): void {
    const silent = others.filter((server) => reports.get(server)!.has(host));
    post(io, context.machineOn("gossip", to), kind, { who: host, payload: silent });
  }
  function round(io: Io): void {
    io.setTimer(Timer.Gossip, PERIOD);
    for (const server of others) {
      if (io.now() - heard.get(server)! > NODE_TIMEOUT) hold(server, host, io);
      else if (reports.get(server)!.delete(host)) io.fact({ kind: "retracted", server, by: `server ${host}` });
    }
    say(io, others[io.random("peer").below(others.length)]!, Kind.Ping);
  }
  function hold(server: HostId, by: HostId, io: Io): void {
    const holders = reports.get(server);
    if (holders === undefined || holders.has(by)) return;
    holders.add(by);
    if (by === host) io.fact({ kind: "suspected", server, by: `server ${host}` });
    // Only who has lost it too may count the others' word (Redis Cluster specification, "Failure detection").
    if (!holders.has(host) || holders.size * 2 <= context.servers.length || failed.has(server)) return;
    failed.add(server);
    note(io, "failed", `server ${server} by server ${host}`);
  }
  function receive({ slot, message }: Input, io: Io): void {
    const sender = io.messages.who[slot]! as HostId;
    heard.set(sender, io.now());
    const silent = io.messages.payload[slot] as readonly HostId[];
    for (const server of others) {
      if (silent.includes(server)) hold(server, sender, io);
      else reports.get(server)!.delete(sender);
    }
    if (failed.delete(sender)) note(io, "back", `server ${sender} by server ${host}`);
    if (message === Kind.Ping) say(io, sender, Kind.Pong);
  }
  return {
    step: (input, io) => {
      if (input.kind === Is.Start) {
        for (const server of others) heard.set(server, io.now());
        // Not in step with one another: the phase is drawn.
        io.setTimer(Timer.Gossip, ms(1 + io.random("phase").below(100)));
      } else if (input.kind === Is.Timer) round(io);
      else if (input.kind === Is.Message) receive(input, io);
    },
  };
}

const gossip: MachinePlan = { name: "gossip", on: { kind: "servers" }, process: "database", create: createGossip };

it("a silent server is failed by both others, one that a single peer has lost by nobody; back, it is heard of again", () => {
  const death = fault({ kind: "hostDeath", target: [{ kind: "server", server: 2 }] }, s(1), s(2));
  const [from, to] = [0, 1].map((server) => [{ kind: "server" as const, server }]);
  const cut = fault({ kind: "cut", from: from!, to: to!, oneWay: false }, s(4), s(1));
  const { facts, notes } = sketch({ machines: [gossip] }, { faults: [death, cut] });
  expect(notes("failed").sort()).toEqual(["server 2 by server 0", "server 2 by server 1"]);
  expect(notes("back").sort()).toEqual(["server 2 by server 0", "server 2 by server 1"]);
  const suspected = facts("suspected").filter(({ at }) => at > s(4));
  expect(new Set(suspected.map(({ server, by }) => `${by} ${server}`))).toEqual(new Set(["server 0 1", "server 1 0"]));
});
