import { test } from "tap";
import { commonPasswords } from "./common-passwords.ts";
import { decidePassword } from "./decide-password.ts";
import { PasswordRefused } from "./password-errors.ts";

const refuses = (password: string, email = "heron.lantern@mail.test") => {
  try {
    decidePassword(password, email, commonPasswords);
    return false;
  } catch (error) {
    if (error instanceof PasswordRefused) return true;
    throw error;
  }
};

test("a list of thousands of common passwords ships with the project, and refuses them however they are typed", (t) => {
  t.ok(commonPasswords.size > 1_000, `${commonPasswords.size} of ten characters or more`);
  for (const password of [
    "1234567890",
    "qwertyuiop",
    "Q1W2E3R4T5",
    "１２３４５６７８９０",
    "ＱｗｅｒｔｙＵｉｏｐ",
  ])
    t.ok(refuses(password), password);
  t.notOk(refuses("quiet-lamp-47-stone"));
  t.end();
});

test("a password that contains the address, or its name, is refused in any spelling", (t) => {
  for (const password of [
    "heron.lantern@mail.test",
    "my HERON.LANTERN@Mail.Test!",
    "xx-heron.lantern-xx",
    "ｈｅｒｏｎ.ｌａｎｔｅｒｎ-2026",
  ])
    t.ok(refuses(password), password);
  const composed = "zoë.möller@mail.test";
  for (const password of ["zoë.möller is here", "zoe\u0308.mo\u0308ller is here", "ZOË.MÖLLER IS HERE"])
    t.ok(refuses(password, composed), password);
  t.ok(refuses("a ﬁona1990 and more", "fiona1990@mail.test"), "a ligature");
  t.notOk(refuses("somebody else's words"));
  t.notOk(
    refuses("anna and the quiet lamp", "ann@mail.test"),
    "a name of three letters is in too many words",
  );
  t.end();
});

test("one character again and again is refused", (t) => {
  for (const password of ["aaaaaaaaaaaa", "abababababab", "abcabcabcabc"]) t.ok(refuses(password), password);
  t.end();
});
