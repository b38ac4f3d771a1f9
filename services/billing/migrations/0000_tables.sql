CREATE SCHEMA IF NOT EXISTS "billing";
--> statement-breakpoint
CREATE TABLE "billing"."checkouts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"product_id" text NOT NULL,
	"provider" text NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"superseded" boolean DEFAULT false NOT NULL,
	"provider_ref" text,
	"redirect_url" text,
	"created_at" timestamp with time zone NOT NULL,
	"paid_at" timestamp with time zone,
	"reconcile_at" timestamp with time zone,
	CONSTRAINT "checkouts_amount" CHECK (amount > 0)
);
--> statement-breakpoint
CREATE TABLE "billing"."entitlements" (
	"member_id" uuid PRIMARY KEY NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"tier" text DEFAULT 'free' NOT NULL,
	"valid_until" timestamp with time zone,
	"boosts" integer DEFAULT 0 NOT NULL,
	"superlikes" integer DEFAULT 0 NOT NULL,
	"changes_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "billing"."grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"consumable" text NOT NULL,
	"quantity" integer NOT NULL,
	"remaining" integer NOT NULL,
	"granted_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "grants_remaining" CHECK (remaining BETWEEN 0 AND quantity)
);
--> statement-breakpoint
CREATE TABLE "billing"."idempotency_keys" (
	"member_id" uuid NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"checkout_id" uuid NOT NULL,
	"answer" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_member_id_key_pk" PRIMARY KEY("member_id","key")
);
--> statement-breakpoint
CREATE TABLE "billing"."inbox" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"handled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_entries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "billing"."ledger_entries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transaction_id" uuid NOT NULL,
	"account" text NOT NULL,
	"unit" text NOT NULL,
	"amount" bigint NOT NULL,
	"grant_id" uuid,
	CONSTRAINT "ledger_entries_grant" CHECK ((account = 'member') = (grant_id IS NOT NULL))
);
--> statement-breakpoint
CREATE TABLE "billing"."ledger_transactions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"member_id" uuid NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	CONSTRAINT "ledger_transactions_once" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "billing"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "billing"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
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
CREATE TABLE "billing"."parked" (
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
CREATE TABLE "billing"."rebuilds" (
	"consumer" text PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"after_id" bigint,
	"upto_id" bigint,
	"handled" integer DEFAULT 0 NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "billing"."spends" (
	"member_id" uuid NOT NULL,
	"key" uuid NOT NULL,
	"status" text NOT NULL,
	"consumable" text,
	"grant_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "spends_member_id_key_pk" PRIMARY KEY("member_id","key"),
	CONSTRAINT "spends_grant" CHECK ((status = 'void') = (grant_id IS NULL))
);
--> statement-breakpoint
CREATE TABLE "billing"."subscriptions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"member_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"provider_ref" text NOT NULL,
	"product_id" text NOT NULL,
	"tier" text NOT NULL,
	"status" text NOT NULL,
	"cancel_at_period_end" boolean NOT NULL,
	"period_starts_at" timestamp with time zone NOT NULL,
	"period_ends_at" timestamp with time zone NOT NULL,
	"paid_until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"reconcile_at" timestamp with time zone,
	CONSTRAINT "subscriptions_of_provider" UNIQUE("provider","provider_ref")
);
--> statement-breakpoint
CREATE TABLE "billing"."webhook_events" (
	"provider" text NOT NULL,
	"event_id" text NOT NULL,
	"checkout_id" uuid,
	"subscription_ref" text,
	"request_id" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	CONSTRAINT "webhook_events_provider_event_id_pk" PRIMARY KEY("provider","event_id")
);
--> statement-breakpoint
CREATE TABLE "billing"."sandbox_checkouts" (
	"ref" text PRIMARY KEY NOT NULL,
	"merchant_ref" uuid NOT NULL,
	"token" text NOT NULL,
	"description" text NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"recurring" boolean NOT NULL,
	"status" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"subscription_ref" text,
	CONSTRAINT "sandbox_checkouts_merchant" UNIQUE("merchant_ref"),
	CONSTRAINT "sandbox_checkouts_token" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "billing"."sandbox_deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"body" text NOT NULL,
	"request_id" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "billing"."sandbox_payments" (
	"ref" text PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"paid_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."sandbox_subscriptions" (
	"ref" text PRIMARY KEY NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"period_starts_at" timestamp with time zone NOT NULL,
	"period_ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "billing"."idempotency_keys" ADD CONSTRAINT "idempotency_keys_checkout_id_checkouts_id_fk" FOREIGN KEY ("checkout_id") REFERENCES "billing"."checkouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."ledger_entries" ADD CONSTRAINT "ledger_entries_transaction_id_ledger_transactions_id_fk" FOREIGN KEY ("transaction_id") REFERENCES "billing"."ledger_transactions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."ledger_entries" ADD CONSTRAINT "ledger_entries_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "billing"."grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."spends" ADD CONSTRAINT "spends_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "billing"."grants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checkouts_unfinished" ON "billing"."checkouts" USING btree ("member_id") WHERE status IN ('creating', 'open');--> statement-breakpoint
CREATE INDEX "checkouts_reconcile" ON "billing"."checkouts" USING btree ("reconcile_at") WHERE reconcile_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "entitlements_changing" ON "billing"."entitlements" USING btree ("changes_at") WHERE changes_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "grants_left" ON "billing"."grants" USING btree ("member_id","consumable","expires_at") WHERE remaining > 0;--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "billing"."idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "ledger_entries_of_transaction" ON "billing"."ledger_entries" USING btree ("transaction_id");--> statement-breakpoint
CREATE INDEX "ledger_entries_of_grant" ON "billing"."ledger_entries" USING btree ("grant_id") WHERE grant_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "ledger_transactions_of_member" ON "billing"."ledger_transactions" USING btree ("member_id","id");--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "billing"."outbox" USING btree ("id") WHERE published_at IS NULL;--> statement-breakpoint
CREATE INDEX "parked_by_aggregate" ON "billing"."parked" USING btree ("consumer","aggregate_id","position");--> statement-breakpoint
CREATE INDEX "subscriptions_active" ON "billing"."subscriptions" USING btree ("member_id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "subscriptions_reconcile" ON "billing"."subscriptions" USING btree ("reconcile_at") WHERE reconcile_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_events_waiting" ON "billing"."webhook_events" USING btree ("next_attempt_at") WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sandbox_deliveries_waiting" ON "billing"."sandbox_deliveries" USING btree ("next_attempt_at") WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sandbox_payments_subject" ON "billing"."sandbox_payments" USING btree ("subject","paid_at");--> statement-breakpoint
CREATE INDEX "sandbox_subscriptions_due" ON "billing"."sandbox_subscriptions" USING btree ("period_ends_at") WHERE status = 'active';