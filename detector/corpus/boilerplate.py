"""What is printed around an article, as tables of phrases; general ones, none names an outlet.

A piece is a sentence of a paragraph, or the paragraph when it is one. A piece goes when

    EXACT      it is one of these phrases and nothing else,
    LABELS     it begins with one of these and a colon, bar or arrow ("Read more: …"),
    OPENERS    it begins with one of these and is no full sentence ("Sign up for our briefing"),
    PROMPTS    it begins with one of these, full sentence or not ("Subscribe to the Beacon for $4 a month."),
    PATTERNS   it matches.

NOTICES match whole paragraphs, SECTIONS the heading of a list of other articles. Each table is by the name under which a
removal is reported. To add a phrase: put it in a table, put the line that showed it in tests/test_corpus_boilerplate.py,
and beside it a real sentence that begins alike and must stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from detector.corpus.paragraphs import ends_sentence

_EXACT = {
    "advertisement": """advertisement / advertisements / advertising / advert / ad / ads / sponsored / sponsored content /
        sponsored post / promoted / paid content / paid post / remove ads / ad feedback / skip ad / skip advertisement""",
    "navigation": """home / menu / search / log in / login / log out / sign in / sign up / register / subscribe / my account /
        account / close / open / back / next / previous / older posts / newer posts / previous post / next post /
        previous article / next article / previous story / next story / back to top / go to top / top / skip /
        skip to content / skip to main content / skip navigation / skip to navigation / go back / follow us / like us /
        contact us / about / about us / about this blog / about the author / help / faq / newsletters / newsletter / epaper /
        e paper / puzzles / bingo / crosswords / crossword / games / quizzes / podcasts / podcast / videos / video / markets /
        weather / live / watch live / listen live / sport / sports / news / world / politics / business / opinion / culture /
        lifestyle / tech / technology / science / health / entertainment / travel / jobs / cars / property / classifieds /
        obituaries / shop / store / donate / advertise / advertise with us / careers / terms / terms of use /
        terms of service / terms and conditions / terms & conditions / privacy / privacy policy / cookie policy /
        privacy notice / do not sell my info / manage preferences / unsubscribe / settings / preferences / accessibility /
        sitemap / site map / corrections / archive / archives / rss / edition / my watchlist / local / contests / read more /
        load more / show more / see more / see all / view all / more / latest / trending / play / pause / mute / expand /
        collapse / loading / enlarge / view gallery / view fullscreen / toggle caption / hide caption / t shirts /
        letters to the editor / tip us / play now / forward to a friend / first alert weather / topics / tags / tv guide""",
    "share": """share / share this / share this article / share this story / share this page / share this post / tweet /
        tweet this / facebook / twitter / x / whatsapp / linkedin / reddit / pinterest / telegram / flipboard / instagram /
        youtube / tiktok / threads / bluesky / mastodon / messenger / email / e mail / email this / email article / print /
        print this / print article / save / save article / bookmark / copy link / copy / link / copied / link copied /
        copied to clipboard / link copied to clipboard / gift article / gift this article / sms / pocket / tumblr /
        share options / share full article / follow / like / pin / post / chatter""",
    "comments": """comments / comment / leave a comment / leave a reply / post a comment / add a comment / write a comment /
        view comments / show comments / read comments / hide comments / see comments / join the conversation /
        join the discussion / have your say / no comments / be the first to comment / sign in to comment /
        log in to comment / comments are closed / comments are closed on this article / what do you think""",
    "newsletter": """sign up now / sign up here / subscribe now / subscribe here / get breaking news / stay informed /
        stay connected / our newsletters / newsletters / thank you for signing up / thanks for signing up /
        thank you for reading / thanks for reading / thank you for subscribing / thanks for tuning in / thanks for watching /
        tell a friend / sign me up / your email / email address / your email address / enter your email /
        enter your email address / forward this email / forwarded this email / was this forwarded to you""",
    "cookies": """accept / accept all / accept cookies / accept all cookies / reject all / reject all cookies / got it /
        ok got it / manage choices / manage cookies / cookie settings / cookie preferences / your choices /
        your privacy choices / cookies / i agree / agree and continue / we value your privacy / why did this happen""",
    "language picker": """country / language / select language / choose language / choose your language /
        select your language / change language / select your country / select country / choose your country / select region /
        choose your edition / translate / powered by google translate / select your edition / read in english""",
    "image credit": """file photo / stock photo / handout photo / file image / archive photo / photo / photos / image / images /
        image source / image caption / getty images / ap photo / afp / epa / shutterstock / istock / handout""",
    "transcript note": "transcript / read transcript / show transcript / hide transcript / read full transcript",
}

_LABELS = {
    "read more": """read / read more / read also / read next / read the full story / read on / also read / also see / see also /
        also watch / also on / must read / must-read / more / more on this / more on this story / more on / more coverage /
        more news / more from us / related / related story / related stories / related article / related articles /
        related content / related coverage / related topics / related video / recommended / recommended reading /
        recommended for you / recommended stories / don't miss / don’t miss / next read / up next / next up / now read /
        watch / watch now / watch more / watch also / watch this / watch the video / watch video / watch live / watch below /
        listen / listen now / listen here / listen to this / in pictures / in pics / gallery / podcast / from the archive /
        from the archives / trending / trending now / most read / top stories / go deeper / further reading / view more /
        back page / front page / sports pages / after the break / older / newer / you may also like / you might also like /
        continue reading / what to read next / related links / find out more / learn more / click here / full story""",
    "share": "share / share this / share on / share via / share article / follow us / follow / follow us on / connect with us",
    "image credit": """photo / photos / image / images / picture / pictures / foto / photograph / photographs / photographer /
        photo credit / photo credits / image credit / image credits / picture credit / image source / image caption / caption /
        illustration / illustrations / graphic / graphics / video / credit / credits / cover photo / cover image / file photo /
        pictured / screenshot / screengrab / top photo / main image / lead image / photo illustration / photography""",
    "standing line": """tag / tags / topic / topics / filed under / filed to / category / categories / keywords / posted in /
        hashtags / twitter / facebook / instagram / email / e-mail / text size / font size""",
    "reading time": "reading time / read time / estimated reading time / estimated read time / est. reading time",
}

_OPENERS = {
    "advertisement": """advertisement / story continues / article continues / continue reading below / scroll to continue /
        scroll down to continue / continues below / remove ads""",
    "share": """share on / share via / share to / share with / share this / tweet this / print this / email this / copy link /
        save this / follow us / like us on / connect with us / find us on""",
    "comments": "leave a comment / leave a reply / view comments / show comments / join the conversation / post a comment",
    "newsletter": """sign up / subscribe / get the latest / get our / get breaking news / get your daily / get alerts / join our /
        enter your email / register now / register for free / newsletter sign / stay up to date / stay up-to-date /
        stay informed / stay in the know / stay connected / never miss / don't miss out / don’t miss out / already a subscriber /
        already a member / already registered / already have an account / become a member / become a subscriber /
        start your free trial / start your subscription / support our journalism / support independent journalism /
        support quality journalism / support local journalism / free newsletter""",
    "paywall": """to continue reading / keep reading / unlock this / unlock unlimited / subscribers only / for subscribers /
        premium content / log in to continue / this article is for / this content is for / this story is for""",
    "read more": """read more / read also / read next / read the full / read these / read our full / read it here / see also /
        also read / click here / click to / tap here / tap to / watch more / watch the full / watch here / watch now / listen here /
        listen to the full / see more / view more / for more on / for more stories / for more news / more from / more about /
        more stories / more coverage / more news from / go to the full / continue to the / full coverage / don't miss""",
    "language picker": """read in english / read this in / read this article in / read this story in / also available in /
        available in english / available in spanish / leer en español / lire en français / auf deutsch lesen /
        translate this""",
    "image credit": """photo by / photos by / image by / images by / picture by / photograph by / illustration by / graphic by /
        photo courtesy / photo via / image via / image courtesy / courtesy photo / photo from / images from getty""",
    "standing line": "powered by / the-cnn-wire / gamble responsibly / quotes delayed / text size / font size",
}

