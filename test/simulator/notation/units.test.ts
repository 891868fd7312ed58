import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatRate,
  formatShare,
  formatSize,
  parseBandwidth,
  parseCount,
  parseDuration,
  parseNumber,
  parseRate,
  parseShare,
  parseSize,
} from "../../../src/simulator/notation/units.ts";
import type { Parsed } from "../../../src/simulator/notation/parsed.ts";

type Parse = (text: string) => Parsed<number>;
/** The value, or the fault and its mend as one text. */
const shown = (result: Parsed<number>): number | string => (result.ok ? result.value : `${result.fault}; ${result.mend} @${result.offset}`);

function table(parse: Parse, cases: Readonly<Record<string, number>>): void {
  for (const [text, expected] of Object.entries(cases)) expect([text, shown(parse(text))]).toEqual([text, expected]);
}
function faults(parse: Parse, cases: Readonly<Record<string, RegExp>>): void {
  for (const [text, expected] of Object.entries(cases)) expect(shown(parse(text)), text).toMatch(expected);
}

describe("durations", () => {
  it("are read in every unit to whole microseconds", () => {
    table(parseDuration, {
      "150ms": 150_000,
      "2s": 2_000_000,
      "0.4ms": 400,
      "0.25ms": 250,
      "1.1ms": 1_100,
      "5m": 300_000_000,
      "5min": 300_000_000,
      "1h": 3.6e9,
      "1d": 8.64e10,
      "7us": 7,
      "7µs": 7,
      "7μs": 7,
      " 30 s ": 30_000_000,
      "1_000ms": 1_000_000,
      "0": 0,
      "0ms": 0,
      "1e3s": 1e9,
      "2.0000004s": 2_000_000,
      ".5s": 500_000,
      "1.5h": 5.4e9,
    });
  });

  it("that cannot be read say why and what to write", () => {
    faults(parseDuration, {
      soon: /^"soon" is not a duration; write a number and a unit, such as 30s or 2h @0$/,
      "": /is not a duration/,
      "30": /^"30" has no unit; write 30s or 30ms, say @0$/,
      "30 sec": /^"sec" is not a unit of time; use us, ms, s, m \(or min\), h or d @2$/,
      "5M": /"M" is not a unit of time/,
      "3 mo": /"mo" is not a unit/,
      "-1s": /negative/,
      "0.1us": /less than half a microsecond/,
      "300000d": /longer than 285 years/,
      "1s2s": /"s2s" is not a unit/,
      constructor: /not a duration/,
      "1toString": /"toString" is not a unit/,
      NaN: /not a duration/,
      Infinity: /not a duration/,
      "1__0s": /not a unit/,
    });
  });

  it("print as what is read back as the same, shortest units first", () => {
    const printed = [
      0, 1, 999, 1_500, 20_000, 999_999, 1_000_000, 1_500_000, 90_000_000, 300_000_000, 5.4e9, 7.2e9, 8.64e10, 1_234_567,
    ].map(formatDuration);
    expect(printed).toEqual([
      "0s",
      "1us",
      "999us",
      "1.5ms",
      "20ms",
      "999.999ms",
      "1s",
      "1.5s",
      "90s",
      "5m",
      "90m",
      "2h",
      "1d",
      "1.234567s",
    ]);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeNat(),
          fc.nat(),
          fc.nat(5_000).map((s) => s * 1_000_000),
        ),
        (us) => {
          expect(shown(parseDuration(formatDuration(us)))).toBe(us);
        },
      ),
    );
  });
});

