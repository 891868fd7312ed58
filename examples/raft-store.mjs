// A key-value store on three Raft peers in one process: `node examples/raft-store.mjs`. The peers decide, the rest is here.
import { copyMessage, createEffects, createPeer, DEFAULT_OPTIONS, members, newDurable } from "shardlab/raft";

const now = () => Math.floor(performance.now() * 1000); // The unit of time is the caller's: here microseconds.
const random = { uniform: Math.random, below: (bound) => Math.floor(Math.random() * bound) };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
function start(id, disk) {
  const peer = createPeer(id, DEFAULT_OPTIONS, disk, now(), random);
  return { id, disk, peer, isUp: true, data: new Map(), effects: createEffects(), waiting: new Map(), proposed: new Map() };
}
const nodes = new Map([1, 2, 3].map((id) => [id, start(id, newDurable(members([1, 2, 3])))]));
const leader = () => [...nodes.values()].find(({ peer, isUp }) => isUp && peer.role() === "leader");

function step(node, input) {
  if (!node.isUp) return;
  node.peer.step(now(), input, node.effects);
  const written = Math.max(0, ...node.effects.list.map((effect) => act(node, effect) ?? 0));
  node.effects.clear(); // Its objects are used again: whatever `act` keeps is a copy.
  if (written > 0) step(node, { kind: "synced", write: written });
}
// One effect. Gives the number of a write: a real disk would report it later, and hold each `send` until its `after` is durable.
// Here a write takes no time, and a message leaves a millisecond later.
function act(node, effect) {
  const { disk, waiting, proposed, data } = node;
  if (effect.kind === "persistState") node.disk = { ...disk, term: effect.term, vote: effect.vote };
  if (effect.kind === "persistEntries") node.disk = { ...disk, entries: [...disk.entries.slice(0, effect.first - 1), ...effect.entries] };
  if (effect.kind === "send") deliver(copyMessage(effect.message));
  if (effect.kind === "proposed") proposed.set(effect.index, effect);
  if (effect.kind === "commit") effect.entries.forEach((entry, i) => apply(node, effect.first + i, entry));
  if (effect.kind === "readable") waiting.get(effect.token).resolve(new Map(data)); // What it waits for was committed above it.
  if (effect.kind === "refused") waiting.get(effect.token).again();
  return effect.write;
}
const deliver = (message) => void sleep(1).then(() => step(nodes.get(message.to), { kind: "message", message }));
function apply({ data, proposed, waiting }, index, entry) {
  if (entry.kind === "command") data.set(...entry.command);
  const own = proposed.get(index);
  if (own?.term === entry.term) waiting.get(own.token).resolve(data); // Its own, and not what another leader put there.
}
let token = 0;
async function ask(input) {
  while (leader() === undefined) await sleep(10);
  const [node, own] = [leader(), (token += 1)];
  return new Promise((resolve) => {
    node.waiting.set(own, { resolve, again: () => resolve(sleep(10).then(() => ask(input))) });
    step(node, { ...input, token: own });
  });
}
const put = (key, value) => ask({ kind: "propose", command: [key, value], size: 64 });
const get = async (key) => (await ask({ kind: "read" })).get(key);

const clock = setInterval(() => nodes.forEach((node) => now() >= node.peer.deadline() && step(node, { kind: "timer" })), 5);
await put("color", "blue").then(async () => console.log("written:", await get("color")));
const crashed = leader();
crashed.isUp = false; // The two others elect another, which has all that was answered.
await put("size", "large").then(async () => console.log("after a crash:", await get("color"), await get("size")));
nodes.set(crashed.id, start(crashed.id, crashed.disk)); // It comes back with its disk alone, and catches up.
while (nodes.get(crashed.id).data.get("size") === undefined) await sleep(10);
console.log("caught up:", ...nodes.get(crashed.id).data.values());
clearInterval(clock);