_PROMPTS = {
    "newsletter": """sign up for / sign up to / sign up now / sign up here / sign me up / subscribe to the / subscribe to our /
        subscribe to get / subscribe for / subscribe now / subscribe today / please subscribe / please sign up / join our newsletter /
        get our newsletter / get the newsletter / get our app / download our app / tell a friend / forwarded this /
        if this was forwarded / was this forwarded / thank you for signing up / thanks for signing up / thanks for tuning in /
        thank you for subscribing / to get it in your inbox / if you'd like to support / if you’d like to support /
        enter your email / by signing up, you / by subscribing, you / you have successfully / become a patron /
        consider becoming a / consider supporting / consider subscribing / you can unsubscribe / delivered to your inbox""",
    "paywall": """this article is for subscribers / this article is available to / this content is available to /
        this story is for subscribers / to continue reading / you have reached your limit / you have read your last / unlock this article /
        already a subscriber / already a member / subscribers only""",
    "comments": """comments are closed / comments have been / comments on this article / leave a comment / join the conversation /
        let us know in the comments / tell us in the comments / tell us what you think / for discussion, please /
        have your say / share your thoughts""",
    "share": "please share / please use the sharing tools / follow us on / like us on / find us on facebook",
    "call-in": """were you there? / do you know more? / do you have a story / got a story? / got a tip? / have a tip? / we pay for /
        to place a family notice / to contact the newsdesk / send your pictures / send us your / tip us""",
    "transcript note": "this transcript was / this transcript is / this transcript may / this transcript has / transcript edited",
    "browser": """please enable javascript / please make sure your browser / your browser does not / your browser doesn /
        you need to enable javascript / this video cannot / this video can not / video cannot be played / this content is not available""",
    "read more": "click here / tap here / read more about this / for more information, visit / for more information visit",
    "copyright": "prohibida su reproducción / reproduction without / all rights reserved / copyright ©",
    "publication note": """this is a developing story / this story has been updated / this article has been updated /
        this story was updated / this article was updated / this post was updated / this post has been updated / this article was originally /
        this article first / this article was first / this story originally / this story was originally / this story first /
        this story was first / this post originated / this post originally / this post first / this article originally / this is an abridged version /
        a version of this article / a version of this story / an earlier version of this article / an earlier version of this story /
        this is a breaking news story / please check back / check back for updates / this story is developing /
        this article was translated / this article was produced / this article is republished / this page was last""",
}