describe("rates", () => {
  it("are read per second", () => {
    table(parseRate, {
      "4000/s": 4_000,
      "100/min": 100 / 60,
      "4k/s": 4_000,
      "1.5M/s": 1.5e6,
      "36/h": 0.01,
      "1/ms": 1_000,
      "0/s": 0,
      "0": 0,
      "0.40/h": 0.4 / 3_600,
      "4_000 / s": 4_000,
    });
  });
  it("that cannot be read say why", () => {
    faults(parseRate, {
      "4000": /not a rate; write a number per unit of time/,
      "4000/x": /"x" is not a unit of time.*@5/,
      "-1/s": /negative rate/,
      "4G/s": /"G" is no part of a rate/,
      fast: /not a rate/,
      "/s": /not a rate/,
      "5/": /"" is not a unit/,
    });
  });
  it("print as what is read back as the same", () => {
    expect([4_000, 100 / 60, 0.01, 0].map(formatRate)).toEqual(["4000/s", "100/min", "0.01/s", "0/s"]);
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true })), (rate) => {
        expect(shown(parseRate(formatRate(rate)))).toBe(rate);
      }),
    );
  });
});

describe("sizes and bandwidths", () => {
  it("are read in thousands and in 1024s, to whole bytes and to bytes per second", () => {
    table(parseSize, {
      "100B": 100,
      "1KB": 1_000,
      "1kB": 1_000,
      "2GB": 2e9,
      "1.5MB": 1.5e6,
      "1TB": 1e12,
      "1KiB": 1_024,
      "2MiB": 2_097_152,
      "1GiB": 2 ** 30,
      "1TiB": 2 ** 40,
      "0": 0,
      "300B": 300,
    });
    table(parseBandwidth, {
      "50MB/s": 5e7,
      "1Gbps": 1.25e8,
      "100Mbps": 1.25e7,
      "8bps": 1,
      "10Gbit/s": 1.25e9,
      "60MB/min": 1e6,
      "1MiB/s": 1_048_576,
    });
  });
  it("that cannot be read say why", () => {
    faults(parseSize, {
      "1": /has no unit; write 1B or 1KB, say/,
      "1Kb": /"Kb" is not a unit of size/,
      big: /not a size/,
      "-1KB": /negative size/,
      "10000TB": /more than 9,007 TB/,
    });
    faults(parseBandwidth, {
      "50MB": /not a bandwidth; write a size per unit of time or bits per second/,
      "0MB/s": /not above 0/,
      "5": /not a bandwidth/,
      "1Gbps/s": /not a bandwidth/,
    });
  });
  it("print as what is read back as the same", () => {
    expect([0, 100, 1_000, 1_024, 1_500, 2e9, 3_145_728].map(formatSize)).toEqual(["0B", "100B", "1KB", "1KiB", "1500B", "2GB", "3MiB"]);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(),
          fc.maxSafeNat(),
          fc.nat(1_000).map((n) => n * 1_024),
        ),
        (bytes) => {
          expect(shown(parseSize(formatSize(bytes)))).toBe(bytes);
        },
      ),
    );
  });
});

describe("shares, numbers and counts", () => {
  it("are read with %, _, k and M", () => {
    table(parseShare, { "30%": 0.3, "0.3": 0.3, "99.9%": 0.999, "7%": 0.07, "100%": 1, "0": 0, "1": 1, "0.1%": 0.001 });
    table(parseNumber, { "1_000": 1_000, "5k": 5_000, "1.5M": 1.5e6, "-3": -3, "0.99": 0.99, "1e-3": 0.001, "+4": 4 });
    table(parseCount, { "1_000_000": 1e6, "1M": 1e6, "0.5k": 500, "0": 0, "16": 16 });
  });
  it("that cannot be read say why", () => {
    faults(parseShare, {
      "130%": /more than the whole; write 100% or less/,
      "1.3": /more than the whole; write a percentage/,
      "-1%": /negative share/,
      half: /not a share/,
      "5s": /not a share/,
    });
    faults(parseNumber, { five: /not a number/, "5G": /not a number/, "1e999": /too large/ });
    faults(parseCount, { "1.5": /not a whole number/, "-2": /negative; write 0 or more/, "1e17": /not a whole number/ });
  });
  it("print as what is read back as the same", () => {
    expect([0.3, 0.999, 1, 0, 0.07].map(formatShare)).toEqual(["30%", "99.9%", "100%", "0%", "7%"]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }).map((n) => n / 1e6),
        (share) => {
          expect(shown(parseShare(formatShare(share)))).toBe(share);
        },
      ),
    );
  });
});
