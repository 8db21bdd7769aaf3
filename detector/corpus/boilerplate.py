"""What is printed around an article, as tables of phrases; general ones, none names an outlet.

A piece is a sentence of a paragraph, or the paragraph when it is one. A piece goes when

    EXACT      it is one of these phrases and nothing else,
    LABELS     it begins with one of these and a colon, bar or arrow ("Read more: …"),
    OPENERS    it begins with one of these and is no full sentence ("Sign up for our briefing"),
    PROMPTS    it begins with one of these, full sentence or not ("Subscribe to the Beacon for $4 a month."),
    PATTERNS   it matches.

NOTICES match whole paragraphs, SECTIONS the heading of a list of other articles. Each table is by the name under
which a removal is reported. To add a phrase: put it in a table, put the line that showed it in
tests/test_corpus_boilerplate.py, and beside it a real sentence that begins alike and must stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from detector.corpus.paragraphs import ends_sentence

_EXACT = {
    "advertisement": """
        advertisement / advertisements / advertising / advert / ad / ads / sponsored / sponsored content /
        sponsored post / promoted / paid content / paid post / remove ads / ad feedback / skip ad /
        skip advertisement""",
    "navigation": """
        home / menu / search / log in / login / log out / sign in / sign up / register / subscribe / my account /
        account / close / open / back / next / previous / older posts / newer posts / previous post / next post /
        previous article / next article / previous story / next story / back to top / go to top / top / skip /
        skip to content / skip to main content / skip navigation / skip to navigation / go back / follow us /
        like us / contact us / about / about us / about this blog / about the author / help / faq / newsletters /
        newsletter / epaper / e paper / puzzles / bingo / crosswords / crossword / games / quizzes / podcasts /
        podcast / videos / video / markets / weather / live / watch live / listen live / sport / sports / news /
        world / politics / business / opinion / culture / lifestyle / tech / technology / science / health /
        entertainment / travel / jobs / cars / property / classifieds / obituaries / shop / store / donate /
        advertise / advertise with us / careers / terms / terms of use / terms of service / terms and conditions /
        terms & conditions / privacy / privacy policy / cookie policy / privacy notice / do not sell my info /
        manage preferences / unsubscribe / settings / preferences / accessibility / sitemap / site map / corrections /
        archive / archives / rss / edition / read more / load more / show more /
        see more / see all / view all / more / latest / trending / play / pause / mute / expand / collapse / loading /
        enlarge / view gallery / view fullscreen / toggle caption / hide caption / letters to the editor /
        tip us / play now / forward to a friend / topics / tags""",
    "share": """
        share / share this / share this article / share this story / share this page / share this post / tweet /
        tweet this / facebook / twitter / x / whatsapp / linkedin / reddit / pinterest / telegram / flipboard /
        instagram / youtube / tiktok / threads / bluesky / mastodon / messenger / email / e mail / email this /
        email article / print / print this / print article / save / save article / bookmark / copy link / copy /
        link / copied / link copied / copied to clipboard / link copied to clipboard / gift article /
        gift this article / sms / pocket / tumblr / share options / share full article / follow / like / pin / post""",
    "comments": """
        comments / comment / leave a comment / leave a reply / post a comment / add a comment / write a comment /
        view comments / show comments / read comments / hide comments / see comments / join the conversation /
        join the discussion / have your say / no comments / be the first to comment / sign in to comment /
        log in to comment / comments are closed / comments are closed on this article""",
    "newsletter": """
        sign up now / sign up here / subscribe now / subscribe here / get breaking news / stay informed /
        stay connected / our newsletters / newsletters / thank you for signing up / thanks for signing up /
        thank you for reading / thanks for reading / thank you for subscribing / thanks for tuning in /
        thanks for watching / tell a friend / sign me up / your email / email address / your email address /
        enter your email / enter your email address / forward this email / forwarded this email /
        was this forwarded to you""",
    "cookies": """
        accept / accept all / accept cookies / accept all cookies / reject all / reject all cookies / got it /
        ok got it / manage choices / manage cookies / cookie settings / cookie preferences / your choices /
        your privacy choices / cookies / agree and continue / we value your privacy / why did this happen""",
    "language picker": """
        country / language / select language / choose language / choose your language / select your language /
        change language / select your country / select country / choose your country / select region /
        choose your edition / translate / powered by google translate / select your edition / read in english""",
    "image credit": """
        file photo / stock photo / handout photo / file image / archive photo / photo / photos / image / images /
        image source / image caption / getty images / ap photo / afp / epa / shutterstock / istock / handout""",
    "transcript note": "transcript / read transcript / show transcript / hide transcript / read full transcript",
}

_LABELS = {
    "read more": """
        read / read more / read also / read next / read the full story / read on / also read / also see / see also /
        also watch / also on / must read / must-read / more / more on this / more on this story / more on /
        more coverage / more news / more from us / related / related story / related stories / related article /
        related articles / related content / related coverage / related topics / related video / recommended /
        recommended reading / recommended for you / recommended stories / don't miss / don’t miss / next read /
        up next / next up / now read / watch / watch now / watch more / watch also / watch this / watch the video /
        watch video / watch live / watch below / listen / listen now / listen here / listen to this / in pictures /
        in pics / gallery / podcast / from the archive / from the archives / trending / trending now / most read /
        top stories / go deeper / further reading / view more / back page / front page / sports pages /
        after the break / older / newer / you may also like / you might also like / continue reading /
        what to read next / related links / find out more / learn more / click here / full story""",
    "share": """
        share / share this / share on / share via / share article / follow us / follow / follow us on /
        connect with us""",
    "image credit": """
        photo / photos / image / images / picture / pictures / foto / photograph / photographs / photographer /
        photo credit / photo credits / image credit / image credits / picture credit / image source / image caption /
        caption / illustration / illustrations / graphic / graphics / video / credit / credits / cover photo /
        cover image / file photo / pictured / screenshot / screengrab / top photo / main image / lead image /
        photo illustration / photography""",
    "standing line": """
        tag / tags / topic / topics / filed under / filed to / category / categories / keywords / posted in / hashtags /
        twitter / facebook / instagram / email / e-mail / text size / font size""",
    "reading time": "reading time / read time / estimated reading time / estimated read time / est. reading time",
}

_OPENERS = {
    "advertisement": """
        advertisement / story continues / article continues / continue reading below / scroll to continue /
        scroll down to continue / continues below / remove ads""",
    "share": """
        share on / share via / share to / share with / share this / tweet this / print this / email this / copy link /
        save this / follow us / like us on / connect with us / find us on""",
    "comments": """
        leave a comment / leave a reply / view comments / show comments / join the conversation / post a comment""",
    "newsletter": """
        sign up / subscribe / get the latest / get our / get breaking news / get your daily / get alerts / join our /
        enter your email / register now / register for free / newsletter sign / stay up to date / stay up-to-date /
        stay informed / stay in the know / stay connected / never miss / don't miss out / don’t miss out /
        already a subscriber / already a member / already registered / already have an account / become a member /
        become a subscriber / start your free trial / start your subscription / support our journalism /
        support independent journalism / support quality journalism / support local journalism / free newsletter""",
    "paywall": """
        to continue reading / keep reading / unlock this / unlock unlimited / subscribers only / for subscribers /
        premium content / log in to continue / this article is for / this content is for / this story is for""",
    "read more": """
        read more / read also / read next / read the full / read these / read our full / read it here / see also /
        also read / click here / click to / tap here / tap to / watch more / watch the full / watch here / watch now /
        listen here / listen to the full / see more / view more / for more on / for more stories / for more news /
        more from / more about / more stories / more coverage / more news from / go to the full / continue to the /
        full coverage / don't miss""",
    "language picker": """
        read in english / read this in / read this article in / read this story in / also available in /
        available in english / available in spanish / leer en español / lire en français / auf deutsch lesen /
        translate this""",
    "image credit": """
        photo by / photos by / image by / images by / picture by / photograph by / illustration by / graphic by /
        photo courtesy / photo via / image via / image courtesy / courtesy photo / photo from / images from getty""",
    "standing line": "powered by / the-cnn-wire / text size / font size",
}

