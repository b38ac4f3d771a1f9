import type { RestrictionReason } from "@kismet/contracts";
import type { Language } from "@kismet/service-kit";

const texts: Record<RestrictionReason, Record<Language, string>> = {
  underage: {
    en: "We have reason to believe that you are not an adult. Kismet is for adults only.",
    de: "Wir haben Grund zu der Annahme, dass du nicht volljährig bist. Kismet ist nur für Erwachsene.",
    fr: "Nous avons des raisons de penser que vous n’êtes pas majeur. Kismet est réservé aux adultes.",
    ar: "لدينا ما يدعو إلى الاعتقاد بأنك لم تبلغ سن الرشد. تطبيق Kismet للبالغين فقط.",
  },
  fake_profile: {
    en: "Your profile shows somebody else, or somebody who does not exist.",
    de: "Dein Profil zeigt jemand anderen oder jemanden, den es nicht gibt.",
    fr: "Votre profil montre quelqu’un d’autre, ou quelqu’un qui n’existe pas.",
    ar: "يُظهر ملفك الشخصي شخصًا آخر أو شخصًا غير موجود.",
  },
  scam: {
    en: "You asked other members for money or things of value, or led them to places that do.",
    de: "Du hast andere Mitglieder um Geld oder Wertsachen gebeten oder dorthin geführt, wo das geschieht.",
    fr: "Vous avez demandé de l’argent ou des biens à d’autres membres, ou les avez dirigés vers des sites qui le font.",
    ar: "طلبت من أعضاء آخرين مالًا أو أشياء ذات قيمة، أو وجّهتهم إلى من يفعل ذلك.",
  },
  harassment: {
    en: "You threatened, insulted or harassed other members.",
    de: "Du hast andere Mitglieder bedroht, beleidigt oder belästigt.",
    fr: "Vous avez menacé, insulté ou harcelé d’autres membres.",
    ar: "هدّدت أعضاء آخرين أو أهنتهم أو ضايقتهم.",
  },
  sexual_content: {
    en: "You showed sexual content where it is not allowed, or to somebody who did not want it.",
    de: "Du hast sexuelle Inhalte gezeigt, wo sie nicht erlaubt sind oder jemand sie nicht wollte.",
    fr: "Vous avez montré du contenu sexuel là où c’est interdit, ou à quelqu’un qui n’en voulait pas.",
    ar: "عرضت محتوى جنسيًا حيث لا يُسمح به أو على شخص لم يرغب فيه.",
  },
  harm_to_minors: {
    en: "What you shared or wrote endangers children.",
    de: "Was du geteilt oder geschrieben hast, gefährdet Kinder.",
    fr: "Ce que vous avez partagé ou écrit met des enfants en danger.",
    ar: "ما شاركته أو كتبته يعرّض الأطفال للخطر.",
  },
  spam: {
    en: "You advertised, or wrote the same to many members.",
    de: "Du hast geworben oder vielen Mitgliedern dasselbe geschrieben.",
    fr: "Vous avez fait de la publicité, ou écrit la même chose à de nombreux membres.",
    ar: "نشرت إعلانات أو كتبت الرسالة نفسها إلى أعضاء كثيرين.",
  },
  payment_fraud: {
    en: "A payment from your account was fraudulent.",
    de: "Eine Zahlung über dein Konto war betrügerisch.",
    fr: "Un paiement effectué depuis votre compte était frauduleux.",
    ar: "كانت إحدى الدفعات من حسابك احتيالية.",
  },
  other: {
    en: "Your account was used against the rules that you accepted.",
    de: "Dein Konto wurde gegen die Regeln verwendet, denen du zugestimmt hast.",
    fr: "Votre compte a été utilisé contre les règles que vous avez acceptées.",
    ar: "استُخدم حسابك بما يخالف القواعد التي وافقت عليها.",
  },
};

/** What a member reads of a reason. */
export function explanationOf(reason: RestrictionReason, language: Language): string {
  return texts[reason][language];
}
