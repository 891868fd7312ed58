/**
 * Exponential and normal draws by the ziggurat method (G. Marsaglia, W. W. Tsang, J. Statistical Software 5(8), 2000),
 * 256 layers, layer and place in it from separate bits of one uniform draw (as J. Doornik asked, 2005). About 98 % of
 * draws need that one draw and a comparison. The tails are exact and unbounded.
 */
import type { Random } from "../../base/random.ts";

const LAYERS = 256;

interface Table {
  /** Right edges of the layers, falling from layer 0 (the tail's, widened to its area) to 0. */
  readonly edge: Float64Array;
  /** The density at each edge. */
  readonly height: Float64Array;
}

/** Where the tail begins, and the area of each layer (Marsaglia and Tsang, section 2). */
const EXPONENTIAL = { tail: 7.697117470131487, area: 0.003949659822581572 };
const NORMAL = { tail: 3.654152885361009, area: 0.00492867323399 };

const exponentialTable = table(
  EXPONENTIAL,
  (x) => Math.exp(-x),
  (y) => -Math.log(y),
);
const normalTable = table(
  NORMAL,
  (x) => Math.exp(-0.5 * x * x),
  (y) => Math.sqrt(-2 * Math.log(y)),
);

function table({ tail, area }: { tail: number; area: number }, density: (x: number) => number, inverse: (y: number) => number): Table {
  const edge = new Float64Array(LAYERS + 1);
  const height = new Float64Array(LAYERS + 1);
  edge[0] = area / density(tail);
  edge[1] = tail;
  height[1] = density(tail);
  for (let i = 2; i < LAYERS; i += 1) {
    edge[i] = inverse(area / edge[i - 1]! + height[i - 1]!);
    height[i] = density(edge[i]!);
  }
  edge[LAYERS] = 0;
  height[LAYERS] = 1;
  return { edge, height };
}

const exponentialEdge = exponentialTable.edge;
const exponentialHeight = exponentialTable.height;
const normalEdge = normalTable.edge;
const normalHeight = normalTable.height;

/** An exponential draw of mean 1. */
export function drawExponential(random: Random): number {
  const u = random.uniform() * LAYERS;
  const layer = u | 0;
  const x = (u - layer) * exponentialEdge[layer]!;
  return x < exponentialEdge[layer + 1]! ? x : exponentialRest(random, layer, x);
}

function exponentialRest(random: Random, firstLayer: number, firstX: number): number {
  let layer = firstLayer;
  let x = firstX;
  // The tail of an exponential is an exponential: start again from where it begins.
  let base = 0;
  for (;;) {
    if (x < exponentialEdge[layer + 1]!) return base + x;
    if (layer === 0) base += EXPONENTIAL.tail;
    else {
      const low = exponentialHeight[layer]!;
      if (low + random.uniform() * (exponentialHeight[layer + 1]! - low) < Math.exp(-x)) return base + x;
    }
    const u = random.uniform() * LAYERS;
    layer = u | 0;
    x = (u - layer) * exponentialEdge[layer]!;
  }
}

/** A normal draw of mean 0 and standard deviation 1. */
export function drawNormal(random: Random): number {
  for (;;) {
    const u = random.uniform() * LAYERS;
    const layer = u | 0;
    const signed = 2 * (u - layer) - 1;
    const x = signed * normalEdge[layer]!;
    const size = x < 0 ? -x : x;
    if (size < normalEdge[layer + 1]!) return x;
    if (layer === 0) {
      const beyond = normalTail(random);
      return signed < 0 ? -beyond : beyond;
    }
    const low = normalHeight[layer]!;
    if (low + random.uniform() * (normalHeight[layer + 1]! - low) < Math.exp(-0.5 * x * x)) return x;
  }
}

/** Beyond the last edge: G. Marsaglia, "Generating a variable from the tail of the normal distribution" (1964). */
function normalTail(random: Random): number {
  for (;;) {
    const x = drawExponential(random) / NORMAL.tail;
    if (2 * drawExponential(random) > x * x) return NORMAL.tail + x;
  }
}
