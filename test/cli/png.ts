/** Just enough of PNG (RFC 2083) to look at what was drawn: 8 bits a channel, truecolour with or without alpha, not interlaced. */
import { inflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Lightness of a pixel on white ground, 0 to 255. */
  readonly lightness: (x: number, y: number) => number;
}

export function decodePng(file: Uint8Array): Picture {
  const bytes = Buffer.from(file);
  if (bytes.toString("latin1", 1, 4) !== "PNG") throw new Error("no PNG");
  const [width, height, depth, colour] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]];
  const channels = colour === 6 ? 4 : colour === 2 ? 3 : 0;
  if (depth !== 8 || channels === 0) throw new Error(`PNG of depth ${String(depth)}, colour type ${String(colour)}`);
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)]!;
    for (let x = 0; x < stride; x += 1) {
      const left = x < channels ? 0 : pixels[y * stride + x - channels]!;
      const up = y === 0 ? 0 : pixels[(y - 1) * stride + x]!;
      const corner = x < channels || y === 0 ? 0 : pixels[(y - 1) * stride + x - channels]!;
      const predicted = [0, left, up, Math.floor((left + up) / 2), paeth(left, up, corner)][filter]!;
      pixels[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + predicted;
    }
  }
  const lightness = (x: number, y: number): number => {
    const [red, green, blue, alpha = 255] = pixels.subarray((y * width + x) * channels, (y * width + x + 1) * channels);
    return 255 - ((255 - (red! + green! + blue!) / 3) * alpha) / 255;
  };
  return { width, height, lightness };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

/** Pixels darker than half in a box given in shares of width and height. */
export function darkPixels(picture: Picture, box: Readonly<Record<"left" | "top" | "right" | "bottom", number>>): number {
  let found = 0;
  for (let y = Math.floor(box.top * picture.height); y < box.bottom * picture.height; y += 1)
    for (let x = Math.floor(box.left * picture.width); x < box.right * picture.width; x += 1) if (picture.lightness(x, y) < 128) found += 1;
  return found;
}
