import { markup } from "./html.ts";
import type { Language } from "./languages.ts";
import { renderPage } from "./page-layout.ts";

type Told = { title: string; advice: string };
type Texts = Record<"gone" | "refused" | "limited" | "late" | "broken", Told> & { requestId: string };

const texts: Record<Language, Texts> = {
  en: {
    gone: {
      title: "This link is no longer good",
      advice: "It was used already, it is too old, or it is not complete. Ask for a new mail in the app.",
    },
    refused: {
      title: "This did not work",
      advice: "Open the link in the mail again, and use the button on the page.",
    },
    limited: { title: "Too many tries", advice: "Wait a minute, then try again." },
    late: { title: "Not available right now", advice: "Wait a moment, then try again. Nothing is lost." },
    broken: { title: "Something went wrong on our side", advice: "Try again a little later." },
    requestId: "Should you write to us about this, name the number",
  },
  de: {
    gone: {
      title: "Dieser Link gilt nicht mehr",
      advice:
        "Er wurde schon benutzt, ist zu alt oder nicht vollständig. Fordere in der App eine neue Mail an.",
    },
    refused: {
      title: "Das hat nicht geklappt",
      advice: "Öffne den Link in der Mail noch einmal, und benutze die Schaltfläche auf der Seite.",
    },
    limited: { title: "Zu viele Versuche", advice: "Warte eine Minute, und versuche es dann noch einmal." },
    late: {
      title: "Gerade nicht erreichbar",
      advice: "Warte einen Moment, und versuche es dann noch einmal. Es geht nichts verloren.",
    },
    broken: { title: "Bei uns ist etwas schiefgegangen", advice: "Versuche es etwas später noch einmal." },
    requestId: "Wenn du uns deswegen schreibst, nenne die Nummer",
  },
  fr: {
    gone: {
      title: "Ce lien n’est plus valable",
      advice:
        "Il a déjà servi, il est trop ancien ou il n’est pas complet. Demandez un nouvel e-mail dans l’application.",
    },
    refused: {
      title: "Cela n’a pas fonctionné",
      advice: "Ouvrez de nouveau le lien de l’e-mail et utilisez le bouton de la page.",
    },
    limited: { title: "Trop d’essais", advice: "Attendez une minute, puis réessayez." },
    late: {
      title: "Indisponible pour le moment",
      advice: "Attendez un instant, puis réessayez. Rien n’est perdu.",
    },
    broken: { title: "Une erreur s’est produite chez nous", advice: "Réessayez un peu plus tard." },
    requestId: "Si vous nous écrivez à ce sujet, indiquez le numéro",
  },
  ar: {
    gone: {
      title: "هذا الرابط لم يعد صالحًا",
      advice: "إما أنه استُخدم من قبل، أو أنه قديم، أو غير كامل. اطلب رسالة جديدة من التطبيق.",
    },
    refused: {
      title: "لم ينجح ذلك",
      advice: "افتح الرابط في الرسالة مرة أخرى واستخدم الزر الموجود في الصفحة.",
    },
    limited: { title: "محاولات كثيرة جدًا", advice: "انتظر دقيقة ثم حاول مرة أخرى." },
    late: { title: "غير متاح الآن", advice: "انتظر لحظة ثم حاول مرة أخرى. لن يضيع شيء." },
    broken: { title: "حدث خطأ لدينا", advice: "حاول مرة أخرى بعد قليل." },
    requestId: "إذا راسلتنا بشأن هذا، فاذكر الرقم",
  },
};

/** What people read where a program would read a problem: as little of the inside, with the same request id. */
export function renderErrorPage(language: Language, status: number, requestId: string): string {
  const said = texts[language];
  const { title, advice } = said[kindOf(status)];
  return renderPage(language, {
    title,
    content: markup`<p>${advice}</p>`,
    footer: markup`${said.requestId} <bdi class="id">${requestId}</bdi>.`,
  });
}

function kindOf(status: number): "gone" | "refused" | "limited" | "late" | "broken" {
  if (status === 429) return "limited";
  if (status === 503 || status === 504) return "late";
  if (status >= 500) return "broken";
  return status === 400 || status === 410 ? "gone" : "refused";
}
