// Reads the digits in a picture: node examples/predict.mjs [picture]
import { fileURLToPath } from "node:url";
import { loadModel, predict } from "mnist-classification";

const picture = process.argv[2] ?? fileURLToPath(new URL("pictures/photo-5.jpg", import.meta.url));
const model = await loadModel();
const { text, digits } = await predict(model, picture);
console.log(text);
for (const { digit, confidence } of digits) console.log(`${digit}, ${(confidence * 100).toFixed(1)} % sure`);
model.close();
