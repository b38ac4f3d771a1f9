CREATE TABLE "auth"."canaries" (
	"service" text PRIMARY KEY NOT NULL,
	"weight" smallint NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"changed_by" text NOT NULL,
	"reason" text
);
