"""The words by which the stance rules know a decision; each pattern is closed and named for what it decides.

All patterns are matched against lower-case text with contracted negations written out.
"""

from __future__ import annotations

import re


def _words(pattern: str) -> re.Pattern[str]:
    """Any of the alternatives as whole words; layout around the bars does not count."""
    alternatives = re.sub(r" *\| *", "|", " ".join(pattern.split()))
    return re.compile(rf"\b(?:{alternatives})\b")


def _any(words: str) -> str:
    return "|".join(words.split())


_OFFER = _any(
    "offer offers bid bids deal deals proposal proposals plan plans ceasefire cease-fire truce treaty agreement agreements "
    "pact accord bill bills motion motions resolution legislation law merger takeover acquisition sale reform reforms budget terms "
    "request requests invitation contract contracts memorandum extradition appeal petition amendment amendments nomination "
    "application permission permit licence license visa bail package settlement demand demands document peace conditions "
    "compromise negotiations talks referendum mandate sanctions suspension strike transfer project scheme candidacy "
    "resignation loan rescue bailout initiative roadmap framework concessions idea order drug vaccine increase rise cut "
    "cuts ban tariff tariffs measure measures policy nominee membership accession expansion investment"
)
"""Nouns of what can be accepted or rejected."""

_REMARK = _any(
    "comment say answer confirm disclose speak name identify elaborate specify reveal discuss give provide explain detail weigh respond be"
)
_DETERMINER = _any("the a an any his her its their this that these those all both another it them our my")

