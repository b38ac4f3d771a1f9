import { Readable } from "node:stream";
import type { Bus } from "@kismet/bus";
import {
  describeExport,
  type DomainService,
  domainServices,
  type ExportManifest,
  type ExportSection,
  readExport,
} from "@kismet/contracts";
import { requireContext, runWithContext } from "@kismet/service-kit";
import { ZipFile } from "yazl";

type File = { path: string; service: DomainService; section: ExportSection; count: number };

/**
 * Everything that the services keep of a member, as a ZIP that is made while it is read: a file for each section, each a
 * JSON array, and `manifest.json`, which says what is in it. One page of one section is in memory at a time.
 */
export async function* collectArchive(bus: Bus, memberId: string, createdAt: Date): AsyncGenerator<Buffer> {
  const files = await listFiles(bus);
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  // It knows of errors of what it reads, but lets who reads it wait for ever.
  zip.on("error", (error: Error) => output.destroy(error));
  const add = (path: string, content: () => AsyncIterable<string>) =>
    zip.addReadStreamLazy(path, { mtime: createdAt }, (give) =>
      give(null, Readable.from(content(), { objectMode: false })),
    );
  // Streams call back from anywhere: the request that the pages belong to is given to them by hand.
  const context = requireContext();
  for (const file of files) add(file.path, () => rowsOf(bus, memberId, file, context));
  add("manifest.json", async function* () {
    yield `${JSON.stringify(manifestOf(files, memberId, createdAt), null, 2)}\n`;
  });
  zip.end();
  yield* output as AsyncIterable<Buffer>;
}

async function listFiles(bus: Bus): Promise<File[]> {
  const described = await Promise.all(
    domainServices.map(async (service) => ({ service, ...(await bus.request(describeExport(service), {})) })),
  );
  return described.flatMap(({ service, sections }) =>
    sections.map((section) => ({ path: `${service}/${section.name}.json`, service, section, count: 0 })),
  );
}

async function* rowsOf(
  bus: Bus,
  memberId: string,
  file: File,
  context: ReturnType<typeof requireContext>,
): AsyncGenerator<string> {
  const read = (cursor: string | null) =>
    runWithContext(context, () =>
      bus.request(readExport(file.service), { memberId, section: file.section.name, cursor }),
    );
  yield "[";
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Awaited<ReturnType<typeof read>> = await read(cursor ?? null);
    if (page.count > 0) yield `${file.count > 0 ? "," : ""}\n${page.rows}`;
    file.count += page.count;
    cursor = page.cursor;
  }
  yield "\n]\n";
}

function manifestOf(files: File[], memberId: string, createdAt: Date): ExportManifest {
  return {
    format: "kismet-export",
    version: 1,
    memberId,
    createdAt: createdAt.toISOString(),
    files: files.map(({ path, service, section, count }) => ({
      ...{ path, service, title: section.title, count },
      fields: section.fields,
    })),
  };
}
