/** Pixels of a glyph in a row, and rows. */
export const glyphSize = { width: 5, height: 7 } as const;

/** Digits and what else a label may have, seven rows of five pixels. */
const glyphs: Readonly<Record<string, readonly string[]>> = {
  "0": [" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "],
  "1": ["  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "],
  "2": [" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"],
  "3": ["#####", "   # ", "  #  ", "   # ", "    #", "#   #", " ### "],
  "4": ["   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "],
  "5": ["#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "],
  "6": ["  ## ", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "],
  "7": ["#####", "    #", "   # ", "  #  ", " #   ", " #   ", " #   "],
  "8": [" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "],
  "9": [" ### ", "#   #", "#   #", " ####", "    #", "   # ", " ##  "],
  ">": [" #   ", "  #  ", "   # ", "    #", "   # ", "  #  ", " #   "],
  "#": [" # # ", " # # ", "#####", " # # ", "#####", " # # ", " # # "],
};

/** Calls `set` for each pixel of `text` that is ink, from its top left corner on; other characters are blank. */
export function drawText(text: string, set: (x: number, y: number) => void): void {
  for (const [i, character] of [...text].entries()) {
    glyphs[character]?.forEach((row, y) => {
      for (let x = 0; x < row.length; x++) if (row[x] === "#") set(i * (glyphSize.width + 1) + x, y);
    });
  }
}

/** How many pixels wide `text` is drawn. */
export function textWidth(text: string): number {
  return text.length * (glyphSize.width + 1) - 1;
}