_YES = rf"""
accept(?:s|ed|ing)? | agree(?:s|d|ing)?(?=\ (?!that\b|with\b|among\b)) | approv(?:e|es|ed|ing) | endors(?:e|es|ed|ing) |
ratif(?:y|ies|ied|ying) | consent(?:s|ed|ing)?\ to | assent(?:s|ed|ing)?\ to | acquiesc(?:e|es|ed|ing) |
recommend(?:s|ed|ing)? | embrac(?:e|es|ed|ing) | authori[sz](?:e|es|ed|ing)(?!\ to\b) | green-?light(?:s|ed|ing)? |
commit(?:s|ted|ting)?\ (?:(?:himself|herself|itself|themselves|fully)\ )?to |
(?<!-)back(?:s|ed|ing)(?!\ (?:off|out|down|away|up|of|for|from|to|in|into)\b) |
(?:(?<=to\ )|(?<=will\ )|(?<=would\ )|(?<=not\ )|(?<=may\ )|(?<=could\ )|(?<=might\ )|(?<=can\ )|(?<=never\ )|(?<=formally\ ))
  back(?!\ (?:off|out|down|away|up|of|for|from|to|in|into|at|on|home|and|then)\b) |
back(?=\ (?:the|a|an|its|his|her|their|this|[\w'-]+(?:\ [\w'-]+)?)\ (?:{_OFFER})\b) |
(?<!a\ )(?<!no\ )(?<!the\ )(?<!any\ )(?<!-)sign(?:ed|ing|(?=\W*$)|s?(?=\ (?!of\b|that\b|in\b|at\b|and\b|are\b|were\b|is\b|language\b)))(?:\ (?:off\ on|up\ to|on\ to))? |
support(?:s|ed|ing)(?!\ (?:by|role|cast|evidence)\b) |
(?:(?<=to\ )|(?<=will\ )|(?<=would\ )|(?<=not\ )|(?<=may\ )|(?<=could\ )|(?<=might\ ))support |
(?:vot(?:es|ed|ing)|(?<=to\ )vote|(?<=will\ )vote|(?<=not\ )vote)\ (?:for|in\ favou?r\ of|through) | wav(?:e|es|ed|ing)\ through |
(?:say|says|said|saying)\ yes | (?:(?:pass|adopt)(?:s|es|ed|ing)?|clear(?:s|ed|ing))(?=\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b) |
grant(?:s|ed|ing)?(?=\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b) |
(?:giv(?:e|es|en|ing)|gave|grant(?:s|ed)?|win|wins|won|get|gets|got|secur(?:e|es|ed)|receiv(?:e|es|ed)|express(?:es|ed)?|voic(?:es|ed)|
  announc(?:es|ed)|throw[ns]?|threw|offer(?:s|ed)?)\ (?:(?!percent\b|\d)[\w'-]+\ ){{0,4}}
  (?:approval|backing|blessing|consent|assent|go-ahead|green\ light|nod|acceptance|endorsement|support|thumbs\ up) |
(?:reach(?:es|ed)?|strik(?:e|es)|struck|seal(?:s|ed)?|clinch(?:es|ed)?)\ (?:an?\ |the\ )?(?:[\w'-]+\ )?(?:deal|agreement|accord|truce|compromise) |
(?:acceptance|approval|endorsement|ratification)\ of | commitment\ to | (?:'s|s'|its|his|her|their)\ (?:consent|approval|acceptance)
"""
_NO = rf"""
reject(?:s|ed|ing)? | refus(?:e|es|ed|ing)(?!\ to\ (?:{_REMARK})\b) | rebuff(?:s|ed|ing)? | spurn(?:s|ed|ing)? | snub(?:s|bed|bing)? |
veto(?:es|ed|ing)? | oppos(?:e|es|ed|ing) | declin(?:e|es|ed|ing)(?=\ to\ (?!{_REMARK}\b)|\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b) |
turn(?:s|ed|ing)?\ (?:(?:{_DETERMINER})\ )?(?:[\w'-]+\ ){{0,3}}down | walk(?:s|ed|ing)?\ (?:away|out)(?:(?:\ from|\ of)(?=\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b)|(?<=away)(?!\ (?:from|with|un\w+|alive|free)\b)) |
(?:pull(?:s|ed|ing)?\ out\ of|withdr(?:aw|aws|ew|awing)\ from|back(?:s|ed|ing)?\ (?:out\ of|away\ from))(?=\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b) |
(?:say|says|said|saying)\ no\b(?!\ (?:one|longer|such|decision|[a-z]+\ (?:had|has|have|was|were|is|are))) |
vot(?:e|es|ed|ing)\ (?:[\w'-]+\ ){{0,3}}(?:down|against) | decid(?:e|es|ed|ing)\ against | rul(?:e|es|ed|ing)\ out |
(?:throw[ns]?|threw|throwing)\ (?:[\w'-]+\ ){{0,4}}out | (?:shoot(?:s|ing)?|shot|strik(?:e|es|ing)|struck)\ (?:[\w'-]+\ ){{0,3}}down |
knock(?:s|ed|ing)?\ (?:[\w'-]+\ ){{0,3}}back | brush(?:es|ed|ing)?\ (?:[\w'-]+\ ){{0,3}}(?:aside|off) |
(?:block|dismiss|scupper|resist)(?:s|es|ed|ing)?(?=\ (?:[\w'-]+\ ){{0,4}}(?:{_OFFER})\b) |
den(?:y|ies|ied|ying)(?=\ (?:[\w'-]+\ ){{0,3}}(?:request|permission|visa|appeal|bail|application|licence|license|permit)\b) |
den(?:y|ies|ied|ying)(?=\ (?:that\ )?(?:[\w'-]+\ ){{0,6}}(?:accept|approv|agree|sign|back|reject)\w*) |
(?:rejection|refusal)\ (?:of|to|from) | opposition\ to | opposed\ to | veto |
withh(?:old|olds|eld|olding)\ (?:[\w'-]+\ ){{0,2}}(?:approval|consent|backing|support) |
(?:withdr(?:ew|aws|aw|awn))\ (?:[\w'-]+\ ){{0,2}}(?:support|backing|consent|approval) |
slam(?:s|med)?\ the\ door | thumbs\ down | (?:lacks?|lacked)\ (?:[\w'-]+\ ){{0,2}}(?:approval|backing|support)
"""


def _verbose(pattern: str) -> str:
    """The pattern without its layout; an escaped space stays one."""
    return re.sub(r"(?<!\\)\s+", "", pattern).replace("\\ ", " ")


DECISIONS = re.compile(
    rf"(?<![\w-])(?:(?P<no>{_verbose(_NO)})|(?P<yes>(?:{_verbose(_YES)})))(?![\w-])(?! ratings?\b)(?! drugs?\b)"
)
"""Verbs and nouns of refusing (`no`) and accepting (`yes`)."""

OBJECT_IS_CLAIM = re.compile(
    r" (?:as (?:false|untrue|baseless|fake|wrong|nonsense)|(?:[\w'-]+ ){0,3}(?:claim|accusation|allegation|report|suggestion|charge|rumou?r|"
    r"notion|assertion|speculation|criticism|characteri[sz]ation|responsibility|blame|award|prize|idea that|fact)s?\b)"
)
"""What follows when a claim is denied or an honour taken: no decision on an offer."""

