CREATE TABLE "auth"."audit_pending" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auth"."audit_pending_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor" text,
	"subject" text,
	"session" text,
	"network" text,
	"request_id" text NOT NULL,
	"details" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_trail" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor" text,
	"subject" text,
	"session" text,
	"network" text,
	"request_id" text NOT NULL,
	"details" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"digest" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_trail_subject" ON "auth"."audit_trail" USING btree ("subject","seq");--> statement-breakpoint
CREATE INDEX "audit_trail_actor" ON "auth"."audit_trail" USING btree ("actor","seq");--> statement-breakpoint
CREATE FUNCTION "auth"."refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the audit trail is only appended to' USING ERRCODE = 'insufficient_privilege';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_trail_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "auth"."audit_trail" FOR EACH STATEMENT EXECUTE FUNCTION "auth"."refuse_audit_change"();--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON "auth"."audit_trail" FROM CURRENT_USER;
