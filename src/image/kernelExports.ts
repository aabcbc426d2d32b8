/** Where something is in the kernels' memory, bytes. */
export type Address = number;

/** What src/image/kernels/main.ts exports; arguments are told there. */
export interface Kernels {
  mark(): Address;
  release(to: Address): void;
  reserve(bytes: number): Address;
  clear(at: Address, bytes: number): void;

  isOpaque(rgba: Address, count: number): number;
  grey(rgba: Address, count: number, to: Address): void;
  greyOfRgb(rgb: Address, count: number, to: Address): void;
  showPaper(rgba: Address, count: number, to: Address, paper: number): void;
  addVisible(rgba: Address, count: number, sums: Address): void;

  windows(start: number, step: number, count: number, length: number): Address;
  resample(
    data: Address,
    width: number,
    height: number,
    columns: Address,
    rows: Address,
    result: Address,
  ): void;
  shrinkRows(
    data: Address,
    width: number,
    top: number,
    columns: Address,
    rows: Address,
    from: number,
    to: number,
    result: Address,
  ): void;

  surroundings(image: Address, width: number, height: number, radius: number, result: Address): void;
  lessOf(values: Address, others: Address, count: number): void;
  raiseTo(values: Address, others: Address, count: number, share: number): void;
  skewness(values: Address, count: number): number;
  smooth(image: Address, width: number, height: number, result: Address): void;
  turnRound(values: Address, count: number, to: Address): void;

  paperUnder(
    small: Address,
    smallWidth: number,
    smallHeight: number,
    radius: number,
    width: number,
    height: number,
  ): Address;
  samplePaper(paper: Address, light: Address, pixels: number, step: number, sample: Address): void;
  inkOver(
    light: Address,
    paper: Address,
    height: number,
    isInkDark: boolean,
    floor: number,
    least: number,
    typical: number,
    ink: Address,
    histogram: Address,
  ): void;
  sampleAbove(
    values: Address,
    count: number,
    threshold: number,
    step: number,
    sample: Address,
    most: number,
  ): number;
  stretch(values: Address, count: number, full: number): void;

  ruledLines(ink: Address, width: number, height: number): Address;
  eraseLines(lines: Address, copy: Address): void;
  sum(values: Address, count: number): number;

  pieces(image: Address, width: number, height: number, threshold: number, leastSide: number): Address;
  endsOf(pieces: Address, next: Address, ends: Address): void;
  largePieces(image: Address, width: number, height: number, leastShare: number, result: Address): Address;

  strokeWidth(
    image: Address,
    width: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
    threshold: number,
    isWhole: boolean,
  ): number;
  levels(values: Address, count: number, threshold: number, histogram: Address): number;
  valuesOfLevel(values: Address, count: number, threshold: number, bin: number, found: Address): void;
  sums(values: Address, count: number, threshold: number): Address;
  copyRuns(
    image: Address,
    width: number,
    runs: Address,
    count: number,
    edge: number,
    crop: Address,
    x: number,
    y: number,
    cropWidth: number,
    cropHeight: number,
  ): void;
  clearRuns(
    width: number,
    runs: Address,
    count: number,
    crop: Address,
    x: number,
    y: number,
    cropWidth: number,
    cropHeight: number,
  ): void;

  squaredDistance(
    ones: Address,
    count: number,
    others: Address,
    otherCount: number,
    width: number,
    within: number,
  ): number;

  inkBox(
    image: Address,
    width: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
    threshold: number,
  ): Address;
  centreOfMass(
    image: Address,
    width: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
  ): Address;
  toBytes(values: Address, count: number, bytes: Address): void;
  maxPool(image: Address, width: number, height: number, factor: number, result: Address): void;
  dilate(image: Address, width: number, height: number, pen: Address, margin: number, result: Address): void;
}