NEGATIONS = _words(
    r"""not(?! only\b| just\b) | never | nobody | none | without | nor | no (?:one|side|party|member|country|minister|intention|plans?|wish|way|longer) |
    fail(?:s|ed|ing)? to(?: (?:win|get|secure|reach))? | unable to | stop(?:s|ped)? short of | rather than | instead of | far from | not a single | neither |
    unwilling to | fails? | failed"""
)
NOT_YET = _words(
    r"(?:has|have|had|'ve)(?: \w+)? not(?! been able)|not yet|yet to|(?:has|have|had) (?:neither|not yet|still)"
)
"""Negations that say how things stand as yet."""
YET_TO = _words(r"yet to|still to|has still to|not yet|still not|still has not|still have not")
RELUCTANT = _words(
    r"""unlikely | improbable | doubt(?:s|ed|ful)? | sceptical | skeptical | reluctan(?:t|ce|tly) | hesitant | hesitat(?:es|ed) | loath | wary |
    (?:hard|difficult|tough|not easy|harder|impossible) (?:for (?:[\w'-]+ ){1,4})?to |
    struggl(?:e|es|ed|ing) to | not (?:\w+ )?(?:expected|likely|set|about|inclined|minded|ready|prepared|poised|keen|in a hurry) (?:to|on) | not (?:intend|plan|want|wish|expect|seem) |
    (?:little|slim|no|small|remote) (?:chance|prospect|hope|likelihood|appetite|sign) | baulk(?:s|ed)? | balk(?:s|ed)? | resist(?:s|ed|ing)? | threaten(?:s|ed|ing)? to not"""
)
LEANING = _words(
    r"""(?:un)?likely to | (?:will|would|most|very|more|quite|is|are) likely | probably | presumably | expect(?:s|ed) | (?:set|poised|due|about|inclined|minded|leaning) (?:to|towards?) |
    (?:seem|appear)(?:s|ed)? | (?:plan|intend|want|hope|aim|prepare|offer|threaten)(?:s|d|ed|ned|ning|ing)? to | willing | willingness | (?:ready|readiness|prepared|keen|happy|eager) to |
    open to | openness | tentatively | provisionally | close to | near(?:s|ing)? | moves? closer"""
)
PERHAPS = _words(
    r"may|might|could(?! not)|possibly|perhaps|maybe|potentially|suggest(?:s|ed)?|hint(?:s|ed)?|signal(?:s|l?ed|l?ing)?"
)
COMMITTED = _words(r"forced to|had to|compelled to|obliged to")
STUDIED = re.compile(r" (?:in principle|to (?:\w+ly )?(?:consider|study|review|look|think|examine|explore|weigh)\b)")
CERTAIN = {
    "unlikely": _words(
        r"(?:is|are|was|were|looks?|seems?|appears?|remains?) (?:\w+ )?(?:unlikely|doubtful|improbable|remote|far off)"
    ),
    "open": _words(
        r"in principle|(?:is|are|looks?|seems?|appears?) (?:\w+ )?(?:likely|possible|probable|within reach|close|expected)|not ruled out|with reservations|provisionally"
    ),
}
"""What is said of the decision after its name ("approval looks unlikely")."""