_PROMPTS = {
    "newsletter": """
        sign up for / sign up to / sign up now / sign up here / sign me up / subscribe to the / subscribe to our /
        subscribe to get / subscribe for / subscribe now / subscribe today / please subscribe / please sign up /
        join our newsletter / get our newsletter / get the newsletter / get our app / download our app /
        tell a friend / forwarded this / if this was forwarded / was this forwarded / thank you for signing up /
        thanks for signing up / thanks for tuning in / thank you for subscribing / to get it in your inbox /
        if you'd like to support / if you’d like to support / enter your email / by signing up, you /
        by subscribing, you / you have successfully / become a patron / consider becoming a / consider supporting /
        consider subscribing / you can unsubscribe / delivered to your inbox""",
    "paywall": """
        this article is for subscribers / this article is available to / this content is available to /
        this story is for subscribers / to continue reading / you have reached your limit / you have read your last /
        unlock this article / already a subscriber / already a member / subscribers only""",
    "comments": """
        comments are closed / comments have been / comments on this article / leave a comment / join the conversation /
        let us know in the comments / tell us in the comments / tell us what you think / for discussion, please /
        have your say / share your thoughts""",
    "share": "please share / please use the sharing tools / follow us on / like us on / find us on facebook",
    "call-in": """
        were you there? / do you know more? / do you have a story / got a story? / got a tip? / have a tip? /
        we pay for / to place a family notice / to contact the newsdesk / send your pictures / send us your / tip us""",
    "transcript note": """
        this transcript was / this transcript is / this transcript may / this transcript has / transcript edited""",
    "browser": """
        please enable javascript / please make sure your browser / your browser does not / your browser doesn /
        you need to enable javascript / this video cannot / this video can not / video cannot be played /
        this content is not available""",
    "read more": """
        click here / tap here / read more about this / for more information, visit / for more information visit""",
    "copyright": "prohibida su reproducción / reproduction without / all rights reserved / copyright ©",
    "publication note": """
        this is a developing story / this story has been updated / this article has been updated /
        this story was updated / this article was updated / this post was updated / this post has been updated /
        this article was originally / this article first / this article was first / this story originally /
        this story was originally / this story first / this story was first / this post originated /
        this post originally / this post first / this article originally / this is an abridged version /
        a version of this article / a version of this story / an earlier version of this article /
        an earlier version of this story / this is a breaking news story / please check back /
        check back for updates / this story is developing / this article was translated / this article was produced /
        this article is republished / this page was last""",
}

