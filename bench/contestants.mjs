// Who takes part: this project in its variants, and the peers that are installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { startContestant } from "./contestant.mjs";

/** A Python that can import torch, if there is one. */
function findPython() {
  return ["/usr/bin/python3", "python3"].find(
    (command) => spawnSync(command, ["-c", "import torch"], { stdio: "ignore" }).status === 0,
  );
}

/**
 * Starts everybody who can take part. PyTorch stands in once for each of its settings, and is judged by the best.
 *
 * @param options `threads` for all; `onMissing` is told in a sentence who cannot take part and why.
 * @returns `{ key, name, peer, about, ask, close }`, ours first.
 */
export async function startContestants({ threads, variants, onMissing }) {
  const started = [];
  const start = async (key, name, peer, begin) => {
    try {
      started.push({ key, name, peer, ...(await begin()) });
    } catch (error) {
      onMissing(`${name} does not take part: ${error.message}`);
    }
  };
  const [best] = variants;
  const counts = threads === 1 ? [1] : [threads, 1];
  for (const variant of variants) {
    for (const count of counts) {
      const words = count === 1 ? "1 thread" : `${count} threads`;
      const key = variant === best && count === threads ? "ours" : `ours-${variant}-${count}`;
      await start(key, `this project, ${variant}, ${words}`, false, () =>
        startContestant("ours.mjs", [variant, count]),
      );
    }
  }
  if (existsSync(new URL("node_modules/", import.meta.url))) {
    await start("onnxruntime", "onnxruntime-node", true, () => startContestant("onnxruntime.mjs", [threads]));
    await start("tfjs", "TensorFlow.js, wasm", true, () => startContestant("tfjs.mjs"));
    await start("jax", "jax-js, wasm", true, () => startContestant("jax.mjs"));
  } else {
    onMissing(
      "the npm peers are not installed and do not take part; install them with: npm ci --prefix bench",
    );
  }
  const python = findPython();
  if (python === undefined) {
    onMissing("PyTorch does not take part: no python3 here can import torch (Debian: python3-torch)");
  } else {
    // Debian's OpenBLAS chooses its kernels by the processor; settings made for other programs would mislead it.
    const env = { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };
    const settings = [
      ["PyTorch", "contiguous", threads],
      ["PyTorch, channels_last", "channels_last", threads],
      // OpenBLAS has threads of its own, which get into the way of OpenMP's.
      ...(threads > 1 ? [["PyTorch, channels_last, BLAS on 1 thread", "channels_last", 1]] : []),
    ];
    for (const [name, layout, blasThreads] of settings) {
      await start(`pytorch-${layout}-${blasThreads}`, name, true, () =>
        startContestant("pytorch.py", [threads, layout], {
          command: python,
          env: { ...env, OPENBLAS_NUM_THREADS: String(blasThreads) },
        }),
      );
    }
  }
  return started;
}
