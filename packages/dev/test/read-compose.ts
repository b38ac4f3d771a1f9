import { readFileSync } from "node:fs";
import { parsers } from "prettier/plugins/yaml";

export type ComposeService = {
  image?: string;
  build?: { dockerfile: string; args: Record<string, string> };
  command?: string[];
  environment?: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  tmpfs?: string[];
  read_only?: string;
  cap_drop?: string[];
  security_opt?: string[];
  restart?: string;
  stop_grace_period?: string;
  user?: string;
  healthcheck?: { test?: string[]; disable?: string };
};

type Node = {
  type: string;
  value?: string;
  anchor?: { value: string } | null;
  children?: (Node | null)[];
};
type Value = string | null | Value[] | { [key: string]: Value };

/**
 * The services of a compose file as Docker would see them in a shell without variables: anchors and merges resolved,
 * `${NAME:-default}` replaced. The only parser of YAML among what is installed is prettier's; scalars stay text.
 */
export async function readCompose(file: string): Promise<Record<string, ComposeService>> {
  const text = readFileSync(file, "utf8").replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
  const root = (await parsers.yaml.parse(text, {} as never)) as Node;
  const { services } = valueOf(root, new Map()) as { services: Record<string, ComposeService> };
  return services;
}

function valueOf(node: Node | null | undefined, anchors: Map<string, Value>): Value {
  if (!node) return null;
  const value = plainValueOf(node, anchors);
  if (node.anchor) anchors.set(node.anchor.value, value);
  return value;
}

function plainValueOf({ type, value = "", children = [] }: Node, anchors: Map<string, Value>): Value {
  switch (type) {
    case "mapping":
    case "flowMapping":
      return mappingOf(children, anchors);
    case "sequence":
    case "flowSequence":
      return children.map((child) => valueOf(child, anchors));
    case "alias": {
      const known = anchors.get(value);
      if (known === undefined) throw new Error(`nothing is anchored as ${value}`);
      return known;
    }
    case "plain":
    case "quoteDouble":
    case "quoteSingle":
      return value;
    case "root":
    case "document":
    case "documentBody":
    case "sequenceItem":
    case "flowSequenceItem":
    case "mappingKey":
    case "mappingValue":
      return valueOf(children.at(-1), anchors);
    default:
      throw new Error(`this reader knows no ${type}`);
  }
}

/** Own keys win over merged ones, wherever they stand. */
function mappingOf(items: (Node | null)[], anchors: Map<string, Value>): Value {
  const own: Record<string, Value> = {};
  const merged: Record<string, Value> = {};
  for (const item of items) {
    const [key, value] = (item?.children ?? []).map((part) => valueOf(part, anchors));
    if (key === "<<") Object.assign(merged, ...[value].flat());
    else own[String(key)] = value ?? null;
  }
  return { ...merged, ...own };
}