_SMALL_WORDS = (
    r"(?:by|and|in|from|at|of|the|for|with|on|to|de|van|von|der|la|additional|reporting|writing|editing|compiled|"
    r"production|research)"
)
_NAMES = rf"(?:[\s,;&/()|:–—]+(?:(?-i:[A-Z])[\w.'’-]*|@\w+|(?-i:{_SMALL_WORDS})(?!\w)))+[\s.;)]*"
_PICTURE_AGENCIES = (
    r"(?:getty(?: images)?|afp|ap|reuters|epa(?:-efe)?|pa(?: (?:wire|images|media))?|upi|alamy(?: stock photo)?|"
    r"shutterstock|istock(?:photo)?|bloomberg|xinhua|tass|anadolu(?: agency)?|zuma(?: press)?|unsplash|pexels|pixabay|"
    r"wikimedia(?: commons)?|flickr|handout|dpa|ansa|efe|kyodo|nurphoto|sipa(?: usa)?|corbis|tns|usa today \w+|cnn|"
    r"nbc|abc|cbs|pool|adobe stock)"
)
_ONE_SENTENCE = r"(?:[^.!?]|\.(?=\w|(?<=\b(?-i:[A-Z])\.))){2,200}\.? ?"
_SITES = (
    r"(?:facebook|twitter|x|whatsapp|linkedin|reddit|pinterest|telegram|instagram|e-?mail|print|copy(?: link)?|share|"
    r"tweet|sms|flipboard|save|more)"
)
_LANGUAGES = (
    r"(?:english|espa[ñn]ol|fran[çc]ais|deutsch|italiano|portugu[êe]s|nederlands|polski|русский|українська|"
    r"العربية|中文|日本語|한국어|हिन्दी|türkçe|tiếng việt|bahasa indonesia|ελληνικά|עברית|svenska)"
)