_SMALL_WORDS = r"(?:by|and|in|from|at|of|the|for|with|on|to|de|van|von|der|la|additional|reporting|writing|editing|compiled|production|research)"
_NAMES = rf"(?:\W+(?:(?-i:[A-Z])[\w.'’-]*|@\w+|{_SMALL_WORDS}))+\W*"
_PICTURE_AGENCIES = (
    r"(?:getty(?:\s+images)?|afp|ap|reuters|epa(?:-efe)?|pa(?:\s+(?:wire|images|media))?|upi|alamy(?:\s+stock\s+photo)?|shutterstock|"
    r"istock(?:photo)?|bloomberg|xinhua|tass|anadolu(?:\s+agency)?|zuma(?:\s+press)?|unsplash|pexels|pixabay|wikimedia(?:\s+commons)?|"
    r"flickr|handout|dpa|ansa|efe|kyodo|nurphoto|sipa(?:\s+usa)?|corbis|tns|usa\s+today\s+\w+|cnn|nbc|abc|cbs|pool|adobe\s+stock)"
)
_SITES = r"(?:facebook|twitter|x|whatsapp|linkedin|reddit|pinterest|telegram|instagram|e-?mail|print|copy(?:\s+link)?|share|tweet|sms|flipboard|save|more)"
_LANGUAGES = (
    r"(?:english|espa[ñn]ol|fran[çc]ais|deutsch|italiano|portugu[êe]s|nederlands|polski|русский|українська|العربية|中文|日本語|한국어|"
    r"हिन्दी|türkçe|tiếng\s+việt|bahasa\s+indonesia|ελληνικά|עברית|svenska)"
)


def _rules(table: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE | re.VERBOSE)) for name, pattern in table.items())


