import { fileURLToPath } from "node:url";

/** Where fetched programs are kept for all state folders of this checkout. */
export const defaultToolsDir = fileURLToPath(new URL("../../../../.kismet/tools", import.meta.url));
