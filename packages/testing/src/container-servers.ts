import { GenericContainer, Wait } from "testcontainers";
import type { RunningServers } from "./embedded-servers.ts";
import { natsConfiguration, slotCount, volatilePostgres } from "./test-servers.ts";

const image = (name: string, usual: string) => process.env[`KISMET_TEST_${name}_IMAGE`] ?? usual;

/** The same servers in containers; which images, the environment may say. */
export async function startContainerServers(): Promise<RunningServers> {
  const [postgres, nats, redis] = await Promise.all([
    new GenericContainer(image("POSTGRES", "postgres:18"))
      .withEnvironment({
        POSTGRES_USER: "kismet_admin",
        POSTGRES_PASSWORD: "postgres",
        POSTGRES_DB: "postgres",
      })
      .withCommand([
        "postgres",
        ...Object.entries(volatilePostgres).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
      ])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forListeningPorts())
      .start(),
    new GenericContainer(image("NATS", "nats:2"))
      .withCopyContentToContainer([
        { content: natsConfiguration("/tmp/jetstream"), target: "/tmp/nats.conf" },
      ])
      .withCommand(["-c", "/tmp/nats.conf"])
      .withExposedPorts(4222)
      .start(),
    new GenericContainer(image("REDIS", "redis:7"))
      .withCommand(["redis-server", "--databases", String(slotCount), "--save", ""])
      .withExposedPorts(6379)
      .start(),
  ]);
  return {
    servers: {
      backend: "containers",
      postgresUrl: `postgres://kismet_admin:postgres@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`,
      natsAddress: `${nats.getHost()}:${nats.getMappedPort(4222)}`,
      redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
      pid: process.pid,
    },
    async stop() {
      await Promise.all([postgres.stop(), nats.stop(), redis.stop()]);
    },
  };
}
