/**
 * What Bailis et al. published of partial quorums ("Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8),
 * 2012; figures and code also in the authors' repository pbs-vldb-historical-paper-material): fits of one-way delays at LinkedIn
 * (LNKD) and Yammer (YMMR), and for N = 3 the 99.9th percentiles of latency, the share of reads at t = 0 that see the write, and
 * t-visibility at 99.9 %.
 *
 * Three things to know. The paper prints 3.35 as the exponent of YMMR's writes, its simulator has 3.5, and 3.5 is what
 * gives the published figures. The published t is the first time at which one of many noisy estimates reaches 99.9 %, which is too
 * early: `exactT` is where the share itself reaches it, by a Monte Carlo of a million trials that is not ours. And t of strict
 * quorums was not simulated. The paper's fourth model (WAN) has one replica in each of three data centres, 75 ms one way apart, and
 * the delays of LNKD-DISK within.
 */

export interface Model {
  readonly name: string;
  readonly write: string;
  /** Of acknowledgements, read requests and responses alike. */
  readonly other: string;
  /** One way more to all replicas but one, drawn for each operation. */
  readonly far?: string;
}

const SSD = "mix(91.22% pareto(min 0.235ms alpha 10) 8.78% exp(0.602409638554217ms))";
export const LNKD_SSD: Model = { name: "LNKD-SSD", write: SSD, other: SSD };
export const LNKD_DISK: Model = {
  name: "LNKD-DISK",
  write: "mix(38% pareto(min 1.05ms alpha 1.51) 62% exp(5.46448087431694ms))",
  other: SSD,
};
export const YMMR: Model = {
  name: "YMMR",
  write: "mix(93.9% pareto(min 3ms alpha 3.5) 6.1% exp(357.142857142857ms))",
  other: "mix(98.2% pareto(min 1.5ms alpha 3.8) 1.8% exp(46.0829493087558ms))",
};

export const WAN: Model = { ...LNKD_DISK, name: "WAN", far: "75ms" };

export interface Published {
  readonly model: Model;
  readonly r: number;
  readonly w: number;
  /** 99.9th percentiles, milliseconds; from a million operations. Those of YMMR's were only drawn. */
  readonly readLatency?: number;
  readonly writeLatency?: number;
  /** Share of reads at t = 0 that see the write, as printed, and what half a unit of its last digit is. */
  readonly consistent?: number;
  readonly rounding?: number;
  /** Milliseconds after which 99.9 % do: as published, and exactly. */
  readonly publishedT?: number;
  readonly exactT?: number;
}

export const PUBLISHED: readonly Published[] = [
  {
    model: LNKD_SSD,
    r: 1,
    w: 1,
    readLatency: 0.66,
    writeLatency: 0.66,
    consistent: 0.974,
    rounding: 0.0005,
    publishedT: 1.85,
    exactT: 1.97,
  },
  { model: LNKD_SSD, r: 1, w: 2, readLatency: 0.66, writeLatency: 1.63, publishedT: 1.79, exactT: 1.85 },
  { model: LNKD_SSD, r: 2, w: 1, readLatency: 1.63, writeLatency: 0.65 },
  { model: LNKD_SSD, r: 2, w: 2, readLatency: 1.62, writeLatency: 1.64 },
  { model: LNKD_SSD, r: 3, w: 1, readLatency: 4.14, writeLatency: 0.65 },
  { model: LNKD_SSD, r: 1, w: 3, readLatency: 0.65, writeLatency: 4.09 },
  {
    model: LNKD_DISK,
    r: 1,
    w: 1,
    readLatency: 0.66,
    writeLatency: 10.99,
    consistent: 0.439,
    rounding: 0.0005,
    publishedT: 45.5,
    exactT: 52.29,
  },
  { model: LNKD_DISK, r: 1, w: 2, readLatency: 0.65, writeLatency: 20.97, publishedT: 43.3, exactT: 48.37 },
  { model: LNKD_DISK, r: 2, w: 1, readLatency: 1.63, writeLatency: 10.9, publishedT: 13.6, exactT: 14.12 },
  { model: LNKD_DISK, r: 2, w: 2, readLatency: 1.64, writeLatency: 20.96 },
  { model: LNKD_DISK, r: 3, w: 1, readLatency: 4.12, writeLatency: 10.89 },
  { model: LNKD_DISK, r: 1, w: 3, readLatency: 0.65, writeLatency: 112.65 },
  { model: YMMR, r: 1, w: 1, consistent: 0.893, rounding: 0.0005, publishedT: 1364, exactT: 1459.45 },
  { model: YMMR, r: 2, w: 1, publishedT: 202, exactT: 219.96 },
  { model: WAN, r: 1, w: 1, consistent: 0.33, rounding: 0.005, publishedT: 113, exactT: 116.51 },
  { model: WAN, r: 2, w: 1, publishedT: 30.2, exactT: 30.97 },
];

/** Of each latency; of each share of consistent reads. */
export const PUBLISHED_TRIALS = { latency: 1_000_000, consistent: 50_000 } as const;
export const SOURCE = "Bailis et al., PVLDB 5(8), 2012";
