// Reads the digit in a picture: node examples/predict.mjs [picture]
import { fileURLToPath } from "node:url";
import { loadModel, predict } from "mnist-classification";

const picture = process.argv[2] ?? fileURLToPath(new URL("pictures/photo-5.jpg", import.meta.url));
const model = await loadModel();
const { digit, confidence } = await predict(model, picture);
console.log(`${digit}, ${(confidence * 100).toFixed(1)} % sure`);
model.close();
