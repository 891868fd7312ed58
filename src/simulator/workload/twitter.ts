/**
 * Twitter's cache clusters, a week of March 2020: what the authors of the traces published of each (J. Yang, Y. Yue,
 * K. V. Rashmi, "A large scale analysis of hundreds of in-memory cache clusters at Twitter", OSDI 2020; table
 * github.com/twitter/cache-trace, stat/2020Mar.md at 1c50367, CC-BY 4.0). Cluster 5 has no figures there.
 */

/** Operations of memcached that the table has shares of, in percent rounded as published (they need not sum to 1). */
export type CacheOperation = "get" | "gets" | "set" | "add" | "cas" | "incr" | "prepend" | "delete";

export interface TwitterCluster {
  readonly cluster: number;
  /** Mean sizes, bytes. */
  readonly key: number;
  readonly value: number;
  /** Thousands of requests per second. */
  readonly kqps: number;
  /** Exponent of the Zipf distribution that the authors fitted to the popularity of keys; undefined where they give none. */
  readonly alpha: number | undefined;
  readonly operations: Readonly<Partial<Record<CacheOperation, number>>>;
}

type Row = readonly [
  cluster: number,
  key: number,
  value: number,
  kqps: number,
  alpha: number | undefined,
  operations: TwitterCluster["operations"],
];

const ROWS: readonly Row[] = [
  [1, 80, 267, 11.4, 2.6774, { get: 0.99 }],
  [2, 21, 68, 12.15, 1.4908, { get: 1.0 }],
  [3, 19, 120, 1.36, 1.6414, { get: 0.99 }],
  [4, 67, 2439, 5.26, 1.1004, { get: 0.93, set: 0.07 }],
  [6, 44, 252, 12.61, 1.882, { get: 0.98, set: 0.02 }],
  [7, 17, 1936, 1.62, 1.0666, { get: 0.82, set: 0.18 }],
  [8, 23, 9497, 2.11, 1.7366, { set: 0.5, get: 0.5 }],
  [9, 32, 39, 18.83, 1.6796, { get: 0.99 }],
  [10, 22, 2333, 0.22, 0, { add: 0.5, get: 0.5 }],
  [11, 24, 170, 4.16, 1.4891, { get: 0.96, add: 0.02, gets: 0.01, cas: 0.01 }],
  [12, 44, 1030, 4.36, 0.3048, { set: 0.8, get: 0.2 }],
  [13, 44, 4266, 1.34, 0.4565, { get: 0.38, set: 0.62 }],
  [14, 96, 414, 5.81, 1.2959, { get: 0.65, delete: 0.22, set: 0.13 }],
  [15, 18, 102, 9.02, 0.0242, { set: 1.0 }],
  [16, 18, 115, 17.51, 1.7862, { get: 0.93, set: 0.04, add: 0.01 }],
  [17, 19, 212, 0.35, 2.1106, { get: 0.99 }],
  [18, 18, 37, 26.4, 2.0994, { get: 0.96, add: 0.01, gets: 0.01, cas: 0.01 }],
  [19, 42, 101, 3.31, 0.735, { get: 0.75, set: 0.25 }],
  [20, 26, 55, 5.63, 1.3699, { get: 0.96, add: 0.03 }],
  [21, 25, 1, 2.18, 0.0521, { add: 1.0 }],
  [22, 54, 4, 3.24, 0.7624, { get: 0.72, incr: 0.18, set: 0.1 }],
  [23, 35, 224, 8.69, 0.274, { set: 0.31, get: 0.36, incr: 0.3, delete: 0.02 }],
  [24, 32, 699, 5.29, 1.3726, { get: 0.99 }],
  [25, 49, 28, 18.97, 0.9929, { get: 0.95, add: 0.02, gets: 0.02, cas: 0.02 }],
  [26, 122, 1745, 0.25, 0.6299, { get: 0.71, set: 0.29 }],
  [27, 66, 8, 24.55, 1.065, { get: 0.85, set: 0.15 }],
  [28, 45, 85, 9.05, 1.503, { get: 0.91, set: 0.03, add: 0.03 }],
  [29, 36, 799, 10.73, 1.2323, { get: 0.86, set: 0.13 }],
  [30, 22, 689, 3.85, 1.4259, { get: 0.99 }],
  [31, 41, 15, 2.52, 0, { set: 0.94, get: 0.06 }],
  [32, 41, 138, 7.35, 0, { set: 0.98, get: 0.02 }],
  [33, 24, 1118, 10.53, 1.354, { get: 0.99, set: 0.01 }],
  [34, 33, 322, 3.4, 1.1401, { get: 0.94, set: 0.06 }],
  [35, 19, 1796, 3.06, 0, { get: 0.96, set: 0.04 }],
  [36, 23, 78, 9.08, 1.2169, { get: 0.93, add: 0.04, gets: 0.01, cas: 0.01 }],
  [37, 72, 20134, 4.15, 0.4251, { set: 0.37, get: 0.63 }],
  [38, 41, 185, 2.52, 0, { set: 0.94, get: 0.06 }],
  [39, 41, 80, 2.52, 0, { set: 0.94, get: 0.06 }],
  [40, 44, 155, 6.26, 0.8551, { set: 0.5, get: 0.5 }],
  [41, 44, 171, 5.18, 0.8542, { get: 0.5, set: 0.5 }],
  [42, 40, 4703, 6.84, 1.5974, { get: 0.96, add: 0.04 }],
  [43, 44, 304, 14.54, undefined, { set: 0.5, get: 0.5 }],
  [44, 25, 22, 9.41, 1.4084, { get: 0.98, add: 0.01 }],
  [45, 10, 120, 0.33, 0.6372, { add: 0.15, get: 0.85 }],
  [46, 44, 928, 10.47, undefined, { set: 0.32, get: 0.68 }],
  [47, 44, 267, 9.54, 2.0637, { get: 1.0 }],
  [48, 44, 70, 1.84, 0.8191, { set: 0.35, get: 0.65 }],
  [49, 44, 10658, 1.25, 1.5095, { set: 0.43, get: 0.57 }],
  [50, 18, 67485, 0.24, 1.2816, { get: 0.52, set: 0.48 }],
  [51, 44, 221, 10.4, 1.9745, { get: 0.9, set: 0.1 }],
  [52, 20, 273, 24.25, 1.2117, { get: 0.91, add: 0.04, gets: 0.02, cas: 0.02 }],
  [53, 36, 9213, 1.38, 1.2061, { get: 0.89, set: 0.03, prepend: 0.09 }],
  [54, 19, 246, 0.65, 1.611, { get: 0.97, set: 0.03 }],
];

/** In the order of their numbers. */
export const TWITTER_CLUSTERS: readonly TwitterCluster[] = ROWS.map(([cluster, key, value, kqps, alpha, operations]) => ({
  cluster,
  key,
  value,
  kqps,
  alpha,
  operations,
}));
