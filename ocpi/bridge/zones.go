package bridge

// zones are the time zones of countries that have but one (ISO 3166 alpha-3,
// IANA time zone database).
var zones = map[string]string{
	"ALB": "Europe/Tirane", "AND": "Europe/Andorra", "AUT": "Europe/Vienna", "BEL": "Europe/Brussels",
	"BGR": "Europe/Sofia", "BIH": "Europe/Sarajevo", "BLR": "Europe/Minsk", "CHE": "Europe/Zurich",
	"CZE": "Europe/Prague", "DEU": "Europe/Berlin", "DNK": "Europe/Copenhagen", "EST": "Europe/Tallinn",
	"FIN": "Europe/Helsinki", "FRA": "Europe/Paris", "GBR": "Europe/London", "GRC": "Europe/Athens",
	"HRV": "Europe/Zagreb", "HUN": "Europe/Budapest", "IRL": "Europe/Dublin", "ISL": "Atlantic/Reykjavik",
	"ISR": "Asia/Jerusalem", "ITA": "Europe/Rome", "JPN": "Asia/Tokyo", "KOR": "Asia/Seoul",
	"LIE": "Europe/Vaduz", "LTU": "Europe/Vilnius", "LUX": "Europe/Luxembourg", "LVA": "Europe/Riga",
	"MCO": "Europe/Monaco", "MDA": "Europe/Chisinau", "MKD": "Europe/Skopje", "MLT": "Europe/Malta",
	"MNE": "Europe/Podgorica", "NLD": "Europe/Amsterdam", "NOR": "Europe/Oslo", "POL": "Europe/Warsaw",
	"ROU": "Europe/Bucharest", "SGP": "Asia/Singapore", "SMR": "Europe/San_Marino", "SRB": "Europe/Belgrade",
	"SVK": "Europe/Bratislava", "SVN": "Europe/Ljubljana", "SWE": "Europe/Stockholm", "TUR": "Europe/Istanbul",
	"VAT": "Europe/Vatican", "XKX": "Europe/Belgrade",
}
