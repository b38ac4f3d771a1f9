CREATE SCHEMA IF NOT EXISTS "profile";
--> statement-breakpoint
CREATE TABLE "profile"."accounts" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "profile"."blocks" (
	"blocker_id" uuid NOT NULL,
	"blocked_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"active" boolean NOT NULL,
	"id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "blocks_blocker_id_blocked_id_pk" PRIMARY KEY("blocker_id","blocked_id"),
	CONSTRAINT "blocks_not_oneself" CHECK (blocker_id <> blocked_id)
);
--> statement-breakpoint
CREATE TABLE "profile"."inbox" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"handled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "profile"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "profile"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"aggregate_id" text NOT NULL,
	"payload" jsonb NOT NULL,
	"request_id" text NOT NULL,
	"traceparent" text NOT NULL,
	"cause" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"published_at" timestamp with time zone,
	"stream" text,
	"stream_seq" bigint
);
--> statement-breakpoint
CREATE TABLE "profile"."parked" (
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
CREATE TABLE "profile"."profiles" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"first_name" text NOT NULL,
	"birth_date" date NOT NULL,
	"gender" text NOT NULL,
	"bio" text,
	"interests" text[] NOT NULL,
	"relationship_goal" text,
	"job" text,
	"school" text,
	"height_cm" smallint,
	"orientation" text,
	"prompts" jsonb NOT NULL,
	"children" text,
	"smoking" text,
	"drinking" text,
	"religion" text,
	"languages" text[] NOT NULL,
	"hidden" text[] NOT NULL,
	"preferences" jsonb NOT NULL,
	"cell" text,
	"time_zone" text NOT NULL,
	"moves" integer DEFAULT 0 NOT NULL,
	"moves_reset_at" timestamp with time zone,
	"far_moved_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "profile"."rebuilds" (
	"consumer" text PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"after_id" bigint,
	"upto_id" bigint,
	"handled" integer DEFAULT 0 NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "blocks_of_blocker" ON "profile"."blocks" USING btree ("blocker_id","id" DESC NULLS LAST) WHERE active;--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "profile"."outbox" USING btree ("id") WHERE published_at IS NULL;--> statement-breakpoint
CREATE INDEX "parked_by_aggregate" ON "profile"."parked" USING btree ("consumer","aggregate_id","position");