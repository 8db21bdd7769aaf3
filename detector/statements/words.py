"""Word lists of the statement rules; each set is small, closed and named for what it decides."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a string, as a set."""
    return frozenset(words.split())


SAY = word_set(
    "say tell add note explain announce state claim report confirm insist argue warn declare reveal acknowledge "
    "admit concede testify write tweet post comment remark reply respond answer stress emphasize emphasise suggest "
    "maintain assert allege contend recall vow promise pledge predict forecast estimate conclude observe quip joke "
    "shout dish chuckle sigh whisper mutter boast complain reiterate repeat caution assure inform continue recount "
    "opine advise disclose signal find show indicate hint cry"
)
"""Verbs whose clause is what the subject asserts."""

THINK = {
    "think": "uncertain",
    "believe": "likely",
    "reckon": "likely",
    "expect": "likely",
    "suspect": "possible",
    "fear": "possible",
    "doubt": "unlikely",
    "assume": "likely",
    "guess": "possible",
    "understand": "reported",
    "learn": "reported",
    "hear": "reported",
    "hope": "uncertain",
    "feel": "uncertain",
    "suppose": "uncertain",
}
"""Verbs of belief, with how firmly their clause then stands."""

DENY = word_set("deny dispute refute rebut contradict disavow")
NEGATIVE = DENY | word_set("reject refuse decline fail dismiss rebuff spurn")
"""Verbs that negate what follows them."""

CLAIM_NOUNS = word_set(
    "claim accusation allegation report suggestion charge rumor rumour notion assertion story speculation idea"
)
COMMIT = word_set("promise pledge vow threaten swear")
PLAN = word_set("plan intend aim hope want prepare seek propose agree vow pledge promise schedule threaten")
PLANNED_STATE = word_set("set due scheduled slated poised bound about ready supposed")
PERSON_NOUNS = word_set(
    "man woman person people official officer source spokesman spokeswoman spokesperson minister president chairman "
    "chairwoman chair director manager coach chief leader lawyer attorney agent analyst economist expert doctor "
    "nurse witness resident neighbour neighbor farmer worker union mother father mum brother sister son daughter "
    "wife husband envoy deputy general colonel captain commander soldier governor senator congressman congresswoman "
    "mayor representative secretary ambassador judge prosecutor police player striker owner founder executive boss "
    "professor scientist researcher strategist adviser advisor aide investigator inspector driver shopkeeper "
    "student teacher superintendent epidemiologist monitor negotiator diplomat critic supporter fan rep insider "
    "mole friend guy member democrat republican candidate nominee pontiff pope king queen prince host justice cook "
    "lawmaker politician voter patient victim suspect cook chef regular gunman attacker winner guest visitor customer investor "
    "teenager child argentine activist journalist reporter editor author"
)
FEMALE_NOUNS = word_set(
    "woman spokeswoman chairwoman congresswoman mother mum mom sister daughter wife queen princess actress girl lady"
)
MALE_NOUNS = word_set(
    "man spokesman chairman congressman father dad brother son husband king prince pontiff pope boy guy businessman "
    "policeman gentleman"
)
COMPANY_WORDS = word_set(
    "plc inc corp ltd llc co company group holdings corporation limited sa ag nv gmbh bank airlines motors foods "
    "farms dairies energy industries partners"
)
AGENCIES = word_set(
    "reuters ap afp bloomberg dpa xinhua tass upi pa ansa efe interfax kyodo yonhap axios politico cnn bbc nbc cbs "
    "abc cnbc msnbc npr pbs fox huffpost buzzfeed guardian telegraph newsweek"
)
"""Newsrooms that other outlets quote; longer names ("New York Times") are found by OUTLET_ENDINGS."""

OUTLET_ENDINGS = word_set(
    "times post journal news herald tribune gazette courier wire newswire press telegraph guardian standard argus chronicle globe examiner observer register magazine radio television tv network"
)
STOP_LEMMAS = word_set("say tell be have do would will could may might must shall can get one also")

