"""Who in a text is under age, and how else than by a listed word it says that somebody is undressed.

In: the words of a text (lexicon.py).  Out: matches of the kinds MINORS and NUDITY, for rules.py to bring together.

An age is one of people: a number beside a girl, a pronoun or a year, and none that counts or measures things, such as
12 candles, f/8 and an old whisky.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from inference.safety.lexicon import Kind, Match, Words
from inference.safety.normalise import normalise
from inference.safety.plans import GIVEN_NAMES

AGE: Final = "age"
"""The category of an age: it is said in any language."""


def minors(words: Words, matches: Sequence[Match]) -> Iterator[Match]:
    """Words for minors, classes of a school, and ages up to 17."""
    yield from (match for match in matches if match.kind is Kind.MINORS and not _is_no_child(words, match))
    for match in _found(_AGE, words, Kind.MINORS):
        if not _of_a_thing(words, match):
            yield match
    for match in _found(_BARE_AGE, words, Kind.MINORS):
        if not _counts(words, match.last):
            yield match
    for match in _found(_GROWN, words, Kind.MINORS):
        apart = ends_piece(words, match.first) or match.last - match.first > 1
        if apart and ends_piece(words, match.last) and not _counts(words, match.last):
            yield match
    for match in _found(_YEARS, words, Kind.MINORS):
        if ends_piece(words, match.last) and (match.first == 0 or ends_piece(words, match.first - 1)):
            yield match
    if not _photographed(words):
        yield from _found(_SEX_AND_AGE, words, Kind.MINORS)
    yield from _found(_CLASS, words, Kind.MINORS)
    for found in _UNSPACED_AGE.finditer(words.flat):
        index, _ = words.span(found)
        yield Match(Kind.MINORS, AGE, found[0], index, index)
    yield from _alone(words)


def undressing(words: Words) -> Iterator[Match]:
    """Clothes that are missing, or that somebody takes off: "without pants", "takes off her shirt"."""
    for match in _found(_UNDRESSED, words, Kind.NUDITY):
        following = words.words[match.last + 1 : match.last + 2]
        if match.text.endswith("strips") and not ends_piece(words, match.last):
            continue
        if ends_piece(words, match.last) or not _OTHERWISE.intersection(following):
            yield match


def bathing(words: Words) -> Iterator[Match]:
    """Where people wear nothing, though nobody says so."""
    yield from _found(_BATHING, words, Kind.NUDITY)


def is_half_grown(minor: Match) -> bool:
    """Whether no small child is meant, whom parents show in the bath."""
    return minor.category == AGE or bool(_HALF_GROWN.search(minor.text))


def _found(pattern: re.Pattern[str], words: Words, kind: Kind) -> Iterator[Match]:
    category = AGE if kind is Kind.MINORS else "en"
    for found in pattern.finditer(words.flat):
        first, last = words.span(found)
        if words.starts[first] == found.start():
            yield Match(kind, category, found[0], first, last)


def _alone(words: Words) -> Iterator[Match]:
    """A number between signs, and a girl soon after: "fifteen, topless blonde"."""
    for index, word in enumerate(words.words):
        begins = index == 0 or words.pieces[index - 1] != words.pieces[index]
        is_age = begins and _NUMBER.fullmatch(word) and ends_piece(words, index) and not _counts(words, index)
        if is_age and _YOUNG.intersection(words.words[index + 1 : index + 5]):
            yield Match(Kind.MINORS, AGE, word, index, index)


def ends_piece(words: Words, index: int) -> bool:
    """Whether nothing follows a word, or only after a sign."""
    return index + 1 == len(words.words) or words.pieces[index + 1] != words.pieces[index]


def _of_a_thing(words: Words, age: Match) -> bool:
    """Whether the noun beside an age is a thing: what comes after "with" or a person is none of its age."""
    if age.text.startswith(("de ", "a ", "di ")) and words.words[age.first - 1] in _AGED_THINGS:
        return True
    for word in words.words[age.last + 1 : age.last + 4]:
        if word in _AGED_THINGS:
            return True
        if word in _LINKS or word in _YOUNG:
            return False
    return False


def _counts(words: Words, last: int) -> bool:
    """Whether the number says how many or how much: 12 candles, 9 feet, 16:9."""
    if last + 1 == len(words.words):
        return False
    following = words.words[last + 1]
    if following[0].isdecimal():
        return True
    if words.pieces[last + 1] != words.pieces[last] or (following == "years" and ends_piece(words, last + 1)):
        return False
    plural = following.endswith("s") and len(following) > 3 and not following.endswith(("ss", "ess"))
    return following in _UNITS or (plural and following not in _DOES)


def owns(words: Words, minor: Match) -> bool:
    """Whether something that a minor has is meant: her son's car."""
    after = words.words[minor.last + 1 : minor.last + 4]
    return after[:1] == ["s"] and bool(_OWNED.intersection(after)) and not ends_piece(words, minor.last + 1)


