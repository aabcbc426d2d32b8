// Sends the digits of the pages that it is asked for, one page a message.
import { createJiti } from "jiti";

const jiti = createJiti(import.meta.url);
const { readDigits } = await jiti.import("../compose-pages/digits.ts");
const { digitsOfPage } = await jiti.import("./digitsOfPage.ts");

const [folder, split, seed] = process.argv.slice(2);
const digits = await readDigits(folder, split);
process.on("message", async (index) => process.send(await digitsOfPage(digits, Number(seed), index)));
process.send("ready");
