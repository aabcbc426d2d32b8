// What src/image computes for each pixel. An image is f32[height, width] at an address; so are other arrays, by the types that
// are noted. What a function reserves stays reserved until its caller releases it.
export { clear, mark, release, reserve } from "./arena";
export { endsOf, largePieces, pieces } from "./components";
export { centreOfMass, dilate, inkBox, maxPool, toBytes } from "./digit";
export { lessOf, raiseTo, skewness, smooth, surroundings, turnRound } from "./filters";
export { inkOver, paperUnder, sampleAbove, samplePaper, stretch } from "./foreground";
export { addVisible, grey, greyOfRgb, isOpaque, showPaper } from "./grey";
export { clearRuns, copyRuns, levels, squaredDistance, strokeWidth, sums, valuesOfLevel } from "./marks";
export { resample, shrinkRows, windows } from "./resample";
export { eraseLines, ruledLines, sum } from "./ruledLines";