FEMALE_NAMES = word_set(
    "abigail adriana agnes aisha alice alicia alison allison amanda amelia amy ana andrea angela anita ann anna "
    "anne annie antonia ashley audrey barbara beatrice beth betty beverly bonnie brenda bridget camila carla carmen "
    "carol caroline carolyn catherine cathy cecilia charlotte cheryl christina christine cindy claire clara claudia "
    "condoleezza connie crystal cynthia daisy dana danielle dawn deborah debbie denise diana diane dianne dolores "
    "donna doreen doris dorothy edith eileen elaine eleanor elena elizabeth ella ellen emily emma erica erin esther "
    "eva evelyn farah fatima felicity fiona florence frances gail georgia geraldine gina gladys gloria grace "
    "graziella greta gwen hanna hannah harriet heather helen hillary holly ida ines inge irene iris isabel isabella "
    "ivanka jackie jacqueline jane janet janice janine jasmine jean jeanne jennifer jessica jill joan joanna "
    "josephine joy joyce juanita judith judy julia julie june kamala karen kate katherine kathleen kathryn kathy "
    "katie kayleigh kelly kellyanne kimberly kirsten kristen kristin laila laura lauren leah leila leslie lida "
    "lillian linda lisa liz loretta lori lorraine louise lucia lucy lydia lynn madeleine maggie marcia margaret "
    "maria mariana marie marilyn marina marjorie marlene martha mary maureen megan melania melanie melinda melissa "
    "mercedes michelle mildred miriam molly monica nadia nancy naomi natalia natalie natasha niamh nicole nikki "
    "nina nora norma olga olivia oksana ottoline pamela patricia paula pauline peggy phyllis priscilla priya rachel "
    "rebecca regina rhonda rita roberta robin rosa rose rosemary roxanne ruby ruth sabrina sally samantha sandra "
    "sara sarah sharon sheila shirley sonia sophia sophie stacey stella stephanie sue susan suzanne sylvia tamara "
    "tammy tania tanya tara teresa theresa tiffany tina tulsi ursula valerie vanessa vera veronica victoria violet "
    "virginia vivian wanda wendy yanna yolanda yvonne zoe"
)
MALE_NAMES = word_set(
    "aaron abdul abraham adam adrian ahmed alan albert alberto alejandro alex alexander alexei alfred ali allen "
    "alvaro andre andreas andrei andrew andy angelo anthony antonio arnold arthur barack barry benjamin ben bernard "
    "bernie bill billy bob bobby boris brad bradley brandon brendan brett brian bruce bryan callum carl carlos "
    "cedric charles charlie chester chris christian christopher chuck clarence claude clifford colin craig curtis "
    "dale dan daniel darren dave david davit dean dennis derek dick diego dmitry dominic don donald doug douglas "
    "duncan dwight earl eddie edgar eduardo edward edwin elliott emmanuel enrique eric erik ernest eugene evan "
    "fabrizio felix fernando floyd francis francisco frank franklin fred frederick gareth gary gavin gene geoffrey "
    "george gerald gilbert glenn gordon graham greg gregory guillermo gus guy hamid hans harold harry harvey hassan "
    "hector hendrik henry herbert herman hob howard hugh hugo ian ibrahim igor imre isaac ivan jack jacob jaime "
    "jake james jamie jared jason javier jay jeff jeffrey jeremy jerome jerry jesse jim jimmy joe joel john johnny "
    "jon jonathan jorge jose joseph joshua juan julian julio justin karl keith ken kenneth kevin kirk kurt kyle "
    "larry lars laurence lawrence lee leo leon leonard leonid lester lewis lloyd louis lucas luis luke manuel marc "
    "marcel marco marcus mario mark marshall martin marvin matt matthew maurice max mehdi melvin michael miguel "
    "mike mikhail mitch mitt mohamed mohammed mohammad morris muhammad nathan neil nelson newt nicholas nick "
    "nicolas nigel noah norman oleg oliver omar orlando oscar otto owen pablo patrick paul pavel pedro pete peter "
    "phil philip phillip pierre rafael ralph ramon rand randy ray raymond reginald rex rene ricardo richard rick "
    "ricky robert roberto rod rodney roger roland ron ronald ross roy ruben rudy rudolph rush russell ryan salman "
    "sam samuel scott sean sebastian sergei sergey sergio seth shane shawn sidney simon spencer stanley stephen "
    "steve steven stewart stuart sven ted teo terence terry theodore thomas tim timothy todd tom tomas tommy tony "
    "travis trevor tyler vernon victor viktor vincent vladimir volodymyr vladislav wallace walter warren wayne "
    "wesley wilbur william willie xavier yuri zachary"
)