def _pattern(lines: str) -> re.Pattern[str]:
    """A pattern written over several lines; a space is a space, as pieces have no other white space."""
    return re.compile("".join(line.strip() for line in lines.split("\n")), re.IGNORECASE)


def _rules(table: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, _pattern(pattern)) for name, pattern in table.items())


PATTERNS = _rules(
    {
        "navigation": r"""
            ^\W*[←→].{0,80}$
            |^[^.!?]{0,80}[→›]\W*$""",
        "share": rf"""
            ^\W*(?:{_SITES}\W+){{1,12}}{_SITES}\W*$
            |^[\d.,]+k? shares?$""",
        "comments": r"""
            ^\W*(?:(?:view|show|see|read|load|all|no) )*\(?\d+\)? (?:comments?|replies)\W*$
            |^comments? *\(\d+\)$""",
        "reading time": r"^\W*\d{1,3} *-? *min(?:ute)?s?\.? (?:read|watch|listen|video|ago|to read)\W*$",
        "newsletter": r"""
            ^.{0,120}\b(?:in|to|into) your (?:e-?mail )?inbox\b.{0,80}$
            |^.{0,160}\b(?:sign up|subscribe|listen|click|download|register|(?:learn|find out) more|donate|
              join us|follow .{1,60}\S) (?:for free )?here\.?\)?$
            |^(?:keep up|stay)\b.{0,160}\bby checking out\b.{0,160}$
            |^you can find\b.{0,80}\bour web ?site\.$
            |^support for (?:(?-i:[A-Z]{3,5})|this \w+|our \w+) comes from\b.{0,160}$
            |^.{0,60}\bsimply use this link\b.{0,20}$
            |^(?:support|help)\b.{0,60}\bbuy (?:us|me) a coffee\b.{0,60}$""",
        "e-mail footer": r"""
            ^.{0,80}\byou(?: are|['’]re) receiving this\b.{0,200}$
            |^(?=.*\b(?:you|your|us)\b).{0,120}\bunsubscribe\b.{0,160}$
            |^[^.]{0,60}\bunsubscribe\b[^.]{0,20}$
            |^\W*(?:view|read|open) (?:this )?(?:e-?mail )?in (?:your )?browser\W*$
            |^.{0,80}\bemail alerts, please check\b.{0,60}$
            |^subscribers get an e-?mail\b.{0,200}$""",
        "cookies": r"""
            ^.{0,60}\b(?:we|our (?:site|partners)|this (?:web)?site)\b.{0,60}\b(?:use|uses|store|
              using) (?:\w+ )?cookies\b.{0,300}$
            |^\S{1,30}(?: \S{1,20})? uses cookies .{0,100}\byour?\b.{0,200}$
            |^[^.]{0,20}\bcookies? (?:on|policy|settings|notice|consent)\b[^.]{0,30}$
            |^.{0,120}\bby continuing\b.{0,60}\byou (?:agree|accept|consent)\b.{0,160}$""",
        "browser": r"""
            ^.{0,80}\byour browser (?:supports?|does|is|may|settings)\b.{0,200}$
            |^.{0,80}\breview our terms of (?:service|use)\b.{0,100}$
            |^.{0,60}\b(?:enable|turn on) javascript\b.{0,100}$
            |^(?:are you a robot|checking your browser|verify(?:ing)? you are human|
              access denied|page not found|error 404)\b.{0,120}$""",
        "image credit": rf"""
            ^[^.!?]{{0,60}}/ *{_PICTURE_AGENCIES}$
            |^\(?(?:ap photo|reuters|afp|epa) */ *\S.{{0,80}}$
            |^[^.!?]{{1,100}}\b(?:via|on) (?:getty(?: images)?|shutterstock|unsplash|pexels|pixabay|flickr|
              wikimedia(?: commons)?|istock)$
            |^[^.!?]{{0,120}}\bcourtesy of [^.!?]{{2,60}}$
            |^[^.!?]{{0,80}}\bprice chart$
            |^{_PICTURE_AGENCIES}(?: */ *{_PICTURE_AGENCIES})*(?: (?:file )?(?:photo|image)s?)?$""",
        "copyright": r"""
            ^\W*(?:\(tm\) *& *)?(?:©|\(c\) (?=.*\d{4})|copyright (?:\(c\)|\d{4}|
              (?-i:[A-Z])\S+(?: \S+){0,4} \d{4})).{0,240}$
            |^[^.!?]{0,60}\ball rights reserved\b.{0,80}$
            |^.{0,60}© *\d{4}.{0,80}$
            |^(?:this|the) (?:material|content|article|story|
              publication)\b.{0,80}\bmay not be (?:published|rebroadcast|reproduced|republished|
              redistributed)\b.{0,160}$""",
        "credits": rf"""
            ^\W*(?:additional )?(?:reporting|writing|editing) (?:and \w+ )?by{_NAMES}$
            |^[^“"]{{0,160}}\bcontributed to this (?:report|story|article|post|piece)\b.{{0,40}}$
            |^[^“"]{{0,120}}\bcontributed (?:additional )?(?:reporting|research)\b.{{0,60}}$
            |^\W*(?:curated|compiled|edited|written|reported|produced|story|words|text|inputs) by{_NAMES}$
            |^\W*with (?:additional )?(?:inputs?|reporting) (?:from|by){_NAMES}$
            |^[-–—]{{1,2}} *(?:with )?(?:reuters|ap|afp|bloomberg|upi|dpa|pti|ani|xinhua|agencies)\W*$
            |^\W*(?:e-?mail|tweet|write to|contact) \S+@\S+.{{0,60}}$
            |^\(?(?:feedback|feedback or tips)\?$""",
        "standing line": r"""
            ^.{0,40}\btrust principles\b.{0,20}$
            |^(?:twitter|instagram|facebook|threads) *: *\S+$
            |^\*{1,6}(?:https?://|www\.|\w[\w.-]*\.\w{2,6}/)\S+(?: \S+){0,4}$
            |^https?://\S+$""",
        "publication note": r"""
            ^(?:first|originally) (?:published|posted|appeared) *(?:on|in|at|by|:)?[^,.!?]{0,60}\.?$
            |^the post .{3,120} appeared first on\b.{0,80}$
            |^this (?:report|interview|column|commentary|op-ed|piece) (?:was |has been )?(?:originally|
              first|updated|corrected|republished)\b.{0,160}$""",
        "page pointer": r"^(?:see|turn to|full story|more)\b.{0,80}\bpages? \d+\.?$",
        "call-in": r"""
            ^(?:call|ring|phone|text|e-?mail|whatsapp)\b.{0,60}\b(?:newsdesk|news desk|tip *line)\b.{0,80}$
            |^(?:to place|tickets?|for tickets|to book|to advertise)\b.{0,60}\d{3}[\d\s()-]{4,}\.?$""",
        "author note": r"""
            ^(?:follow|e-?mail|contact|reach|write to) (?:him|her|them|the author|
              (?-i:[A-Z])\S+(?: (?-i:[A-Z])\S+)?) (?:on|at) (?:twitter|x|facebook|instagram|bluesky|@|\S+@|
              \[email).{0,80}$
            |^(?:he|she|they|the author|(?-i:[A-Z])\S+(?: (?-i:[A-Z])\S+)?) can be (?:reached|contacted|
              followed) (?:at|on|by|via)\b.{0,80}$""",
        "language picker": rf"^\W*(?:{_LANGUAGES}\b\W*(?:\(\w+\)\W*)?){{2,}}$",
    }
)

