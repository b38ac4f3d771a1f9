/** The boroughs of Berlin: about their centres, and how many thousand people live there (2023). */
export const boroughs = [
  { name: "Mitte", latitude: 52.52, longitude: 13.37, weight: 397 },
  { name: "Friedrichshain-Kreuzberg", latitude: 52.503, longitude: 13.435, weight: 293 },
  { name: "Pankow", latitude: 52.57, longitude: 13.41, weight: 424 },
  { name: "Charlottenburg-Wilmersdorf", latitude: 52.5, longitude: 13.285, weight: 343 },
  { name: "Spandau", latitude: 52.536, longitude: 13.2, weight: 258 },
  { name: "Steglitz-Zehlendorf", latitude: 52.435, longitude: 13.27, weight: 310 },
  { name: "Tempelhof-Schöneberg", latitude: 52.46, longitude: 13.385, weight: 355 },
  { name: "Neukölln", latitude: 52.455, longitude: 13.445, weight: 330 },
  { name: "Treptow-Köpenick", latitude: 52.445, longitude: 13.57, weight: 294 },
  { name: "Marzahn-Hellersdorf", latitude: 52.537, longitude: 13.585, weight: 291 },
  { name: "Lichtenberg", latitude: 52.53, longitude: 13.5, weight: 311 },
  { name: "Reinickendorf", latitude: 52.59, longitude: 13.33, weight: 268 },
] as const;

export const timeZone = "Europe/Berlin";

export const firstNames = {
  woman: [
    "Aylin", "Amelie", "Anna", "Antonia", "Aurora", "Carla", "Charlotte", "Clara", "Defne", "Elena", "Elif", "Emilia",
    "Emma", "Fatma", "Frieda", "Giulia", "Hanna", "Helene", "Ida", "Ines", "Jana", "Johanna", "Julia", "Juna", "Katja",
    "Lara", "Laura", "Lea", "Leyla", "Lilly", "Linh", "Lisa", "Luisa", "Maja", "Maria", "Marie", "Martha", "Mia",
    "Mina", "Nele", "Nina", "Olga", "Paula", "Pia", "Rosa", "Samira", "Selma", "Sofia", "Sophie", "Thea", "Yasmin",
    "Zeynep", "Zofia",
  ],
  man: [
    "Adam", "Ahmet", "Alexander", "Ali", "Anton", "Arthur", "Ben", "Bruno", "Can", "Carl", "Daniel", "David", "Elias",
    "Emil", "Emre", "Felix", "Finn", "Florian", "Georg", "Hassan", "Henri", "Jakob", "Jan", "Jonas", "Josef", "Julian",
    "Karim", "Konstantin", "Leo", "Leon", "Levi", "Linus", "Louis", "Lukas", "Marek", "Mats", "Matteo", "Max", "Mehmet",
    "Minh", "Moritz", "Noah", "Omar", "Oskar", "Paul", "Philipp", "Rafael", "Samuel", "Stefan", "Theo", "Tom", "Viktor",
    "Yusuf",
  ],
  nonbinary: [
    "Alex", "Ari", "Billie", "Charlie", "Deniz", "Eli", "Frankie", "Jo", "Kai", "Kim", "Luca", "Mika", "Noa", "Quinn",
    "Robin", "Sam", "Sascha", "Toni",
  ],
} as const; // prettier-ignore

export const jobs = [
  "Architect", "Baker", "Barista", "Bookseller", "Carpenter", "Chemist", "Chef", "Data analyst", "Dentist", "Designer",
  "Electrician", "Film editor", "Gardener", "Illustrator", "Journalist", "Lawyer", "Lighting technician", "Midwife",
  "Musician", "Nurse", "Optician", "Paramedic", "Photographer", "Physiotherapist", "Pilot", "Product manager",
  "Researcher", "Social worker", "Software developer", "Tailor", "Teacher", "Tram driver", "Translator", "Veterinarian",
] as const; // prettier-ignore

export const schools = [
  "Freie Universität Berlin", "Humboldt-Universität zu Berlin", "Technische Universität Berlin",
  "Universität der Künste Berlin", "HTW Berlin", "HWR Berlin", "Charité", "Universität Potsdam",
] as const; // prettier-ignore

/** `{borough}` is where the person lives. */
export const bioSentences = [
  "Usually to be found at the canal with a book.",
  "New in {borough} and still looking for the best falafel.",
  "Born in {borough}, never left, no regrets.",
  "Will cross the city for good dumplings.",
  "Two bicycles, one of them works.",
  "I cook better than I sing, and I sing a lot.",
  "Tell me which record you would save from a fire.",
  "Learning to swim properly, at last.",
  "Sundays are for flea markets.",
  "Ask me about the time I got locked in a museum.",
  "I water other people's plants when they travel.",
  "Looking for somebody to finish the crossword with.",
  "My dog has more friends than I have.",
  "Fluent in three languages, silent before coffee in all of them.",
  "Training for a half marathon, slowly.",
  "I make my own kimchi; the neighbours have forgiven me.",
] as const;
