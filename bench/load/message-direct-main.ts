/** The row of a message, with its place in the conversation, written straight to Postgres: one statement, one commit. */
import { randomUUIDv7 } from "node:crypto";
import pg from "pg";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measureAll } from "./measure.ts";

const { shapes, databaseUrl, poolSize, conversations, text } = await readInput<{
  shapes: LoadShape[];
  databaseUrl: string;
  poolSize: number;
  conversations: { id: string; senderId: string }[];
  text: string;
}>();
const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
const write = {
  name: "message",
  text: `
    WITH conversation AS (
      UPDATE bench.conversations SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq
    )
    INSERT INTO bench.messages (conversation_id, seq, id, sender_id, client_message_id, type, body, created_at)
    SELECT $1, last_seq, $2, $3, $4, 'text', $5, now() FROM conversation`,
};

answerWith(
  await measureAll(shapes, async (worker) => {
    const conversation = conversations[worker % conversations.length];
    if (!conversation) throw new Error("there is a conversation for each worker");
    const { id, senderId } = conversation;
    await pool.query(write, [id, randomUUIDv7(), senderId, randomUUIDv7(), text]);
  }),
);
