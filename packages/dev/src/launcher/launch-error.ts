/** Something that the person at the terminal can act on: told as one sentence, without a stack. */
export class LaunchError extends Error {}

const noSpace = /no space left on device|ENOSPC/i;
const notWritable = /permission denied|read-only file system|EACCES|EPERM|EROFS|ENOTDIR|EEXIST/i;

/** A sentence about what went wrong with the state folder, if that is what went wrong. */
export function explain(error: unknown, folder: string): LaunchError | undefined {
  if (error instanceof LaunchError) return error;
  const { message = "", code = "" } = error as NodeJS.ErrnoException;
  const text = `${code} ${message}`;
  if (noSpace.test(text)) return new LaunchError(`The disk that holds ${folder} is full.`);
  if (notWritable.test(text) && text.includes(folder)) {
    return new LaunchError(`${folder} can't be written to: ${message}`);
  }
  return undefined;
}
