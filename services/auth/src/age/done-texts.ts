import type { Language } from "@kismet/service-kit";

export const doneTexts: Record<Language, { title: string; text: string }> = {
  en: { title: "Thank you", text: "Go back to the app: it shows what was found in a moment." },
  de: { title: "Danke", text: "Geh zurück in die App: Sie zeigt gleich, was sich ergeben hat." },
  fr: { title: "Merci", text: "Retournez dans l’application : elle affiche le résultat dans un instant." },
  ar: { title: "شكرًا لك", text: "ارجع إلى التطبيق: سيعرض النتيجة بعد لحظات." },
};
