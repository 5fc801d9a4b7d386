// Runs a WASI program in Node's own runtime: node node-wasi.mjs PROGRAM WORKSPACE [ARGUMENT...]
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, workspace, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: ["project-init", ...args],
  env: process.env.PROJECT_NAME === undefined ? {} : { PROJECT_NAME: process.env.PROJECT_NAME },
  preopens: { ".": workspace },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
