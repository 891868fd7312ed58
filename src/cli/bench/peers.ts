/** The same M/M/1 queue on other simulators, where they are: simjs (a development dependency) and SimPy (where python3 has it). */
import { twice, type Timed } from "./models.ts";

/** What is used of simjs 2.0.3, which has no types. */
interface Simjs {
  readonly Sim: new () => { readonly addEntity: (entity: unknown) => unknown; readonly simulate: (until: number) => void };
  readonly Facility: new (name: string) => object;
  readonly Random: new (seed: number) => { readonly exponential: (rate: number) => number };
  readonly Entity: new (...given: never[]) => SimjsEntity;
}
interface SimjsEntity {
  readonly time: () => number;
  readonly setTimer: (after: number) => { readonly done: (then: () => void) => void };
  readonly useFacility: (facility: object, time: number) => { readonly done: (then: () => void) => void };
}

/** On simjs: a source that arrives again and again, and a facility. Undefined where simjs is not installed. */
export async function queueOnSimjs(customers: number): Promise<Timed | undefined> {
  // Named by a variable, so that a package that is not there is no fault of the build. It exports nothing but to a window.
  const name = "simjs";
  const window: { Sim?: Simjs } = {};
  Object.assign(globalThis, { window });
  await import(name).catch(() => undefined);
  if (window.Sim === undefined) return undefined;
  const { Sim, Facility, Random, Entity } = window.Sim;
  return twice(customers, (count) => {
    const sim = new Sim();
    const server = new Facility("server");
    const random = new Random(1);
    let arrived = 0;
    let total = 0;
    class Source extends Entity {
      /** simjs calls it when the entity is added. */
      start(): void {
        this.arrive();
      }
      arrive(): void {
        arrived += 1;
        const from = this.time();
        this.useFacility(server, random.exponential(1)).done(() => {
          total += this.time() - from;
        });
        if (arrived < count) this.setTimer(random.exponential(0.8)).done(() => this.arrive());
      }
    }
    sim.addEntity(Source);
    sim.simulate(Number.MAX_VALUE);
    return total / count;
  });
}

/** On SimPy: prints count, CPU nanoseconds a customer, mean time in the system. Takes the number of customers. */
export const SIMPY_SOURCE = `
import random, sys, time
import simpy

def run(count):
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    draw = random.Random(1).expovariate
    total = [0.0]
    def customer():
        start = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(draw(1.0))
        total[0] += env.now - start
    def source():
        for _ in range(count):
            env.process(customer())
            yield env.timeout(draw(0.8))
    env.process(source())
    env.run()
    return total[0] / count

count = int(sys.argv[1])
run(count // 4)
start = time.process_time()
mean = run(count)
print(count, (time.process_time() - start) * 1e9 / count, mean)
`;