PATTERNS = _rules(
    {
        "navigation": r"^\W*[←→].{0,80}$ | ^[^.!?]{0,80}[→›]\W*$",
        "share": rf"^\W*(?:{_SITES}\W+){{1,12}}{_SITES}\W*$ | ^[\d.,]+k?\s+shares?$",
        "comments": r"^\W*(?:(?:view|show|see|read|load|all|no)\s+)*\(?\d+\)?\s+(?:comments?|replies)\W*$ | ^comments?\s*\(\d+\)$",
        "reading time": r"^\W*\d{1,3}\s*-?\s*min(?:ute)?s?\.?\s+(?:read|watch|listen|video|ago|to\s+read)\W*$",
        "newsletter": r"""^.{0,120}\b(?:in|to|into)\s+your\s+(?:e-?mail\s+)?inbox\b.{0,80}$
            | ^.{0,160}\b(?:sign\s+up|subscribe|listen|click|download|register|(?:learn|find\s+out)\s+more|donate|join\s+us|follow\s+.{1,60}\S)\s+
              (?:for\s+free\s+)?here\.?\)?$
            | ^(?:keep\s+up|stay)\b.{0,160}\bby\s+checking\s+out\b.{0,160}$ | ^you\s+can\s+find\b.{0,80}\bour\s+web\s?site\.$
            | ^support\s+for\s+(?:(?-i:[A-Z]{3,5})|this\s+\w+|our\s+\w+)\s+comes\s+from\b.{0,160}$
            | ^.{0,60}\bsimply\s+use\s+this\s+link\b.{0,20}$ | ^(?:support|help)\b.{0,60}\bbuy\s+(?:us|me)\s+a\s+coffee\b.{0,60}$""",
        "e-mail footer": r"""^.{0,80}\byou(?:\s+are|['’]re)\s+receiving\s+this\b.{0,200}$
            | ^(?=.*\b(?:you|your|us)\b).{0,120}\bunsubscribe\b.{0,160}$ | ^[^.]{0,60}\bunsubscribe\b[^.]{0,20}$
            | ^\W*(?:view|read|open)\s+(?:this\s+)?(?:e-?mail\s+)?in\s+(?:your\s+)?browser\W*$
            | ^.{0,80}\bemail\s+alerts,\s+please\s+check\b.{0,60}$ | ^subscribers\s+get\s+an\s+e-?mail\b.{0,200}$""",
        "cookies": r"""^.{0,60}\b(?:we|our\s+(?:site|partners)|this\s+(?:web)?site)\b.{0,60}\b(?:use|uses|store|using)\s+(?:\w+\s+)?cookies\b.{0,300}$
            | ^\S{1,30}(?:\s\S{1,20})?\s+uses\s+cookies\s.{0,100}\byour?\b.{0,200}$ | ^[^.]{0,20}\bcookies?\s+(?:on|policy|settings|notice|consent)\b[^.]{0,30}$
            | ^.{0,120}\bby\s+continuing\b.{0,60}\byou\s+(?:agree|accept|consent)\b.{0,160}$""",
        "browser": r"""^.{0,80}\byour\s+browser\s+(?:supports?|does|is|may|settings)\b.{0,200}$
            | ^.{0,80}\breview\s+our\s+terms\s+of\s+(?:service|use)\b.{0,100}$ | ^.{0,60}\b(?:enable|turn\s+on)\s+javascript\b.{0,100}$
            | ^(?:are\s+you\s+a\s+robot|checking\s+your\s+browser|verify(?:ing)?\s+you\s+are\s+human|access\s+denied|page\s+not\s+found|error\s+404)\b.{0,120}$""",
        "image credit": rf"""^[^.!?]{{0,60}}/\s*{_PICTURE_AGENCIES}$ | ^\(?(?:ap\s+photo|reuters|afp|epa)\s*/\s*\S.{{0,80}}$
            | ^[^.!?]{{1,100}}\b(?:via|on)\s+(?:getty(?:\s+images)?|shutterstock|unsplash|pexels|pixabay|flickr|wikimedia(?:\s+commons)?|istock)$
            | ^[^.!?]{{0,120}}\bcourtesy\s+of\s+[^.!?]{{2,60}}$ | ^[^.!?]{{0,80}}\bprice\s+chart$
            | ^{_PICTURE_AGENCIES}(?:\s*/\s*{_PICTURE_AGENCIES})*(?:\s+(?:file\s+)?(?:photo|image)s?)?$""",
        "copyright": r"""^\W*(?:\(tm\)\s*&\s*)?(?:©|\(c\)\s+(?=.*\d{4})|copyright\s+(?:\(c\)|\d{4}|(?-i:[A-Z])\S+(?:\s+\S+){0,4}\s+\d{4})).{0,240}$
            | ^[^.!?]{0,60}\ball\s+rights\s+reserved\b.{0,80}$ | ^.{0,60}©\s*\d{4}.{0,80}$
            | ^(?:this|the)\s+(?:material|content|article|story|publication)\b.{0,80}\bmay\s+not\s+be\s+(?:published|rebroadcast|reproduced|republished|redistributed)\b.{0,160}$""",
        "credits": rf"""^\W*(?:additional\s+)?(?:reporting|writing|editing)\s+(?:and\s+\w+\s+)?by{_NAMES}$
            | ^[^“"]{{0,160}}\bcontributed\s+to\s+this\s+(?:report|story|article|post|piece)\b.{{0,40}}$ | ^[^“"]{{0,120}}\bcontributed\s+(?:additional\s+)?(?:reporting|research)\b.{{0,60}}$
            | ^\W*(?:curated|compiled|edited|written|reported|produced|story|words|text|inputs)\s+by{_NAMES}$ | ^\W*with\s+(?:additional\s+)?(?:inputs?|reporting)\s+(?:from|by){_NAMES}$
            | ^[-–—]{{1,2}}\s*(?:with\s+)?(?:reuters|ap|afp|bloomberg|upi|dpa|pti|ani|xinhua|agencies)\W*$ | ^\W*(?:e-?mail|tweet|write\s+to|contact)\s+\S+@\S+.{{0,60}}$ | ^\(?(?:feedback|feedback\s+or\s+tips)\?$""",
        "standing line": r"^.{0,40}\btrust\s+principles\b.{0,20}$ | ^(?:twitter|instagram|facebook|threads)\s*:\s*\S+$ | ^\*{1,6}(?:https?://|www\.|\w[\w.-]*\.\w{2,6}/)\S+(?:\s+\S+){0,4}$ | ^https?://\S+$",
        "publication note": r"""^(?:first|originally)\s+(?:published|posted|appeared)\s*(?:on|in|at|by|:)?[^,.!?]{0,60}\.?$ | ^the\s+post\s.{3,120}\sappeared\s+first\s+on\b.{0,80}$
            | ^this\s+(?:report|interview|column|commentary|op-ed|piece)\s+(?:was\s+|has\s+been\s+)?(?:originally|first|updated|corrected|republished)\b.{0,160}$""",
        "page pointer": r"^(?:see|turn\s+to|full\s+story|more)\b.{0,80}\bpages?\s+\d+\.?$",
        "call-in": r"""^(?:call|ring|phone|text|e-?mail|whatsapp)\b.{0,60}\b(?:newsdesk|news\s+desk|tip\s*line)\b.{0,80}$
            | ^(?:to\s+place|tickets?|for\s+tickets|to\s+book|to\s+advertise)\b.{0,60}\d{3}[\d\s()-]{4,}\.?$""",
        "author note": r"""^(?:follow|e-?mail|contact|reach|write\s+to)\s+(?:him|her|them|the\s+author|(?-i:[A-Z])\S+(?:\s(?-i:[A-Z])\S+)?)\s+(?:on|at)\s+(?:twitter|x|facebook|instagram|bluesky|@|\S+@|\[email).{0,80}$
            | ^(?:he|she|they|the\s+author|(?-i:[A-Z])\S+(?:\s(?-i:[A-Z])\S+)?)\s+can\s+be\s+(?:reached|contacted|followed)\s+(?:at|on|by|via)\b.{0,80}$""",
        "language picker": rf"^\W*(?:{_LANGUAGES}\b\W*(?:\(\w+\)\W*)?){{2,}}$",
    }
)

