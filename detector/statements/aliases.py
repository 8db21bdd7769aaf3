"""Names that every reader of the news takes as one: a small table, checked by hand, meant to stay small.

Offices change hands: an entry of OFFICES belongs here only while its holder is the usual reading in the news of
several years. What an article itself says ("Foreign Minister Lida Marosh ... the minister") needs no table.
"""

from __future__ import annotations

from detector.statements.words import word_set

SAME = {
    "us": "united states",
    "u.s.": "united states",
    "u.s": "united states",
    "usa": "united states",
    "u.s.a.": "united states",
    "united states of america": "united states",
    "america": "united states",
    "american": "united states",
    "americans": "united states",
    "uk": "united kingdom",
    "u.k.": "united kingdom",
    "u.k": "united kingdom",
    "britain": "united kingdom",
    "great britain": "united kingdom",
    "british": "united kingdom",
    "briton": "united kingdom",
    "britons": "united kingdom",
    "un": "united nations",
    "u.n.": "united nations",
    "u.n": "united nations",
    "eu": "european union",
    "e.u.": "european union",
    "e.u": "european union",
    "european commission": "european union",
    "fed": "federal reserve",
    "u.s. federal reserve": "federal reserve",
    "federal reserve board": "federal reserve",
    "gop": "republican party",
    "republican": "republican party",
    "republicans": "republican party",
    "democrat": "democratic party",
    "democrats": "democratic party",
    "democratic": "democratic party",
    "tories": "conservative party",
    "tory": "conservative party",
    "fbi": "federal bureau of investigation",
    "cia": "central intelligence agency",
    "imf": "international monetary fund",
    "ecb": "european central bank",
    "nato": "nato",
    "north atlantic treaty organization": "nato",
    "who": "world health organization",
    "isis": "islamic state",
    "isil": "islamic state",
    "daesh": "islamic state",
    "nyt": "new york times",
    "kyiv": "kyiv",
    "kiev": "kyiv",
    "uae": "united arab emirates",
    "zelenskyy": "zelensky",
    "zelenskiy": "zelensky",
    "d.c.": "washington",
    "washington d.c.": "washington",
    "washington, d.c.": "washington",
}

OFFICES = {
    "russian president": ("Vladimir Putin", "putin"),
    "russian leader": ("Vladimir Putin", "putin"),
    "kremlin leader": ("Vladimir Putin", "putin"),
    "kremlin chief": ("Vladimir Putin", "putin"),
    "ukrainian president": ("Volodymyr Zelensky", "zelensky"),
    "ukrainian leader": ("Volodymyr Zelensky", "zelensky"),
    "chinese president": ("Xi Jinping", "xi"),
    "chinese leader": ("Xi Jinping", "xi"),
    "french president": ("Emmanuel Macron", "macron"),
    "turkish president": ("Recep Tayyip Erdogan", "erdogan"),
    "north korean leader": ("Kim Jong Un", "kim"),
    "israeli prime minister": ("Benjamin Netanyahu", "netanyahu"),
    "indian prime minister": ("Narendra Modi", "modi"),
}

FULL_NAMES = {"xi jinping": "xi", "kim jong un": "kim", "kim jong-un": "kim", "mao zedong": "mao"}
"""Names whose first word is the family name."""

_ENDINGS = (
    "afghanistan:afghan albania:albanian algeria:algerian angola:angolan argentina:argentine argentina:argentinian "
    "armenia:armenian australia:australian austria:austrian azerbaijan:azerbaijani bahrain:bahraini "
    "bangladesh:bangladeshi belarus:belarusian belgium:belgian bolivia:bolivian bosnia:bosnian brazil:brazilian "
    "bulgaria:bulgarian cambodia:cambodian cameroon:cameroonian canada:canadian chile:chilean china:chinese "
    "colombia:colombian croatia:croatian cuba:cuban cyprus:cypriot denmark:danish ecuador:ecuadorian egypt:egyptian "
    "england:english estonia:estonian ethiopia:ethiopian europe:european finland:finnish france:french "
    "georgia:georgian germany:german ghana:ghanaian greece:greek guatemala:guatemalan haiti:haitian honduras:honduran "
    "hungary:hungarian iceland:icelandic india:indian indonesia:indonesian iran:iranian iraq:iraqi ireland:irish "
    "israel:israeli italy:italian jamaica:jamaican japan:japanese jordan:jordanian kazakhstan:kazakh kenya:kenyan "
    "kosovo:kosovar kuwait:kuwaiti latvia:latvian lebanon:lebanese liberia:liberian libya:libyan lithuania:lithuanian "
    "malaysia:malaysian mali:malian malta:maltese mexico:mexican moldova:moldovan mongolia:mongolian morocco:moroccan "
    "myanmar:burmese nepal:nepali netherlands:dutch nicaragua:nicaraguan nigeria:nigerian norway:norwegian "
    "pakistan:pakistani panama:panamanian paraguay:paraguayan peru:peruvian philippines:filipino philippines:philippine "
    "poland:polish portugal:portuguese qatar:qatari romania:romanian russia:russian rwanda:rwandan scotland:scottish "
    "senegal:senegalese serbia:serbian singapore:singaporean slovakia:slovak slovenia:slovenian somalia:somali "
    "spain:spanish sudan:sudanese sweden:swedish switzerland:swiss syria:syrian taiwan:taiwanese tanzania:tanzanian "
    "thailand:thai tunisia:tunisian turkey:turkish uganda:ugandan ukraine:ukrainian uruguay:uruguayan "
    "uzbekistan:uzbek venezuela:venezuelan vietnam:vietnamese wales:welsh yemen:yemeni zambia:zambian "
    "zimbabwe:zimbabwean"
)
COUNTRY_OF = {adjective: country for country, _, adjective in (pair.partition(":") for pair in _ENDINGS.split())}
COUNTRY_OF.update({"south korean": "south korea", "north korean": "north korea", "saudi": "saudi arabia"})
COUNTRY_OF.update({f"{adjective}s": country for adjective, country in tuple(COUNTRY_OF.items())})
"""Country of a nationality word, lower case."""

TITLES = {
    "mr": "",
    "mrs": "",
    "ms": "",
    "miss": "",
    "sir": "",
    "dame": "",
    "lord": "lord",
    "lady": "",
    "dr": "doctor",
    "prof": "professor",
    "gen": "general",
    "col": "colonel",
    "lt": "lieutenant",
    "sgt": "sergeant",
    "capt": "captain",
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "rev": "reverend",
    "adm": "admiral",
    "maj": "major",
    "president": "president",
    "chairman": "chairman",
    "secretary": "secretary",
    "minister": "minister",
    "general": "general",
    "senator": "senator",
    "governor": "governor",
    "king": "king",
    "queen": "queen",
    "prince": "prince",
    "princess": "princess",
    "pope": "pope",
    "justice": "justice",
    "judge": "judge",
    "congressman": "congressman",
    "congresswoman": "congresswoman",
    "vice": "",
    "former": "",
    "then": "",
    "col.": "colonel",
}
"""Words before a name that are no part of it, and the noun by which the person may later be called."""

FEMALE_TITLES = word_set("mrs ms miss dame lady queen princess congresswoman chairwoman spokeswoman")
MALE_TITLES = word_set("mr sir lord king prince pope congressman chairman spokesman")