def _is_no_child(words: Words, match: Match) -> bool:
    """A key of music, what is minor and no person, and daughters of legend."""
    before, after = words.words[max(0, match.first - 3) : match.first], words.words[match.last + 1 : match.last + 4]
    if match.text == "minor":
        return _KEY.search(f" {' '.join(before)} ") is not None or bool(_SMALL_MATTERS.intersection(after[:1]))
    return match.text in ("daughter", "daughters") and after[:1] == ["of"] and bool(_LEGENDS.intersection(after))


def _photographed(words: Words) -> bool:
    """Whether f/14 may be an aperture, or F14 a fighter."""
    return any(word in _APERTURES or (word[0].isdecimal() and word.endswith("mm")) for word in words.words)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEENS: Final = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
_SPELT: Final = f"three|four|five|six|seven|eight|nine|{_TEENS}"
_N: Final = f"(?:1[0-7]|[3-9]|{_SPELT})"
_N_ES: Final = "dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieciseis|diecisiete"
_N_PT: Final = (
    "dois|tres|quatro|cinco|seis|sete|oito|nove|dez|onze|doze|treze|quatorze|catorze|quinze|dezesseis|dezasseis"
    "|dezessete|dezassete"
)
_N_FR: Final = "deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|dix sept"
_N_IT: Final = (
    "due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|tredici|quattordici|quindici|sedici|diciassette"
)
_N_DE: Final = (
    "zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf|dreizehn|vierzehn|funfzehn|sechzehn|siebzehn"
    "|1[0-7]|[3-9]"
)
_N_NL: Final = (
    "twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|zeventien|1[0-7]|[3-9]"
)
_N_NORDIC: Final = (
    "to|tva|tre|fire|fyra|fem|seks|sex|syv|sju|otte|atte|atta|ni|nio|ti|tio|elleve|elva|tolv|tretten|tretton|fjorten"
    "|fjorton|femten|femton|seksten|sexton|sytten|sjutton|1[0-7]|[3-9]"
)
_ELSEWHERE: Final = (
    rf"(?:de|con|tiene|tienes|cumple|cumplio|edad) (?:{_N_ES}) an(?:os|itos)"
    rf"|(?:de|com|tem|faz|fez|idade) (?:{_N_PT}) an(?:os|inhos)"
    rf"|(?:de|(?<! y )a|elle a|agee? de|avec|ses) (?:{_N_FR}|1[0-7]|[3-9]) ans"
    rf"|(?:di|ha|con|compie) (?:{_N_IT}|1[0-7]|[3-9]) anni"
    rf"|(?:{_N_DE})(?: jahre? alt| ?jahrig)\w*|(?:mit|von|ist) (?:{_N_DE}) jahren?"
    rf"|(?:van|met|is) (?:{_N_NL}) jaar(?: oud)?|(?:{_N_NL}) jaar oud|(?:{_N_NL}) ?jarige?"
    rf"|(?:{_N_NORDIC}) ?ari(?:g|ga|ge|gt|ng|ngen|ngar|nger)|(?:{_N_NORDIC}) ar gam(?:la|le|m[ae]lt?)"
)
"""Ages in Spanish, Portuguese, French, Italian, German, Dutch, Swedish, Danish and Norwegian."""
_NUMBER: Final = re.compile(_N)
_PERSON: Final = (
    "girl|boy|daughter|son|sister|brother|niece|nephew|cousin|student|pupil|cheerleader|gymnast|ballerina|blonde|"
    "brunette|redhead|female|male|virgin|lass|chick|babe|princess|ballet dancer"
)
_YOUNG: Final = _words(_PERSON.replace("|", " "))
_BEING: Final = (
    "of|who|is|s|was|just|only|barely|nearly|almost|turned|turning|turns|age|aged|about|she|he|her|his|now|looks|like"
    "|between"
)
_OLD: Final = "yo|y o|yr old|yrs old|yr olds|year old|years old|year olds|years of age|yearold"
_AGE: Final = re.compile(
    rf"(?<= )(?:(?:1[0-7]|[1-9]|one|two|{_SPELT}) ?(?:{_OLD})"
    rf"|(?:\d{{1,2}}|one|two|{_SPELT}) (?:month|months|week|weeks) old"
    rf"|(?:aged?|age of) (?:1[0-7]|[1-9]|one|two|{_SPELT})"
    rf"|{_N} ?yrs? (?:\w+ ){{0,2}}(?:{_PERSON})|{_N} year (?:\w+ )?(?:{_PERSON})"
    rf"|(?:de|con|com|a|di|tiene|tem|ha) {_N} (?:anos|ans|anni)|{_ELSEWHERE})(?= )"
)
_YEARS: Final = re.compile(
    rf"(?<= )(?:(?:{_N_ES}|{_N_PT}|1[0-7]|[5-9]) anos|(?:{_N_FR}|1[0-7]|[5-9]) ans|(?:{_N_IT}|1[0-7]|[5-9]) anni)(?= )"
)
"""An age where nothing stands beside it: "nue, douze ans"."""
_BARE_AGE: Final = re.compile(
    rf"(?<= )(?:(?:{_PERSON}|{GIVEN_NAMES})(?: named \w+)?(?: (?:{_BEING})){{0,4}}"
    rf"|(?:she|he|i|who|they)(?: (?:s|is|was|m|am|are|re|has|have|recently|to|still|{_BEING})){{1,4}}"
    rf"|(?:just|recently|barely|only) turned|barely|(?:im|shes|hes)(?: (?:{_BEING})){{0,2}}) {_N}(?= )"
)
_GROWN: Final = re.compile(rf"(?<= )(?:woman|man|lady|model|wife)(?: (?:of|is|age|aged))? (?:1[0-7]|{_TEENS})(?= )")
"""Of a grown-up a number is an age only where nothing else stands beside it."""
_SEX_AND_AGE: Final = re.compile(r"(?<= )(?:(?:1[0-7]|[5-9]) ?f|f ?(?:9|10|12|13|14|15|17))(?= )")
_ORDINAL: Final = (
    "(?:1st|2nd|3rd|[4-9]th|1[0-2]th|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)"
)
_PUPIL: Final = "girls?|boys?|students?|pupils?|kids?|cheerleaders?|class|teens?|schoolgirls?"
_CLASS: Final = re.compile(
    rf"(?<= )(?:highschool(?:ers?| (?:freshm[ae]n|sophomores?|seniors?|{_PUPIL}))"
    rf"|{_ORDINAL} graders?|(?:in|from) (?:the )?{_ORDINAL} grade|{_ORDINAL} grade (?:{_PUPIL})"
    rf"|year (?:[3-9]|1[0-3]) (?:{_PUPIL})|(?:high|middle"
    rf"|junior high) school (?:freshm[ae]n|sophomores?|junior|senior)s?"
    rf"|(?:high|middle|junior high|elementary|primary|secondary) school (?:age|aged"
    rf"|cheerleading|gymnast|virgin|slut)s?)"
    rf"(?= )"
)
_UNSPACED_AGE: Final = re.compile(f"(?<![0-9])(?:1[0-7]|[3-9]) ?(?:歳|才|岁|歲|살|세|{normalise('лет')})")
_ON: Final = "(?:a |any |her |his |their |my |the )?"
_BELOW: Final = (
    "(?:pants|trousers|panties|underwear|underpants|undies|undergarments|diapers?|nappy|nappies|"
    "knickers|bra|bottoms|swimsuit|bikini)"
)
_GARMENT: Final = (
    f"(?:{_BELOW[3:-1]}|clothes|clothing|shirt|t shirt|tshirt|top|shorts|skirt|dress"
    f"|blouse|pajamas|pyjamas|leotard|school uniform|"
    "uniform|boxers|briefs|leggings|jeans|tights|nightgown|nightie|towel)"
)
_HERS: Final = "(?:her|his|their|my|your)(?: school| little| own| wet| pink| white)?"
_UNDRESSED: Final = re.compile(
    rf"(?<= )(?:(?:no|without) {_ON}{_BELOW}|without (?:any|her|his|their|my) cloth(?:es|ing)"
    rf"|(?:takes?|taking|took|pulls?|pulling|pulled|slips?|slipping|peels?|peeling) (?:off|down) {_HERS} {_GARMENT}"
    rf"|(?:takes?|taking|took|pulls?|pulling|pulled) {_HERS} {_GARMENT} (?:off|down)"
    rf"|(?:removes?|removing|removed|drops?|dropping|dropped|unbuttons?|unbuttoning|unzips?"
    rf"|unzipping) {_HERS} {_GARMENT}"
    rf"|(?:lifts?|lifting|lifted|raises?|raising|hikes?|hiking|pulls?"
    rf"|pulling)(?: up)? {_HERS} (?:skirt|dress|shirt|top)"
    rf"|(?:her|his|their) (?:shirt|top|pants|shorts|panties|skirt|dress|underwear|bra) (?:off|pulled down|lifted)"
    rf"|(?:girl|boy|kid|child|teen|teenager|schoolgirl|student|she|he) strips(?: down| off| for| to)?"
    rf"|strips naked|skinny dip\w*|wears nothing|wear nothing|wearing only a towel|in only a towel)(?= )"
)
_OTHERWISE: Final = _words(
    "out over above to from pockets pocket size sizes hanger rack bottoms brand drawer line around into through"
)
"""What makes something else of it: her skirt out of the puddle, no pants pockets."""
_BATHING: Final = re.compile(
    r"(?<= )(?:in (?:the |a |her |his )?(?:shower|bath(?! bomb)|bathtub|bubble bath|sauna)|(?:taking"
    r"|takes) a (?:shower|bath)"
    r"|showering|bathing)(?= )"
)
_HALF_GROWN: Final = re.compile("teen|tween|adolescent|school|grader|pubert|pubescent|minor|juvenile|under")
_UNITS: Final = _words(
    "feet foot ft cm mm m km k kg inch px am pm percent degree o to of out bit star d fps people men women children"
    " dwarves piece point person mm mp times x by or minute hour day week month dollar euro megapixel head"
    " jahrhundert stock bezirk"
)
_DOES: Final = _words(
    "takes strips lifts pulls shows plays wears lies sits stands drops removes looks gets bares has was"
)
_KEY: Final = re.compile(
    r" (?:[b-g]|[a-g] (?:flat|sharp)) $|(?:nudes?|nocturne|sonata|waltz|song|prelude|etude) in a $"
)
_SMALL_MATTERS: Final = _words(
    "artist artists character characters change changes injury injuries detail details league role roles key scale"
    " chord chords planet repairs scratch scratches flaw flaws bug bugs issue issues edit edits tweak tweaks"
    " adjustments deity god goddess noble lord villain poet work works arcana third"
)
_LEGENDS: Final = _words(
    "dracula zeus satan frankenstein odin lucifer hades poseidon ares apollo vampire vampires demon demons devil"
    " darkness death chaos night moon sun sea ocean dragon dragons wolves anarchy eve gods titan titans lilith medusa"
    " storm storms thunder fire ice evil helios loki thor triton athena cthulhu"
)
_OWNED: Final = _words(
    "car cars bike bicycle jeep convertible truck van bus boat guitar dog cat puppy kitten horse pony hamster house"
    " garden toy toys drawing drawings painting homework book comic cake lunchbox skateboard scooter motorcycle"
    " computer laptop"
)
_LINKS: Final = _words(
    "with in on at and or by from near under behind holding wearing riding next beside before who is naked nude topless"
)
_APERTURES: Final = _words(
    "aperture lens iso bokeh canon nikon sony leica hasselblad dslr exposure camera tomcat eagle jet jets fighter"
    " fighters aircraft plane navy usaf raptor falcon hangar fuselage cockpit"
)
_AGED_THINGS: Final = _words(
    "whisky whiskey scotch bourbon wine wines rum cognac brandy port sherry cheese cheddar parmesan vinegar tea"
    " barrel car cars truck van bus house building cottage barn castle church bridge tree trees oak bonsai vine dog"
    " dogs puppy puppies cat cats kitten kittens horse pony mare stallion foal cow calf goat pig parrot turtle"
    " tortoise elephant lion lioness gorilla chimpanzee laptop computer phone bike bicycle motorcycle boat ship sofa"
    " couch mattress shoes boots coat jacket guitar piano violin book newspaper game console company business firm"
    " startup tradition recipe sourdough starter photograph photo painting statue city mystery secret fridge toaster"
    " tractor labrador retriever dachshund shepherd poodle terrier beagle bulldog corgi tabby tomcat cognacs whiskies"
    " vintage vin vino vinho cask bottle bottles malt dram single ron queso perro perra gato gata arbol coche caballo"
    " cachorro chien chat fromage voiture arbre cheval rhum hund katze wein kase baum auto pferd cao queijo arvore"
    " cavalo carro maison haus casa wijn kaas boom paard hond kat plan hest bil ost katt katte"
)
