import { getTableColumns, getTableName, is, type SQL } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { busCustody, type BusTable } from "./bus-custody.ts";

export type ColumnOf<T extends PgTable> = keyof T["_"]["columns"] & string;

/** Which rows are a member's. */
type Rows = (memberId: string) => SQL | undefined;

/** What a row gets in the place of whom it named: the same pseudonym in all tables, and nobody knows whose it was. */
type Context = { memberId: string; pseudonym: string };

/** Deletes rows; or, with `set`, takes from them what says whose they were. */
export type Erasing<T extends PgTable> = {
  rows: Rows;
  set?: (context: Context) => { readonly [K in ColumnOf<T>]?: unknown };
};

export type TableCustody<T extends PgTable> = {
  /** What of it goes into the archive of a member, if anything does. */
  section?: { name: string; title: string; rows: Rows };
  /** The columns that go there, under these names. */
  exported: readonly ColumnOf<T>[];
  /** Those that don't, each with the reason. */
  withheld: { readonly [K in ColumnOf<T>]?: string };
  /** What happens when a member is erased, in this order. */
  erased: readonly Erasing<T>[];
  /** Columns that stay as they are in rows that are not deleted, each with the reason. */
  kept?: { readonly [K in ColumnOf<T>]?: string };
};

type TableKeyOf<S> = { [K in keyof S]: S[K] extends PgTable ? K : never }[keyof S];

/** Of every table but those of the bus. */
export type Declaration<S> = {
  readonly [K in Exclude<TableKeyOf<S>, BusTable>]: TableCustody<Extract<S[K], PgTable>>;
};

/** One table with what was declared of it. */
export type Entry = {
  /** In the database, as are its columns. */
  name: string;
  columns: string[];
  table: PgTable;
  custody: TableCustody<PgTable>;
};

/** In the order of the declaration, in which an erasure goes too: rows by which others are found come after these. */
export type Custody = { entries: readonly Entry[] };

/** Throws what is missing: whoever adds a column says what it is, or the service does not start. */
export function declareCustody<S extends Record<string, unknown>>(
  schema: S,
  declaration: NoInfer<Declaration<S>>,
): Custody {
  const faults = faultsOfCustody(schema, declaration);
  if (faults.length > 0) throw new Error(`custody is not declared of everything:\n${faults.join("\n")}`);
  const all: Record<string, unknown> = { ...declaration, ...busCustody };
  const entries = Object.entries(all).flatMap(([key, custody]) => {
    const table = schema[key];
    return is(table, PgTable)
      ? [
          {
            name: getTableName(table),
            columns: Object.values(getTableColumns(table)).map((column) => column.name),
            table,
            custody: custody as TableCustody<PgTable>,
          },
        ]
      : [];
  });
  return { entries };
}

/** What a declaration leaves open, in words. Takes a schema as it is at run time: types can be got around. */
export function faultsOfCustody(schema: Record<string, unknown>, declaration: object): string[] {
  const declared: Record<string, TableCustody<PgTable> | undefined> = { ...declaration, ...busCustody };
  const tables = Object.entries(schema).filter((entry): entry is [string, PgTable] => is(entry[1], PgTable));
  const known = new Set(tables.map(([key]) => key));
  const strangers = Object.keys(declaration).filter((key) => !known.has(key));
  return [
    ...strangers.map((key) => `${key}: there is no such table`),
    ...tables.flatMap(([key, table]) => {
      const custody = declared[key];
      if (!custody) return [`${key}: nothing is said of this table`];
      return faultsOfTable(Object.keys(getTableColumns(table)), custody).map((fault) => `${key}.${fault}`);
    }),
  ];
}

function faultsOfTable(columns: string[], custody: TableCustody<PgTable>): string[] {
  const { section, exported, erased } = custody;
  const withheld: Record<string, string | undefined> = custody.withheld;
  const kept: Record<string, string | undefined> = custody.kept ?? {};
  const given: readonly string[] = exported;
  const named = [...given, ...Object.keys(withheld), ...Object.keys(kept)];
  const rewritings = erased.flatMap(({ set }) => (set ? [Object.keys(set(nobody))] : []));
  const isEmptied = erased.some(({ set }) => set === undefined) && rewritings.length === 0;
  return [
    ...named.filter((column) => !columns.includes(column)).map((column) => `${column}: is no column`),
    ...columns.flatMap((column) => {
      const faults: string[] = [];
      if (!given.includes(column) && !withheld[column])
        faults.push(`${column}: is in no archive, and there is no reason`);
      if (given.includes(column) && !section) faults.push(`${column}: is to be given out, but in no section`);
      const isRewritten = rewritings.length > 0 && rewritings.every((keys) => keys.includes(column));
      if (!isEmptied && !isRewritten && !kept[column])
        faults.push(`${column}: outlives an erasure, and there is no reason`);
      return faults;
    }),
  ];
}

/** To learn which columns a rewriting is about. */
const nobody: Context = {
  memberId: "00000000-0000-0000-0000-000000000000",
  pseudonym: "00000000-0000-0000-0000-000000000000",
};
