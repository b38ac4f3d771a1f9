-- The double entry rule, where no code can forget it: at commit, the entries of each transaction that was touched sum
-- to zero in each unit, and there are at least two of them.
CREATE FUNCTION "billing"."assert_transaction_balances"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
  IF (SELECT count(*) FROM "billing"."ledger_entries" WHERE "transaction_id" = touched) < 2
    OR EXISTS (
      SELECT FROM "billing"."ledger_entries" WHERE "transaction_id" = touched
      GROUP BY "unit" HAVING sum("amount") <> 0
    )
  THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', touched
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transactions_balance';
  END IF;
  RETURN NULL;
END;
$$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "ledger_transactions_balance" AFTER INSERT ON "billing"."ledger_transactions"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "billing"."assert_transaction_balances"('id');
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "ledger_entries_balance" AFTER INSERT ON "billing"."ledger_entries"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION "billing"."assert_transaction_balances"('transaction_id');
--> statement-breakpoint
-- What is in the journal stays there as it is: mistakes are corrected by further transactions.
CREATE FUNCTION "billing"."refuse_ledger_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'check_violation';
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "ledger_transactions_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "billing"."ledger_transactions"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing"."refuse_ledger_change"();
--> statement-breakpoint
CREATE TRIGGER "ledger_entries_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "billing"."ledger_entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "billing"."refuse_ledger_change"();
