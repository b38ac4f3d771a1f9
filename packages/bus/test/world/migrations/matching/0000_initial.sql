CREATE SCHEMA IF NOT EXISTS "matching";
--> statement-breakpoint
CREATE TABLE "matching"."accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "matching"."effects" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "matching"."effects_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "matching"."inbox" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"handled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "matching"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "matching"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"aggregate_id" text NOT NULL,
	"payload" jsonb NOT NULL,
	"about" uuid[] DEFAULT '{}'::uuid[] NOT NULL,
	"request_id" text NOT NULL,
	"traceparent" text NOT NULL,
	"cause" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"published_at" timestamp with time zone,
	"stream" text,
	"stream_seq" bigint
);
--> statement-breakpoint
CREATE TABLE "matching"."parked" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"subject" text NOT NULL,
	"aggregate_id" text NOT NULL,
	"payload" jsonb NOT NULL,
	"request_id" text NOT NULL,
	"traceparent" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"cause" text NOT NULL,
	"blocks" boolean NOT NULL,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "parked_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "matching"."rebuilds" (
	"consumer" text PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"after_id" bigint,
	"upto_id" bigint,
	"handled" integer DEFAULT 0 NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "matching"."tombstones" (
	"digest" text PRIMARY KEY NOT NULL,
	"erasure_id" uuid NOT NULL,
	"begun_at" timestamp with time zone DEFAULT now() NOT NULL,
	"receipt" jsonb
);
--> statement-breakpoint
CREATE INDEX "outbox_about" ON "matching"."outbox" USING gin ("about");--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "matching"."outbox" USING btree ("id") WHERE published_at IS NULL;--> statement-breakpoint
CREATE INDEX "parked_by_aggregate" ON "matching"."parked" USING btree ("consumer","aggregate_id","position");