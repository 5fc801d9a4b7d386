// Prints the sizes and times that users notice: `node bench.mjs PROGRAM ARTIFACTS SCRATCH`.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { brotliCompressSync } from "node:zlib";

const [program, artifacts, scratch] = process.argv.slice(2);
const workspace = join(scratch, "workspace");
const CLIENTS = 8;
const PROJECTS = 2000;
const LISTS = 400;
const STARTS = 10;
const COMMANDS = 20;

const row = (title, ...cells) =>
  console.log(title.padEnd(34) + cells.map((cell) => String(cell).padStart(14)).join(""));

function size(title, path, isSent) {
  const bytes = readFileSync(path);
  // Its default quality is 11, as in the server.
  row(title, bytes.length, isSent ? brotliCompressSync(bytes).length : "-");
}

function times(title, times, rate = "") {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(Math.floor(times.length * share), times.length - 1)];
  row(title, `${at(0.5).toFixed(2)} ms`, `${at(0.99).toFixed(2)} ms`, rate);
}

/** Starts a server with an empty workspace and waits for its address. */
async function start() {
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  const { PODSLATE_TOKEN, ...env } = process.env;
  const options = { env, stdio: ["ignore", "pipe", "ignore"] };
  const server = spawn(program, ["serve", "--port", "0", "--workspace", workspace], options);
  process.on("exit", () => server.kill("SIGKILL"));
  for await (const line of createInterface({ input: server.stdout })) {
    return { server, address: line.trim() };
  }
  throw new Error("The server did not start.");
}

async function stop(server) {
  server.kill("SIGKILL");
  await new Promise((done) => server.once("exit", done));
}

/** The time of one request, whose response must be a success. */
function send(url, body, agent) {
  const begin = performance.now();
  const method = body ? "POST" : "GET";
  const headers = body ? { "content-type": "application/json" } : {};
  return new Promise((done, fail) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      if (response.statusCode >= 300) fail(new Error(`The server answered ${response.statusCode}.`));
      response.resume().on("end", () => done(performance.now() - begin));
    });
    sent.on("error", fail).end(body);
  });
}

/** Sends `count` requests from concurrent clients, each on one connection. */
async function measure(title, count, url, body = () => undefined) {
  const all = [];
  const begin = performance.now();
  const client = async (first) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let number = first; number < count; number += CLIENTS) {
      all.push(await send(url, body(number), agent));
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, first) => client(first)));
  times(title, all, ((count * 1000) / (performance.now() - begin)).toFixed(0));
}

row("Size", "bytes", "brotli 11");
const web = join(artifacts, "web");
const ending = (end) => join(web, readdirSync(web).find((name) => name.endsWith(end)));
size("worker, project-init.wasm", join(artifacts, "project-init.wasm"), true);
size("page, WebAssembly", ending(".wasm"), true);
size("page, JavaScript", ending(".js"), true);
size("page, index.html", join(web, "index.html"), true);
size("worker, compiled ahead of time", join(artifacts, "project-init.cwasm"), false);
size("podslate", program, false);

console.log();
row("Time", "median", "p99", "per second");
const starts = [];
for (let number = 0; number < STARTS; number++) {
  const begin = performance.now();
  const { server, address } = await start();
  await send(`${address}health`);
  starts.push(performance.now() - begin);
  await stop(server);
}
times("start to first response", starts);
const commands = [];
for (let number = 0; number < COMMANDS; number++) {
  const begin = performance.now();
  const command = ["new", `Command${number}`, "--workspace", workspace];
  if (spawnSync(program, command).status !== 0) throw new Error("`podslate new` failed.");
  commands.push(performance.now() - begin);
}
times("podslate new, whole process", commands);

const { server, address } = await start();
const projects = `${address}api/projects`;
const name = (number) => JSON.stringify({ project_name: `Project${number}` });
await measure("create, 8 clients", PROJECTS, `${projects}/create`, name);
await measure("names of 2,000, 8 clients", LISTS, `${projects}/list`);
await measure("all of 2,000, 8 clients", LISTS, projects);
await measure("100 of 2,000, 8 clients", LISTS, `${projects}?limit=100`);
await stop(server);
rmSync(scratch, { recursive: true, force: true });
