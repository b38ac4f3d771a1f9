import type { FoundServer } from "./find-server.ts";
import { type ManagedProcess, type ProcessOptions, startProcess } from "./managed-process.ts";
import { loopback } from "./ports.ts";

/** Address and folder as the server itself sees them: in a container they differ from those outside. */
export type ServerRuntime = {
  host: string;
  port: number;
  dir: string;
  outside: { port: number; dataDir: string };
};

export function serverRuntime(
  server: FoundServer,
  { port, imagePort, dataDir }: { port: number; imagePort: number; dataDir: string },
): ServerRuntime {
  const outside = { port, dataDir };
  return server.kind === "docker"
    ? { host: "0.0.0.0", port: imagePort, dir: "/data", outside }
    : { host: loopback, port, dir: dataDir, outside };
}

export function startFoundServer(
  server: FoundServer,
  runtime: ServerRuntime,
  options: Omit<ProcessOptions, "command" | "env" | "container">,
): Promise<ManagedProcess> {
  if (server.kind === "program") {
    return startProcess({ ...options, command: server.path, env: server.env });
  }
  const { port, dataDir } = runtime.outside;
  const container = `kismet-${options.name}-${port}`;
  return startProcess({
    ...options,
    command: "docker",
    args: [
      ...["run", "--rm", "--name", container, "--publish", `${loopback}:${port}:${runtime.port}`],
      ...["--volume", `${dataDir}:${runtime.dir}`, server.image, ...options.args],
    ],
    container,
    // The image may have to be pulled.
    readyTimeoutMs: 180_000,
  });
}
