// What scenarios in JavaScript are made of; see steps.py.

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";

export const hubUrl = process.env.HF_ENDPOINT;
export const tokens = JSON.parse(process.env.TOKENS);

export async function step(operation, run) {
  const line = { operation, outcome: "yes" };
  try {
    await run();
  } catch (error) {
    line.outcome = "no";
    line.error = error.stack;
  }
  appendFileSync(process.env.STEPS, JSON.stringify(line) + "\n");
}

export const same = assert.deepEqual;
export const rejects = assert.rejects;

// Bytes that do not compress, the same ones for the same seed.
export function noise(size, seed) {
  const bytes = new Uint8Array(size);
  let state = seed + 0x9e3779b9;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

export async function collect(listing) {
  const all = [];
  for await (const each of listing) all.push(each);
  return all;
}