NOTICES = _rules(
    {
        "image credit": rf"""^.{{0,400}}[(\[](?:[^()\[\]]{{0,80}}\bphotos?\s*(?:/|by\b|:|credit|courtesy)[^()\[\]]{{0,80}}|(?:image|credit|picture|illustration)\s*:[^()\[\]]{{0,80}}|[^()\[\]]{{0,60}}/\s*{_PICTURE_AGENCIES})[)\]]\.?$
            | ^(?:[^.!?]|[A-Z]\.|\.\w){{1,200}}\.?\s[^.!?]{{0,60}}(?:/\s*{_PICTURE_AGENCIES}|\bvia\s+(?:getty(?:\s+images)?|shutterstock|afp|ap|reuters))$
            | ^[^!?]{{3,240}}\b(?-i:Photo|Image|Picture|Foto|Photograph|Credit|Illustration)s?\s*[:©]\s*[^.!?]{{2,80}}\.?$
            | ^[^.!?]{{3,160}}\.\s*(?-i:Credit)\s*:?\s*(?-i:[A-Z])[^.!?]{{2,60}}$ | ^.{{3,240}}[.]\s(?:REUTERS|AP\s+Photo|AFP)\s*/\s*\S[^.!?]{{0,60}}$""",
        "disclaimer": r"""^(?=.{0,200}\b(?:this|it|nothing|articles?|content|information|material|author|site|opinions?)\b).*\b(?:not|nothing|neither)\b.{0,120}
            \b(?:investment|financial|legal|tax|professional)(?:,?\s+(?:or\s+|and\s+)?(?:tax|legal|financial|investment))*\s+advice\b.*(?:\.|\w)$(?<!["”’])
            | ^.{0,200}\b(?:educational|informational|information)\s+purposes\s+only\b.*$
            | ^.{0,120}\b(?:views?|opinions?)\b.{0,60}\bexpressed\s+(?:here(?:in)?|in\s+this\s+\w+|by\s+the\s+author|are\s+(?:those|solely|the\s+author))\b.*$
            | ^.{0,60}\b(?:information|pages?|article|report|release)\b.{0,40}\bcontains?\s+forward[-\s]looking\s+statements\b.*$
            | ^.{0,80}\bdo(?:es)?\s+not\s+provide\s+personali[sz]ed\s+recommendations?\b.*$ | ^the\s+author\b.{0,80}\bmay\s+(?:have|hold)\s+positions?\s+in\b.*$
            | ^if\s+not\s+otherwise\s+explicitly\s+mentioned\b.*$ | ^securities\s+(?:are\s+)?offered\s+(?:by|through)\b.*$
            | ^(?:disclaimer|disclosures?|legal\s+notice|important\s+(?:information|disclosures?))\s*(?:[:.–—]|-{1,2}\s).*$ | ^for\s+an?\s+in-depth\s+analysis\b.{0,60}\bcheck\s+out\b.*$""",
        "trading widget": r"^(?=(?:.{0,1000}\btrade\s+now\b){2}).*$ | ^.*\byou\s+voted\s+(?:bullish|bearish)\b.*$",
        "credits": rf"^\((?:additional\s+)?(?:reporting|writing|editing|compiled)\s.{{0,240}}\)$ | ^[-–—]{{1,2}}\s*(?:additional\s+)?reporting\s+by{_NAMES}$",
        "author note": r"^[^“\"]{0,300}[.]\s(?:follow|e-?mail|contact)\s+(?:him|her|them)\s+(?:on|at)\b.{0,80}$ | ^[^“\"]{0,300}[.]\s(?:he|she|they)\s+can\s+be\s+(?:reached|contacted|followed)\b.{0,80}$",
        "transcript note": r"^\(\s*this\s+transcript\b.*$ | ^.{0,60}\baccuracy\s+and\s+availability\b.{0,40}\btranscripts?\b.{0,160}$",
        "footnote": r"^\*{1,6}(?-i:[A-Z])(?!.*\*)[^.!?]{0,200}$",
    }
)