UNDECIDED = _words(
    r"""undecided | uncertain | unclear | in doubt | unknown | on the fence | non-?committal | not known | remains? to be seen | open question | in the balance |
    too early | whether (?:or not )?to | whether (?:it|he|she|they|the \w+) (?:will|would) | torn over | split on whether"""
)
CONSIDERED = _words(
    r"""consider(?:s|ing) | considered (?:the|a|an|whether|its|his|her|their|accepting|rejecting) | mull(?:s|ed|ing)? | weigh(?:s|ed|ing) | ponder(?:s|ed|ing)? | stud(?:ied|ying) | review(?:ed|ing) | deliberat(?:es|ed|ing) | (?:to|will|would) (?:consider|weigh|study|review|discuss) |
    examin(?:es|ed|ing) | cautious | debat(?:es|ed|ing) whether | think(?:ing|s)? (?:it )?over | evaluat(?:es|ed|ing)"""
)
AWAITED = _words(
    r"""(?:await(?:s|ed|ing)?|wait(?:s|ed|ing)? (?:for|on)|pending|subject to) (?:[\w'-]+ ){0,5}(?:answer|response|reply|decision|approval|verdict|consent|signature|go-ahead|green light|word|ratification)"""
)
DECLARED = _words(
    r"""(?:not|yet to|still to) (?:yet )?(?:decided?|respond(?:ed)?|repl(?:y|ied)|answer(?:ed)?|made? up (?:his|her|its|their) minds?)(?! to (?:[\w'-]+ ){0,2}(?:questions?|requests?|messages?|calls?|emails?)\b) |
    no (?:final )?decision (?:has been|had been|was|yet|on) | (?:defer|postpone|delay|put off|puts off)(?:s|red|d|ed)? (?:[\w'-]+ ){0,3}decision |
    (?:asks?|asked|needs?|wants?|wanted) (?:for )?more time | (?:will|to|would) (?:decide|vote) (?:on|whether|by|next|later|in) | undecided |
    (?:gives?|gave|given) no (?:answer|reply|response) | (?:will|would) (?:reply|respond|answer) | ball is (?:now )?in (?:[\w'-]+ ){1,3}court"""
)
"""Ways to say that an answer is still out."""
COOL = _words(
    r"""sceptical | skeptical | reluctant | lukewarm | cool (?:on|to|towards?) | wary of | reservations | unenthusiastic | unimpressed | unconvinced |
    (?:little|no) appetite for | pours? cold water | poured cold water | cast doubt on | casts doubt on"""
)
OPEN = _words(
    r"""open to | openness | willing(?:ness)? | ready (?:to|for) | readiness | prepared to | receptive | welcom(?:es|ed|ing) | (?:is|are|was|were|be) in favou?r of | interested in (?!learning|seeing|hearing)\w+ | warm(?:s|ed|ing)? to |
    could live with | would consider"""
)
UNINTERESTED = _words(
    r"(?:not|no|never) (?:longer )?(?:interested|interest) in|not (?:open|ready|willing|prepared) (?:to|for)|unwilling|no time for"
)
CONDITIONED = _words(
    r"""(?:could|can|may|might|would|will) (?:only |then |still )?(?:follow|happen|come|begin|start|be (?:possible|reached|agreed|signed|considered|declared|discussed)|take (?:effect|place|hold))"""
)
CONDITION = _words(
    r"""if(?! only\b) | unless | provided | providing | on (?:the )?condition(?! of anonymity) | as long as | so long as | only (?:once|when|after|in) | once | conditional on | depending on |
    in (?:exchange|return) for | without (?:security |binding |further |firm )?(?:guarantees|assurances|concessions|changes)"""
)
ASKED = _words(
    r"""(?:urg(?:e|es|ed|ing)|ask(?:s|ed|ing)?|call(?:s|ed|ing)? (?:on|for)|press(?:es|ed|ing)?|beg(?:s|ged|ging)?|invit(?:e|es|ed|ing)|demand(?:s|ed|ing)?|
    want(?:s|ed)|plead(?:s|ed|ing)? with|encourag(?:e|es|ed|ing)|appeal(?:s|ed|ing)? to|implor(?:e|es|ed|ing)|persuad(?:e|es|ing)|convinc(?:e|ing))
    (?!to\b)(?:(?!to\b)[\w'-]+ ){1,6}(?:to|that)(?: \w+)?"""
)
"""Somebody else is asked for the decision."""
ASKING = re.compile(r"\?\s*$")

SUBORDINATE = re.compile(r"if|unless|until|before|whether|who|whom|whose|which|so that|in case")
"""What opens a clause whose decision is not told as a fact of this statement."""
FACTIVE = re.compile(r"after|because|since|when|despite|following|as")
"""What opens a clause that is told as a fact beside the main one."""
MATTER = _words(_OFFER)

BODIES = _words(
    _any(
        "board council government parliament senate congress court courts judge judges jury union unions members shareholders investors "
        "directors management company club bank committee commission assembly cabinet ministry minister president mayor regulator "
        "regulators voters lawmakers mps senators player players workers teachers nurses doctors team school university city "
        "authority agency federation league party lawyers parents residents owners creditors lenders governors delegates rebels "
        "leaders leader king queen pope bishops striker keeper coach drivers pilots farmers troops army kremlin executive chief he she they we it both"
    )
)
"""Those who decide without a name; a pronoun stands for a name given before."""
