import {
  maxAffiliationLength,
  maxBioLength,
  maxFirstNameLength,
  maxPromptAnswerLength,
  type ProfilePatch,
  type ProfileRequest,
  type Prompt,
} from "@kismet/contracts";
import { lengthOf, normaliseText, ValidationFailed } from "@kismet/service-kit";
import type { ProfileRow } from "./profile-repository.ts";

/** What a member states, in the form in which it is kept. */
export type Fields = Pick<ProfileRow, keyof ProfileRequest>;

const empty: Omit<Fields, "firstName" | "gender"> = {
  bio: null,
  interests: [],
  relationshipGoal: null,
  job: null,
  school: null,
  heightCm: null,
  orientation: null,
  prompts: [],
  children: null,
  smoking: null,
  drinking: null,
  religion: null,
  languages: [],
  hidden: [],
};

/** A full replacement: what the request leaves out becomes empty. */
export function decideReplacement(request: ProfileRequest): Fields {
  return { ...empty, ...request, ...texts(request), firstName: firstNameOf(request.firstName) };
}

/** Only what the patch names; null becomes empty. */
export function decideMerge(patch: ProfilePatch): Partial<Fields> {
  const { firstName, gender, ...optional } = patch;
  const merged = Object.entries(optional).map(([key, value]) => [
    key,
    value ?? empty[key as keyof typeof empty],
  ]);
  return {
    ...Object.fromEntries(merged),
    ...texts(patch),
    ...(gender === undefined ? {} : { gender }),
    ...(firstName === undefined ? {} : { firstName: firstNameOf(firstName) }),
  };
}

/** The free texts among the fields named; a blank one is none. */
function texts({ bio, job, school, prompts }: ProfilePatch): Partial<Fields> {
  return {
    ...(bio == null ? {} : { bio: textOf(bio, "bio", maxBioLength, { multiline: true }) }),
    ...(job == null ? {} : { job: textOf(job, "job", maxAffiliationLength) }),
    ...(school == null ? {} : { school: textOf(school, "school", maxAffiliationLength) }),
    ...(prompts == null ? {} : { prompts: promptsOf(prompts) }),
  };
}

function textOf(text: string, path: string, maxLength: number, options = {}): string | null {
  const clean = normaliseText(text, options);
  // Composing characters can lengthen a text beyond what the schema has let through.
  if (lengthOf(clean) > maxLength) throw refused(path, `must not have more than ${maxLength} characters`);
  return clean === "" ? null : clean;
}

function firstNameOf(text: string): string {
  const name = textOf(text, "firstName", maxFirstNameLength);
  if (name === null || !/\p{L}/u.test(name)) throw refused("firstName", "must have a letter");
  return name;
}

function promptsOf(prompts: Prompt[]): Prompt[] {
  if (new Set(prompts.map(({ promptId }) => promptId)).size < prompts.length) {
    throw refused("prompts", "must not answer a prompt twice");
  }
  return prompts.map(({ promptId, answer }, i) => {
    const path = `prompts/${i}/answer`;
    const clean = textOf(answer, path, maxPromptAnswerLength);
    if (clean === null) throw refused(path, "must not be blank");
    return { promptId, answer: clean };
  });
}

function refused(path: string, message: string): ValidationFailed {
  return new ValidationFailed("The profile has a field that can't be accepted.", [
    { path: `body/${path}`, message },
  ]);
}
