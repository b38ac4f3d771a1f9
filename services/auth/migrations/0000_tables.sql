CREATE SCHEMA IF NOT EXISTS "auth";
--> statement-breakpoint
CREATE TABLE "auth"."accounts" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"password_hash" text NOT NULL,
	"birth_date" date NOT NULL,
	"locale" text NOT NULL,
	"accepted_terms_version" text NOT NULL,
	"status" text NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"roles" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"erases_at" timestamp with time zone,
	CONSTRAINT "accounts_email" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "auth"."inbox" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"handled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"request_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auth"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
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
CREATE TABLE "auth"."parked" (
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
CREATE TABLE "auth"."password_resets" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "password_resets_token" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "auth"."rebuilds" (
	"consumer" text PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"after_id" bigint,
	"upto_id" bigint,
	"handled" integer DEFAULT 0 NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"device_name" text,
	"seed" text NOT NULL,
	"generation" integer NOT NULL,
	"rotated_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"sealed_private_key" text NOT NULL,
	"x" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."signups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"password_hash" text NOT NULL,
	"birth_date" date NOT NULL,
	"locale" text NOT NULL,
	"accepted_terms_version" text NOT NULL,
	"code_hash" text NOT NULL,
	"tries_left" smallint NOT NULL,
	"codes_sent" smallint NOT NULL,
	"code_sent_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."password_resets" ADD CONSTRAINT "password_resets_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."signups" ADD CONSTRAINT "signups_member_id_accounts_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "auth"."accounts"("member_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_erasing" ON "auth"."accounts" USING btree ("erases_at") WHERE erases_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "accounts_unverified" ON "auth"."accounts" USING btree ("created_at") WHERE status = 'unverified';--> statement-breakpoint
CREATE INDEX "letters_waiting" ON "auth"."letters" USING btree ("next_attempt_at");--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "auth"."outbox" USING btree ("id") WHERE published_at IS NULL;--> statement-breakpoint
CREATE INDEX "parked_by_aggregate" ON "auth"."parked" USING btree ("consumer","aggregate_id","position");--> statement-breakpoint
CREATE INDEX "sessions_of_member" ON "auth"."sessions" USING btree ("member_id","rotated_at") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "sessions_age" ON "auth"."sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "signups_of_member" ON "auth"."signups" USING btree ("member_id","created_at");--> statement-breakpoint
CREATE INDEX "signups_age" ON "auth"."signups" USING btree ("created_at");