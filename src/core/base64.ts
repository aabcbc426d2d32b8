/** Base64 of a few kilobytes, in Node and in browsers alike. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
