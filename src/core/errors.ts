/** What kind of failure an {@link MnistError} tells of; stable, for programs. */
export type ErrorCode =
  | "BAD_ARGUMENT"
  | "BAD_DATA"
  | "BAD_IMAGE"
  | "BAD_MODEL"
  | "BAD_CHECKPOINT"
  | "DIVERGED"
  | "NOT_FOUND"
  | "NETWORK"
  | "BUSY"
  | "UNSUPPORTED"
  | "INTERRUPTED";

/**
 * The one class of every error that this package throws on purpose. The message is a sentence that says where,
 * what was expected, what was found and what to do next; `code` is for programs.
 */
export class MnistError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MnistError";
    this.code = code;
  }
}
