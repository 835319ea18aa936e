package language

// locale is how one language writes dates, numbers and durations (CLDR).
type locale struct {
	months  [12]string
	date    string // with {d}, {m}, {y}
	first   string // the day of a month's first; empty: 1
	at      string // between day and time
	group   string // mark of thousands
	grouped int    // digits from which a number has them
	units   [3]map[string]string
	in      string // when a wait is over
	later   string // of one that nobody knows
}

type unit int

const (
	seconds unit = iota
	minutes
	hours
)

// symbols are read in every language.
var symbols = [3]string{"s", "min", "h"}

var locales = map[string]locale{
	"en": {
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		date:   "{d} {m} {y}", at: ", ", group: ",", grouped: 4, in: "in {}", later: "later",
		units: [3]map[string]string{
			{"one": "{} second", "other": "{} seconds"},
			{"one": "{} minute", "other": "{} minutes"},
			{"one": "{} hour", "other": "{} hours"},
		},
	},
	"de": {
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		date:   "{d}. {m} {y}", at: ", ", group: ".", grouped: 4, in: "in {}", later: "später",
		units: [3]map[string]string{
			{"one": "{} Sekunde", "other": "{} Sekunden"},
			{"one": "{} Minute", "other": "{} Minuten"},
			{"one": "{} Stunde", "other": "{} Stunden"},
		},
	},
	"fr": {
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		date:   "{d} {m} {y}", first: "1er", at: " à ", group: "\u202f", grouped: 4, in: "dans {}", later: "plus tard",
		units: [3]map[string]string{
			{"one": "{} seconde", "many": "{} de secondes", "other": "{} secondes"},
			{"one": "{} minute", "many": "{} de minutes", "other": "{} minutes"},
			{"one": "{} heure", "many": "{} d’heures", "other": "{} heures"},
		},
	},
	"es": {
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		date:   "{d} de {m} de {y}", at: ", ", group: ".", grouped: 5, in: "dentro de {}", later: "más tarde",
		units: [3]map[string]string{
			{"one": "{} segundo", "many": "{} de segundos", "other": "{} segundos"},
			{"one": "{} minuto", "many": "{} de minutos", "other": "{} minutos"},
			{"one": "{} hora", "many": "{} de horas", "other": "{} horas"},
		},
	},
	"zh": {
		months: [12]string{"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"},
		date:   "{y}年{m}{d}日", at: " ", group: ",", grouped: 4, in: "{}后", later: "稍后",
		units: [3]map[string]string{{"other": "{} 秒"}, {"other": "{} 分钟"}, {"other": "{} 小时"}},
	},
	"ar": {
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		date:   "{d} {m} {y}", at: "، ", group: ",", grouped: 4, in: "بعد {}", later: "لاحقًا",
		units: [3]map[string]string{ // in the genitive, after a preposition
			{"zero": "{} ثانية", "one": "ثانية واحدة", "two": "ثانيتين", "few": "{} ثوانٍ", "many": "{} ثانية", "other": "{} ثانية"},
			{"zero": "{} دقيقة", "one": "دقيقة واحدة", "two": "دقيقتين", "few": "{} دقائق", "many": "{} دقيقة", "other": "{} دقيقة"},
			{"zero": "{} ساعة", "one": "ساعة واحدة", "two": "ساعتين", "few": "{} ساعات", "many": "{} ساعة", "other": "{} ساعة"},
		},
	},
}
