"""Threats against people, and plans for weapons, that are told by how a sentence is built.

In: the words of a text (lexicon.py).  Out: `Plan`s, and matches of beheadings.  What is listed is rules.py's.

A threat has somebody who will, a deed, and people whom one has: "I will kill my sister".  A dragon, a process, a show
and a film that one shoots are none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inference.safety.lexicon import Kind, Match, Words


@dataclass(frozen=True, slots=True)
class Plan:
    """What was found.  Where the text is a story or a game, it is not `certain`."""

    rule: str
    text: str
    certain: bool = True


def plans(words: Words) -> Iterator[Plan]:
    """Threats, and how weapons are made."""
    there = frozenset(words.words)
    told = bool(_TOLD & there)
    for pattern in _THREATS:
        for found in pattern.finditer(words.flat):
            shot = _SHOT.search(found[0]) is not None and bool(_CAMERA & there)
            if not shot and not _OTHERWISE.match(words.flat, found.end()):
                yield Plan("threat", found[0].strip(), not told)
    if _HARMLESS & there:
        return
    for rule in _WEAPONS:
        what = rule.what.search(words.flat)
        if what is not None and (rule.also is None or rule.also.search(words.flat)):
            yield Plan("weapon_instructions", what[0].strip(), not told)


def beheadings(words: Words) -> Iterator[Match]:
    """Of a head: "with his head cut off", "cut off her head"."""
    starts = {start: index for index, start in enumerate(words.starts)}
    for found in _BEHEADED.finditer(words.flat):
        first = starts[found.start()]
        yield Match(Kind.VIOLENCE, "en", found[0], first, first + found[0].count(" "))


@dataclass(frozen=True, slots=True)
class _Weapon:
    """How it is said, and what else the text must have."""

    what: re.Pattern[str]
    also: re.Pattern[str] | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _any(text: str) -> str:
    return f"(?:{'|'.join(text.split())})"


_CUT: Final = _any("cut chopped hacked sawn sawed sliced ripped torn lopped blown shot")
_BEHEADED: Final = re.compile(
    rf"(?<= )(?:heads? (?:(?:is|was|are|being|getting|been|completely) ){{0,2}}{_CUT} off"
    r"|(?:cut|cuts|cutting|chop|chops|chopping|hack|hacking|saw|sawing|slicing|lopping|ripping|tearing) off"
    r"(?= (?:\w+ ){0,4}heads? )|headless (?:body|corpse)|off with (?:his|her|their) head)(?= )"
)

_KIN: Final = _any(
    "sister brother mother mom mum father dad daddy parents daughter son wife husband girlfriend boyfriend ex family"
    " uncle aunt cousin niece nephew grandma grandmother grandpa grandfather stepdad stepmom stepfather stepmother baby"
    " teacher teachers classmate classmates professor principal headmaster students boss coworker coworkers colleague"
    " colleagues manager landlord neighbor neighbour neighbors neighbours roommate flatmate friend friends bully bullie"
    "s"
    " crush babysitter doctor therapist kids children"
)
_NAMES: Final = _any(
    "jessica emma emily sarah anna laura lisa julia hannah maria ashley amanda samantha jennifer elizabeth megan rachel"
    " olivia sophia isabella mia chloe grace lily abigail madison natalie victoria katie kate nicole stephanie michelle"
    " melissa rebecca heather amber brittany tiffany vanessa danielle courtney lauren kayla haley alyssa brianna sofia"
    " lucy alice charlotte molly ella zoe leah claire caroline karen susan linda nancy sandra helen diana julie monica"
    " michael david john james robert william daniel matthew joseph andrew ryan jason justin brandon kevin brian eric"
    " steven thomas timothy jacob joshua ethan noah liam logan lucas mason alexander benjamin tyler dylan nathan kyle"
    " jordan aaron adam sean jake luke connor evan ian peter paul george simon patrick oliver oscar leon felix max tim"
    " tom tommy jonas lukas finn ben alex sam chris mike matt josh nick dave steve bob joe tony ahmed ali mohammed omar"
)
_WILL: Final = (
    "(?:(?:i|we) (?:(?:will|ll|shall|am|m|are|re|want|plan|intend|need|wanna|have|d|really|just|so)(?: like)? ){1,3}"
    "(?:(?:going|planning|about|gonna|wanting) )?(?:to )?|(?:going to|gonna|planning to|i wanna) )(?:go )?"
)
_KILL: Final = _any(
    "kill murder stab behead strangle slaughter massacre poison rape butcher execute lynch torture drown"
)
_SHOOT: Final = "(?:shoot(?: dead)?)"
_ALL: Final = (
    "(?:everyone|everybody|all of them|them all|every one|all (?:the |my "
    "|our )?(?:people|students|kids|teachers|jews|muslims))"
)
_PLACE: Final = _any(
    "school class classroom office work workplace college university campus church mosque synagogue mall cinema hospita"
    "l"
    " kindergarten lecture prom graduation festival concert airport stadium supermarket daycare factory"
)
_SOON: Final = (
    "(?:tomorrow|tonight|today|next week|this week|this weekend|after school|at school"
    "|after work|at work|in (?:his|her)"
    " sleep|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|from class|from school|in my class|from my class|next door)"
)
_THREATS: Final = (
    re.compile(rf" {_WILL}(?:{_KILL}|{_SHOOT}) (?:my|our|your|his|her) (?:\w+ )?{_KIN}(?= )"),
    re.compile(
        rf" {_WILL}(?:{_KILL}|{_SHOOT}) (?:{_NAMES}(?= )|(?!it|that|the|a|this|some|my|you|two"
        rf"|off|time)\w+ {_SOON}(?= ))"
    ),
    re.compile(rf" {_WILL}(?:{_KILL}|{_SHOOT}) {_ALL} (?:at|in|from) (?=\w)"),
    re.compile(rf" (?:{_KILL}|shoot) my (?:\w+ )?{_KIN} (?:and \w+ \w+ )?{_SOON}(?= )"),
    re.compile(
        rf" (?:how to|how do i|how can i|best way to|ways to|way to|help me) {_KILL} (?:my|our) (?:\w+ )?{_KIN}(?= )"
    ),
    re.compile(
        rf" (?:shoot|shooting|blow|blowing) up (?:my|our) (?:\w+ )?{_PLACE}(?= )"
        rf"| (?:bombing|burning down) (?:my|our) (?:\w+ )?{_PLACE}(?= )"
        rf"| (?:shooting|blowing) up (?:the|a) (?:\w+ )?{_PLACE} (?:tomorrow|tonight|today|on \w+day)(?= )"
    ),
    re.compile(
        r" ich (?:werde|will|mochte) (?:meinen|meine|mein|unseren|unsere|alle in der|alle an der|alle auf der)"
        r" (?:\w+ ){1,2}(?:umbringen|toten|ermorden|erschiessen|abstechen|erstechen|vergiften|vergewaltigen)(?= )"
        r"| ich (?:bringe?|steche?) (?:(?:meinen|meine|mein|unseren|unsere|alle) \w+|alle)(?: (?:morgen|heute|in der"
        r" schule|bald|nachts)){0,2} (?:um|ab)(?= (?:morgen|heute|in der|mit|und|wenn|bald|an) | $)"
        r"| ich (?:tote|ermorde|erschiesse|ersteche|erwurge) (?:meinen|meine|mein|unseren"
        r"|unsere|alle in|alle an) \w+(?= )"
        r"| (?:meine|unsere|die) schule (?:\w+ )?(?:in die luft (?:sprengen|jagen)|abfackeln|niederbrennen)(?= )"
        r"| (?:amoklauf|amok laufen|amok) (?:an|in) (?:meiner|unserer) (?:schule|uni|klasse|arbeit)(?= )"
    ),
    re.compile(
        r" (?:voy a|vamos a|quiero) (?:matar|asesinar|apunalar|disparar|envenenar|violar|degollar|torturar) (?:a )?"
        r"(?:(?:mi|mis|nuestro|nuestra) (?!tiempo|aburrimiento|hambre|sed|curiosidad|rato)\w+"
        r"|(?:todos|todas|todo el mundo|los alumnos|mis companeros) (?:los \w+ )?(?:en|de|del) \w+)(?= )"
        r"| (?:voy a|vamos a|quiero) (?:tirotear|volar|quemar|hacer explotar|bombardear) (?:mi"
        r"|nuestra|la) (?:escuela|colegio|"
        r"universidad|instituto|oficina|iglesia)(?= )"
        r"| matare a (?:mi|mis|todos) \w+(?= )"
    ),
    re.compile(
        r" (?:je vais|on va|nous allons|je veux) (?:tuer|assassiner|poignarder|egorger|buter"
        r"|flinguer|violer|empoisonner|"
        r"torturer) (?:(?:mon|ma|mes|notre|nos) (?!temps|ennui|faim|soif)\w+|tout le monde (?:a|au|dans) \w+)(?= )"
        r"| (?:je vais|on va|je veux) (?:faire sauter|faire exploser|bruler|incendier) (?:mon|ma|notre|l) ?"
        r"(?:ecole|lycee|college|universite|fac|bureau|eglise)(?= )"
    ),
    re.compile(
        r" (?:vou|vamos|quero) (?:matar|assassinar|esfaquear|envenenar|estuprar|torturar|atirar em) (?:o |a |os |as )?"
        r"(?:(?:meu|minha|meus|minhas|nosso|nossa) (?!tempo|tedio|fome|sede|saudade|saudades|curiosidade|vontade)\w+"
        r"|(?:todos|todo mundo) (?:na|no|da|do|em) \w+)(?= )"
        r"| (?:vou|vamos|quero) (?:explodir|queimar|incendiar|atirar na) (?:a )?(?:minha|nossa) "
        r"(?:escola|faculdade|universidade|igreja)(?= )"
    ),
)
_OTHERWISE: Final = re.compile(
    r" (?:s (?!sister|brother|friend|wife|husband|mother|father|kid|son|daughter)\w"
    r"|with (?:kindness|laughter|love|boredom|joy|jokes|my new|my camera|a camera|hugs)"
    r"|at (?:chess|golf|tennis|cards|poker|mario|fortnite|football|basketball|smash"
    r"|bowling|monopoly|darts|karaoke|scrabble)"
    r"|in (?:chess|mario|fortnite|minecraft|smash|karaoke|the game|a game|monopoly|the movie|the film|the play)"
    r"|character|avatar|zum|in minecraft|um den|um die)"
)
"""What makes another thing of it: my sister's plants, with kindness, at chess."""
_SHOT: Final = re.compile("shoot")
_CAMERA: Final = _words(
    "camera photo photos photograph photographs photographer photography portrait portraits film films video videos len"
    "s"
    " wedding weddings picture pictures headshot headshots selfie polaroid kodak canon nikon studio photoshoot paintbal"
    "l"
    " nerf water laser confetti documentary hoops basketball tag"
)
_TOLD: Final = _words(
    "said says movie film comic comics manga villain character quote dialogue scene play opera novel game games gaming"
    " level souls minecraft fortnite roblox lyrics song album poster meme joke"
)
_HARMLESS: Final = _words(
    "museum toy toys nerf water squirt airsoft paintball cosplay prop props glue heat nail spray replica lego history"
    " historical muzzleloader motorcycle exhaust muffler bike car never avoid awareness danger dangers dont"
)
_SPREAD: Final = "(?! (?:scare|fear|fears|threat|concern|concerns|panic|outbreak|risk|crisis|worry|vaccine|letters))"
_GUN: Final = _any(
    "gun guns pistol pistols glock rifle rifles firearm firearms ar15 handgun handguns receiver liberator"
)
_WEAPONS: Final = (
    _Weapon(re.compile(rf" (?:grow|growing|cultur\w+|cultivat\w+) (?:\w+ ){{0,2}}anthrax{_SPREAD}(?= )")),
    _Weapon(
        re.compile(
            r" (?:fertili[sz]er|ammonium nitrate|pipe|nail|anfo|tatp|nitrate) (?:bombs?|explosives?) (?:\w+ )?"
            r"(?:ratios?|mixtures?|mix|proportions|quantities|amounts)(?= )"
        )
    ),
    _Weapon(
        re.compile(
            r" (?:mix|mixing|mixed|combine|combining) (?:\w+ ){0,2}(?:chlorine|bleach|ammonia) (?:and|with|plus)"
            r" (?:\w+ )?(?:ammonia|bleach|chlorine|vinegar|acid)(?= )"
        ),
        re.compile(r" (?:gas|gases|fumes|toxic|poison|weapon|kill|make|create|produce|recipe|ratios?)(?= )"),
    ),
    _Weapon(
        re.compile(rf" 3 ?d ?print\w* (?:\w+ ){{0,2}}{_GUN}(?= )"),
        re.compile(
            r" (?:blueprints?|stl|files?|parts|plans?|instructions?|cad|schematics?|how to|guide"
            r"|tutorial|download)(?= )"
        ),
    ),
    _Weapon(
        re.compile(r" (?:silencers?|suppressors?)(?= )"),
        re.compile(r" (?:(?:oil|fuel) filter|solvent trap|freeze plugs?|maglite|flashlight tube)(?= )"),
    ),
    _Weapon(
        re.compile(
            r" (?:convert|converting|turn|turning|modify|modifying|make|making) (?:\w+ ){1,5}"
            r"(?:full auto|fully automatic|fully auto)(?= )"
        )
    ),
    _Weapon(
        re.compile(r" (?:auto sears?|glock switch(?:es)?|lightning link)(?= )"),
        re.compile(
            r" (?:how to|make|making|build|install|stl|3 ?d|instructions?|blueprints?|drill|files?|guide|template)(?= )"
        ),
    ),
)
