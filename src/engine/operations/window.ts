import { type Extent, images } from "./operation.ts";

/** What a window that slides over images does, for convolution and pooling alike; lengths in pixels. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly paddingTop: number;
  readonly paddingLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

export function windowArgs(window: Window): Extent[] {
  return [
    images,
    window.height,
    window.width,
    window.channels,
    window.kernelHeight,
    window.kernelWidth,
    window.strideHeight,
    window.strideWidth,
    window.paddingTop,
    window.paddingLeft,
    window.outputHeight,
    window.outputWidth,
  ];
}
