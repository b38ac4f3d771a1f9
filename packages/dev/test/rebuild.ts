import { connect } from "@nats-io/transport-node";
import { until } from "./launched.ts";

/** Has a service empty and refill what these consumers project, as the operations command does; waits for the end. */
export async function rebuild(natsUrl: string, service: string, consumers: string[]): Promise<void> {
  const { host, username, password } = new URL(natsUrl);
  const nats = await connect({ servers: host, user: username, pass: decodeURIComponent(password) });
  const ask = async (verb: string, consumer: string) => {
    const answer = await nats.request(`${service}.v1.projection.${verb}`, JSON.stringify({ consumer }));
    return answer.json<{ finishedAt: string | null; afterId: number; uptoId: number }>();
  };
  for (const consumer of consumers) {
    await ask("rebuild", consumer);
    await until(async () => {
      const progress = await ask("progress", consumer);
      if (!progress.finishedAt) throw new Error(`${consumer}: ${progress.afterId} of ${progress.uptoId}`);
    }, 30_000);
  }
  await nats.close();
}