NOTICES = _rules(
    {
        "image credit": rf"""
            ^.{{0,400}}[(\[](?:[^()\[\]]{{0,80}}\bphotos? *(?:/|by\b|:|credit|courtesy)[^()\[\]]{{0,80}}|(?:image|
              credit|picture|illustration) *:[^()\[\]]{{0,80}}|[^()\[\]]{{0,60}}/ *{_PICTURE_AGENCIES})[)\]]\.?$
            |^{_ONE_SENTENCE} [^.!?]{{0,60}}(?:/ *{_PICTURE_AGENCIES}|
              \bvia (?:getty(?: images)?|shutterstock|afp|ap|reuters))$
            |^{_ONE_SENTENCE}\b(?-i:Photo|Image|Picture|Foto|Photograph|Credit|Illustration)s? *[:©] *
              {_ONE_SENTENCE}$
            |^[^.!?]{{3,160}}\. *(?-i:Credit) *:? *(?-i:[A-Z])[^.!?]{{2,60}}$
            |^.{{3,240}}[.] (?:REUTERS|AP Photo|AFP) */ *\S[^.!?]{{0,60}}$""",
        "disclaimer": r"""
            ^(?=.{0,200}\b(?:this|it|nothing|articles?|content|information|material|author|site|
              opinions?)\b).*\b(?:not|nothing|neither)\b.{0,120}\b(?:investment|financial|legal|tax|
              professional)(?:,? (?:or |and )?(?:tax|legal|financial|investment))* advice\b.*(?:\.|
              \w)$(?<!["”’])
            |^.{0,200}\b(?:educational|informational|information) purposes only\b.*$
            |^.{0,120}\b(?:views?|opinions?)\b.{0,60}\bexpressed (?:here(?:in)?|in this \w+|
              by the author|are (?:those|solely|the author))\b.*$
            |^.{0,60}\b(?:information|pages?|article|report|
              release)\b.{0,40}\bcontains? forward[-\s]looking statements\b.*$
            |^.{0,80}\bdo(?:es)? not provide personali[sz]ed recommendations?\b.*$
            |^the author\b.{0,80}\bmay (?:have|hold) positions? in\b.*$
            |^if not otherwise explicitly mentioned\b.*$
            |^securities (?:are )?offered (?:by|through)\b.*$
            |^(?:disclaimer|disclosures?|legal notice|important (?:information|disclosures?)) *(?:[:.–—]|
              -{1,2} ).*$
            |^for an? in-depth analysis\b.{0,60}\bcheck out\b.*$""",
        "trading widget": r"""
            ^(?=(?:.{0,1000}\btrade now\b){2}).*$
            |^.*\byou voted (?:bullish|bearish)\b.*$""",
        "credits": rf"""
            ^\((?:additional )?(?:reporting|writing|editing|compiled) .{{0,240}}\)$
            |^[-–—]{{1,2}} *(?:additional )?reporting by{_NAMES}$""",
        "author note": r"""
            ^[^“\"]{0,300}[.] (?:follow|e-?mail|contact) (?:him|her|them) (?:on|at)\b.{0,80}$
            |^[^“\"]{0,300}[.] (?:he|she|they) can be (?:reached|contacted|followed)\b.{0,80}$""",
        "transcript note": r"""
            ^\( *this transcript\b.*$
            |^.{0,60}\baccuracy and availability\b.{0,40}\btranscripts?\b.{0,160}$""",
        "footnote": r"^\*{1,6}(?-i:[A-Z])(?!.*\*)[^.!?]{0,200}$",
    }
)

