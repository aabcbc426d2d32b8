// Draws docs/answers.png: the sample pictures, what the network sees of each, and what it answers.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { loadModel, predict } from "../dist/node.js";

const folder = fileURLToPath(new URL("../examples/pictures/", import.meta.url));
const output = fileURLToPath(new URL("../docs/answers.png", import.meta.url));
const columns = 4;
const card = { width: 300, height: 236, gap: 16 };

const model = await loadModel();
const files = readdirSync(folder).filter((name) => /\.(png|jpe?g)$/.test(name));
const layers = [];
const texts = [];
for (const [index, name] of files.entries()) {
  const { digits } = await predict(model, folder + name);
  const [{ digit, confidence, pixels }] = digits;
  const left = card.gap + (index % columns) * (card.width + card.gap);
  const top = card.gap + Math.floor(index / columns) * (card.height + card.gap);
  const picture = await sharp(folder + name)
    .flatten({ background: "#ffffff" })
    .resize(190, 190, { fit: "contain", background: "#eaeef2" })
    .png()
    .toBuffer();
  const seen = await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(94, 94, { kernel: "nearest" })
    .png()
    .toBuffer();
  layers.push({ input: picture, left: left + 4, top: top + 4 });
  layers.push({ input: seen, left: left + 202, top: top + 4 });
  texts.push(
    `<rect x="${left}" y="${top}" width="${card.width}" height="${card.height}" rx="8" fill="#fff" stroke="#d0d7de"/>`,
    `<text x="${left + 249}" y="${top + 184}" font-size="86" text-anchor="middle" font-weight="bold" fill="#0969da">${digit}</text>`,
    `<text x="${left + 8}" y="${top + 220}" font-size="17" fill="#57606a">${name}</text>`,
    `<text x="${left + card.width - 8}" y="${top + 220}" font-size="17" text-anchor="end" fill="#57606a">${(confidence * 100).toFixed(1)} %</text>`,
  );
}
model.close();
const width = columns * (card.width + card.gap) + card.gap;
const height = Math.ceil(files.length / columns) * (card.height + card.gap) + card.gap;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif"><rect width="100%" height="100%" fill="#f6f8fa"/>${texts.join("")}</svg>`;
await sharp(Buffer.from(svg)).composite(layers).png({ palette: true }).toFile(output);
