import type { Mail } from "./letter.ts";

/** The texts of mails, in one place. */

const countryNames = new Intl.DisplayNames("en", { type: "region" });
const minutes = (seconds: number) => `${Math.ceil(seconds / 60)} minutes`;

export function codeMail(to: string, code: string, validSeconds: number): Mail {
  return {
    to,
    subject: "Your Kismet code",
    text: [
      `Your code is ${code}`,
      "",
      `It is good for ${minutes(validSeconds)}. Nobody from Kismet will ever ask you for it.`,
      "If you did not sign up, somebody mistyped their address: you need not do anything.",
    ].join("\n"),
  };
}

export function knownAddressMail(to: string): Mail {
  return {
    to,
    subject: "You have a Kismet account already",
    text: [
      "Somebody, probably you, signed up with this address, which has an account already.",
      "",
      "Sign in with your password, or ask for a new one if you have forgotten it.",
      "If it was not you, you need not do anything.",
    ].join("\n"),
  };
}

export function resetMail(to: string, token: string, validSeconds: number): Mail {
  return {
    to,
    subject: "Set a new Kismet password",
    text: [
      "With this you can set a new password, once:",
      "",
      token,
      "",
      `It is good for ${minutes(validSeconds)}. Setting a new password signs you out everywhere.`,
      "If you did not ask for it, you need not do anything: your password stays as it is.",
    ].join("\n"),
  };
}

export function passwordChangedMail(to: string): Mail {
  return {
    to,
    subject: "Your Kismet password was changed",
    text: [
      "The password of your account has just been changed, and all other devices have been signed out.",
      "",
      "If it was not you, set a new password at once: ask for it as if you had forgotten yours.",
    ].join("\n"),
  };
}

export function signInCodeMail(to: string, code: string, validSeconds: number): Mail {
  return {
    to,
    subject: "Your Kismet sign-in code",
    text: [
      `Your code is ${code}`,
      "",
      `It is good for ${minutes(validSeconds)}. Nobody from Kismet will ever ask you for it.`,
      "If you are not signing in right now, somebody else is trying to: do not give it to anybody.",
    ].join("\n"),
  };
}

export function newSignInMail(
  to: string,
  { deviceName, place, at }: { deviceName: string | null; place: string | null; at: string },
): Mail {
  const country = place !== null && place !== "local" ? countryNames.of(place) : undefined;
  return {
    to,
    subject: "A new sign-in to your Kismet account",
    text: [
      "Your account has just been signed in to from a device or a place that was not known:",
      "",
      ...(deviceName === null ? [] : [`Device: ${deviceName}`]),
      ...(country === undefined ? [] : [`Place: ${country}`]),
      `Time: ${at.slice(0, 16).replace("T", " ")} UTC`,
      "",
      "If it was not you, set a new password at once: that signs out everywhere.",
    ].join("\n"),
  };
}
