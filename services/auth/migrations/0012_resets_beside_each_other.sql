-- A version from before asks for a conflict on the member, and so makes no reset any more: its letter stays, and is carried by a new one.
ALTER TABLE "auth"."password_resets" DROP CONSTRAINT "password_resets_pkey";--> statement-breakpoint
ALTER TABLE "auth"."password_resets" DROP CONSTRAINT "password_resets_token";--> statement-breakpoint
ALTER TABLE "auth"."password_resets" ADD PRIMARY KEY ("token_hash");--> statement-breakpoint
ALTER TABLE "auth"."password_resets" ADD COLUMN "familiar" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "password_resets_of_member" ON "auth"."password_resets" USING btree ("member_id","created_at");
