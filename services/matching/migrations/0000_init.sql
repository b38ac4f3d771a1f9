CREATE SCHEMA IF NOT EXISTS "matching";
--> statement-breakpoint
CREATE TABLE "matching"."blocks" (
	"blocker_id" uuid NOT NULL,
	"blocked_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"active" boolean NOT NULL,
	CONSTRAINT "blocks_blocker_id_blocked_id_pk" PRIMARY KEY("blocker_id","blocked_id")
);
--> statement-breakpoint
CREATE TABLE "matching"."candidates" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"account_status" text,
	"account_version" integer DEFAULT 0 NOT NULL,
	"profile_version" integer DEFAULT 0 NOT NULL,
	"first_name" text,
	"birth_date" date,
	"gender" text,
	"bio" text,
	"interests" text[],
	"relationship_goal" text,
	"job" text,
	"school" text,
	"height_cm" smallint,
	"attributes" jsonb,
	"show_me" text[],
	"seeking" text,
	"min_age" smallint,
	"max_age" smallint,
	"deal_breakers" jsonb,
	"max_distance_km" smallint,
	"reach" double precision,
	"cell" text,
	"local_cell" text,
	"near_cell" text,
	"region_cell" text,
	"x" double precision,
	"y" double precision,
	"z" double precision,
	"time_zone" text,
	"fresh_at" timestamp with time zone,
	"visible" boolean GENERATED ALWAYS AS (coalesce(account_status = 'active' AND cell IS NOT NULL, false)) STORED NOT NULL
);
--> statement-breakpoint
CREATE TABLE "matching"."entitlements" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"unlimited_likes" boolean NOT NULL,
	"see_likes" boolean NOT NULL,
	"superlikes" integer NOT NULL,
	"valid_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "matching"."inbox" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"handled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "matching"."matches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"low_id" uuid NOT NULL,
	"high_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"end_reason" text,
	CONSTRAINT "matches_ordered" CHECK (low_id < high_id)
);
--> statement-breakpoint
CREATE TABLE "matching"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "matching"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
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
CREATE TABLE "matching"."superlike_intents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"target_id" uuid NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "matching"."swipers" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"likes_used" integer NOT NULL,
	"window_ends_at" timestamp with time zone NOT NULL,
	"last_target_id" uuid,
	"last_counted" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "matching"."swipes" (
	"actor_id" uuid NOT NULL,
	"target_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"action" text NOT NULL,
	"note" text,
	"answer" jsonb NOT NULL,
	"swiped_at" timestamp with time zone NOT NULL,
	CONSTRAINT "swipes_actor_id_target_id_pk" PRIMARY KEY("actor_id","target_id"),
	CONSTRAINT "swipes_not_oneself" CHECK (actor_id <> target_id)
);
--> statement-breakpoint
CREATE INDEX "blocks_of_blocked" ON "matching"."blocks" USING btree ("blocked_id","blocker_id");--> statement-breakpoint
CREATE INDEX "candidates_local" ON "matching"."candidates" USING btree ("local_cell","seeking","fresh_at") WHERE visible;--> statement-breakpoint
CREATE INDEX "candidates_near" ON "matching"."candidates" USING btree ("near_cell","seeking","fresh_at") WHERE visible;--> statement-breakpoint
CREATE INDEX "candidates_region" ON "matching"."candidates" USING btree ("region_cell","seeking","fresh_at") WHERE visible;--> statement-breakpoint
CREATE INDEX "candidates_world" ON "matching"."candidates" USING btree ("seeking","fresh_at") WHERE visible;--> statement-breakpoint
CREATE UNIQUE INDEX "matches_live_pair" ON "matching"."matches" USING btree ("low_id","high_id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "matches_of_low" ON "matching"."matches" USING btree ("low_id","id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "matches_of_high" ON "matching"."matches" USING btree ("high_id","id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "matching"."outbox" USING btree ("id") WHERE published_at IS NULL;--> statement-breakpoint
CREATE INDEX "parked_by_aggregate" ON "matching"."parked" USING btree ("consumer","aggregate_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "superlike_intents_open_pair" ON "matching"."superlike_intents" USING btree ("member_id","target_id") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "superlike_intents_unsettled" ON "matching"."superlike_intents" USING btree ("created_at") WHERE status IN ('open', 'refunding');--> statement-breakpoint
CREATE INDEX "swipes_likes_received" ON "matching"."swipes" USING btree ("target_id","id") WHERE action <> 'pass';