SECTIONS = re.compile(
    r"""^\W*(?:related(?:\s+(?:stories|story|articles?|content|links|coverage|topics|news|posts|reading))?
    | (?:more|most)\s+(?:read|popular|viewed|shared|commented|on\s+this(?:\s+(?:story|topic))?|stories|news|top\s+stories|to\s+explore|coverage|from\s+(?-i:[A-Z])[\w ]{2,30}|in\s+(?-i:[A-Z])\w+)
    | recommended(?:\s+(?:reading|for\s+you|stories|articles|videos?))? | you\s+(?:may|might)(?:\s+also)?\s+(?:like|be\s+interested\s+in|enjoy)
    | (?:now\s+)?trending(?:\s+(?:now|stories|topics))? | top\s+stories | latest(?:\s+(?:news|stories|headlines|articles|posts))? | editor['’]?s?['’]?\s+(?:picks?|choice)
    | popular(?:\s+(?:now|posts|stories|articles))? | (?:read|up|what\s+to\s+read)\s+next | see\s+also | also\s+(?:read|of\s+interest|in\s+the\s+news) | further\s+reading
    | promoted\s+(?:stories|content) | sponsored\s+(?:stories|content|links) | (?:from\s+)?around\s+the\s+web | don['’]t\s+miss | in\s+case\s+you\s+missed\s+it
    | recent\s+(?:posts|articles|stories) | stories\s+for\s+you | read\s+more | read\s+these\b[^.!?]{0,120}) \s*[:：>»]*\W*$""",
    re.IGNORECASE | re.VERBOSE,
)


