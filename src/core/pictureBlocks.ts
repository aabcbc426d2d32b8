/** Labelled pictures of 28x28 in order, as many as are at hand at once. */
export interface PictureBlock {
  readonly count: number;
  /** Grey levels, light on dark, `[count, 28, 28]`, 0..255. */
  readonly images: Uint8Array;
  /** Classes, `[count]`. */
  readonly labels: Uint8Array;
  /** Those of the same part of the data that could not be used. */
  readonly refused?: readonly RefusedPicture[];
}

/** A picture that could not be used, and why. */
export interface RefusedPicture {
  /** Its path within the folder of pictures, with slashes on every system. */
  readonly picture: string;
  readonly reason: string;
}

/** More pictures than memory holds: they come block by block. */
export interface PictureBlocks {
  /** How many there are, the refused ones included. */
  readonly count: number;
  blocks(): AsyncIterable<PictureBlock>;
}
