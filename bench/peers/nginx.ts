import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort } from "@kismet/dev";
import type { Cleanup } from "../system/cleanup.ts";
import { type Spawned, spawnProcess } from "../system/spawn-process.ts";

export function findNginx(): { path: string; version: string } | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const path = [...folders, "/usr/sbin"].map((folder) => join(folder, "nginx")).find(isExecutable);
  if (path === undefined) return undefined;
  const said = execFileSync("sh", ["-c", '"$0" -v 2>&1', path], { encoding: "utf8" });
  return { path, version: /nginx\/([\d.]+)/.exec(said)?.[1] ?? "unknown" };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One worker, since a service is one process too; it writes an access log, and keeps its connections. */
export async function startNginx(
  nginx: string,
  upstream: string,
  context: { folder: string; cleanup: Cleanup },
): Promise<Spawned> {
  const port = await freePort();
  const folder = join(context.folder, "nginx");
  mkdirSync(folder, { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path "${join(folder, name)}";`,
  );
  const configuration = [
    process.getuid?.() === 0 ? "user root;" : "",
    `daemon off; worker_processes 1; pid "${join(folder, "pid")}"; error_log "${join(folder, "error.log")}";`,
    "events { worker_connections 1024; }",
    `http { access_log "${join(folder, "access.log")}"; keepalive_requests 1000000000; ${temporary.join(" ")}`,
    `upstream service { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000000; }`,
    `server { listen 127.0.0.1:${port}; location / { proxy_pass http://service; proxy_http_version 1.1;`,
    `proxy_set_header Connection ""; } } }`,
    "",
  ];
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration.join("\n"));
  const url = `http://127.0.0.1:${port}`;
  return spawnProcess({
    name: "nginx",
    command: nginx,
    args: ["-c", file, "-e", join(folder, "error.log")],
    url,
    readyUrl: url,
    ...context,
  });
}
