/** Where names stand beside their points so that none runs over another, a point or the edge; greedy, in the order given. */
import { widthOf } from "../layout.ts";

export interface Named {
  /** Pixels of the drawing, from the left and from the top. */
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

export interface Place {
  /** Pixels from the point to the text's middle line, and which end of the text stands there. */
  readonly dx: number;
  readonly dy: number;
  readonly align: "center" | "left" | "right";
}

export interface Room {
  readonly width: number;
  readonly height: number;
}

/** Pixels: of a letter in bold at most, of a line, and of half a point with its ring. */
const LETTER = 7;
const LINE = 13;
const POINT = 9;

/** The nearest first; the outer ones still read as belonging to their point. */
const PLACES: readonly Place[] = [1, 2, 3].flatMap((step): readonly Place[] => {
  const [near, aside] = [POINT + LINE / 2 + (step - 1) * LINE, (step - 1) * LINE];
  return [
    { dx: 0, dy: -near, align: "center" },
    { dx: 0, dy: near, align: "center" },
    ...(step === 1 ? [0] : [-aside, aside]).flatMap((dy): readonly Place[] => [
      { dx: POINT + 3, dy, align: "left" },
      { dx: -POINT - 3, dy, align: "right" },
    ]),
  ];
});

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A place for each name; undefined where all are taken, so that it had better not be drawn. */
export function labelPlaces(points: readonly Named[], room: Room): readonly (Place | undefined)[] {
  const dots = points.map(({ x, y }): Box => ({ left: x - POINT, right: x + POINT, top: y - POINT, bottom: y + POINT }));
  const taken: Box[] = [];
  return points.map((point, index) => {
    const found = PLACES.find((place) => {
      const box = boxOf(point, place);
      // Its own point it may touch: it stands beside it.
      const others = dots.filter((_, at) => at !== index && !isSame(points[at], point));
      return isInside(box, room) && ![...taken, ...others].some((one) => overlap(one, box));
    });
    if (found !== undefined) taken.push(boxOf(point, found));
    return found;
  });
}

/** The text's box beside its point. */
export function boxOf({ x, y, name }: Named, { dx, dy, align }: Place): Box {
  const width = LETTER * widthOf(name);
  const left = x + dx - (align === "center" ? width / 2 : align === "right" ? width : 0);
  return { left, right: left + width, top: y + dy - LINE / 2, bottom: y + dy + LINE / 2 };
}

const isSame = (one: Named | undefined, other: Named): boolean => one?.x === other.x && one.y === other.y;
const isInside = ({ left, right, top, bottom }: Box, { width, height }: Room): boolean =>
  left >= 0 && right <= width && top >= 0 && bottom <= height;
export const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