SECTIONS = _pattern(
    r"""
    ^\W*(?:related(?: (?:stories|story|articles?|content|links|coverage|topics|news|posts|reading))?
    |(?:more|most) (?:read|popular|viewed|shared|commented|on this(?: (?:story|topic))?|stories|news|top stories|
      to explore|coverage|from (?-i:[A-Z])[\w ]{2,30}|in (?-i:[A-Z])\w+)
    |recommended(?: (?:reading|for you|stories|articles|videos?))?
    |you (?:may|might)(?: also)? (?:like|be interested in|enjoy)
    |(?:now )?trending(?: (?:now|stories|topics))?
    |(?:top|recent) (?:stories|posts|articles)
    |latest(?: (?:news|stories|headlines|articles|posts))?
    |editor['’]?s?['’]? (?:picks?|choice)
    |popular(?: (?:now|posts|stories|articles))?
    |(?:read|up|what to read) next|see also|also (?:read|of interest|in the news)|further reading
    |(?:promoted|sponsored) (?:stories|content|links)
    |(?:from )?around the web|don['’]t miss|in case you missed it|stories for you
    |read more|read these\b[^.!?]{0,120}) ?[:：>»]*\W*$"""
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
_LONGEST_LABELLED = 25
"""Words after which a caption or a link runs into the article's text, as badly scraped pages have it."""


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
    if (
        len(piece.split()) <= _LONGEST_LABELLED
        and (label := _LABEL.match(piece))
        and (rule := LABELS.get(label.group(1).casefold().strip()))
    ):
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