def _phrases(table: Mapping[str, str]) -> dict[str, str]:
    """Rule by phrase; the first rule that lists a phrase names it."""
    found: dict[str, str] = {}
    for rule, listed in table.items():
        for phrase in " ".join(listed.split()).split(" / "):
            found.setdefault(phrase.strip(), rule)
    return found


EXACT = _phrases(_EXACT)
LABELS = _phrases(_LABELS)
_LABEL = re.compile(r"^\W*(\w[\w.’' -]{1,30}?)\s*[:：>»|]+\s*\S")


def _opening(table: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (
            rule,
            re.compile(
                r"^\W*(?:" + "|".join(map(re.escape, " ".join(listed.split()).split(" / "))) + r")(?!\w)", re.IGNORECASE
            ),
        )
        for rule, listed in table.items()
    )


OPENERS = _opening(_OPENERS)
PROMPTS = _opening(_PROMPTS)
_LONGEST_PIECE = 400


def is_menu_entry(part: str) -> bool:
    """Whether one part of a line cut up by bars is an entry of a menu ("Print", "Leave a comment (14)")."""
    plain = re.sub(r"\s*[(,:–-].*$", "", part.strip(" .·|"))
    return _plain(plain) in EXACT or bool(
        re.search(r"\b18\+|^\W*©|^read\s+more\b|^powered\s+by\b|@\w", part, re.IGNORECASE)
    )


def _plain(piece: str) -> str:
    return " ".join(re.sub(r"[^\w&]+", " ", piece.casefold()).split())


def piece_rule(piece: str, *, alone: bool) -> str | None:
    """Name of the rule by which a sentence or a short line is no article text, None when it is.

    `alone` says that it is a paragraph of its own: single words ("More") count only then.
    """
    if len(piece) > _LONGEST_PIECE:
        return None
    plain = _plain(piece)
    if (alone or " " in plain) and not re.match(r"\W*\d", piece) and (rule := EXACT.get(plain)):
        return rule
    if (label := _LABEL.match(piece)) and (rule := LABELS.get(label.group(1).casefold().strip())):
        return rule
    if not ends_sentence(piece):
        for rule, opening in OPENERS:
            if opening.match(piece):
                return rule
    for rule, pattern in (*PROMPTS, *PATTERNS):
        if pattern.match(piece):
            return rule
    return None


def notice_rule(paragraph: str) -> str | None:
    """Name of the rule by which a whole paragraph is a caption, a disclaimer or another notice."""
    return next((rule for rule, pattern in NOTICES if pattern.match(paragraph)), None)
