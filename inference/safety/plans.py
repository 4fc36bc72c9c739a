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
            shot = _SHOT.search(found[0]) is not None
            if _OTHERWISE.match(words.flat, found.end()) or (shot and _CAMERA & there):
                continue
            photographed = shot and _MANY.search(found[0]) is None and not _ARMED & there
            yield Plan("threat", found[0].strip(), not told and not photographed)
    if _HARMLESS & there:
        return
    for rule in _WEAPONS:
        what = rule.what.search(words.flat)
        if what is None:
            continue
        first, last = words.span(what)
        together = words.pieces[first] == words.pieces[last]
        if together and (rule.also is None or rule.also.search(words.flat)):
            yield Plan("weapon_instructions", what[0].strip(), not told)


def beheadings(words: Words) -> Iterator[Match]:
    """Of a head: "with his head cut off", "cut off her head"."""
    for found in _BEHEADED.finditer(words.flat):
        first, last = words.span(found)
        if words.pieces[first] == words.pieces[last]:
            yield Match(Kind.VIOLENCE, "en", found[0], first, last)


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
    r" (?:(?!from|of|in|at|on|with|over|by)\w+ ){0,4}heads?(?! shots?)"
    r"|headless (?:body|corpse)|off with (?:his|her|their) head)(?= )"
)

_KIN: Final = _any(
    "sister brother mother mom mum father dad daddy parents daughter son wife husband girlfriend boyfriend ex family"
    " uncle aunt cousin niece nephew grandma grandmother grandpa grandfather stepdad stepmom stepfather stepmother baby"
    " teacher teachers classmate classmates professor principal headmaster students boss coworker coworkers colleague"
    " colleagues manager landlord neighbor neighbour neighbors neighbours roommate flatmate friend friends bully"
    " bullies crush babysitter doctor therapist kids children"
)
_KIN_DE: Final = _any(
    "lehrer lehrerin mitschuler mitschulerin mitschulerinnen klasse schwester bruder mutter vater eltern frau mann"
    " freundin freund ex chef chefin kollegen kollege kollegin nachbar nachbarn nachbarin tochter sohn kinder familie"
    " professor rektor direktor schulleiter oma opa tante onkel cousine cousin schule"
)
_KIN_ES: Final = _any(
    "hermana hermano hermanos madre mama padre papa padres profesor profesora profesores maestro"
    " maestra jefe jefa novia"
    " novio esposa esposo mujer marido ex amigo amiga vecino vecina vecinos familia hijo hija hijos companero companera"
    " companeros clase primo prima tio tia abuela abuelo director directora suegra"
)
_KIN_FR: Final = _any(
    "soeur frere mere pere parents prof profs professeur maitresse maitre chef patron patronne copine copain femme mari"
    " ex ami amie amis voisin voisine voisins famille fils fille enfants collegue collegues classe camarades cousin"
    " cousine oncle tante grand directeur directrice"
)
_KIN_PT: Final = _any(
    "irma irmao mae pai pais professor professora professores chefe namorada namorado esposa marido mulher ex amigo"
    " amiga amigos vizinho vizinha vizinhos familia filho filha filhos colega colegas turma classe primo prima tio tia"
    " diretor diretora sogra"
)
GIVEN_NAMES: Final = _any(
    "jessica emma emily sarah anna laura lisa julia hannah maria ashley amanda samantha jennifer elizabeth megan rachel"
    " olivia sophia isabella mia chloe grace lily abigail madison natalie victoria katie kate nicole stephanie michelle"
    " melissa rebecca heather amber brittany tiffany vanessa danielle courtney lauren kayla haley alyssa brianna sofia"
    " lucy alice charlotte molly ella zoe leah claire caroline karen susan linda nancy sandra helen diana julie monica"
    " michael david john james robert william daniel matthew joseph andrew ryan jason justin brandon kevin brian eric"
    " steven thomas timothy jacob joshua ethan noah liam logan lucas mason alexander benjamin tyler dylan nathan kyle"
    " jordan aaron adam sean jake luke connor evan ian peter paul george simon patrick oliver oscar felix tim"
    " tom tommy jonas lukas finn alex sam chris mike matt josh nick dave steve bob joe tony ahmed ali mohammed omar"
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
    "school class classroom office work workplace college university campus church mosque synagogue mall cinema"
    " hospital kindergarten lecture prom graduation festival concert airport stadium supermarket daycare factory"
)
_DAY: Final = (
    "(?:tomorrow|tonight|today|next week|this week|this weekend|after school|at school|after work|at work"
    "|in (?:his|her) sleep|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)"
)
_FROM_CLASS: Final = "(?:after school|at school|from class|from school|in my class|from my class|next door)"
"""What is said of people alone: who will kill something tomorrow may mean a process."""
_THREATS: Final = (
    re.compile(rf" {_WILL}(?:{_KILL}|{_SHOOT}) (?:my|our|your|his|her) (?:\w+ )?{_KIN}(?= )"),
    re.compile(
        rf" {_WILL}(?:{_KILL}|{_SHOOT}) (?:{GIVEN_NAMES}|(?:mr|mrs|ms|miss|coach) \w+|(?!it|that|this"
        rf"|time)\w+ {_FROM_CLASS})(?= )"
    ),
    re.compile(rf" {_WILL}(?:{_KILL}|{_SHOOT}) {_ALL}(?= (?:at|in|from) \w)"),
    re.compile(rf" (?:{_KILL}|shoot) my (?:\w+ )?{_KIN} (?:and \w+ \w+ )?{_DAY}(?= )"),
    re.compile(
        rf" (?:how to|how do i|how can i|best way to|ways to|way to|help me) {_KILL} (?:my|our) (?:\w+ )?{_KIN}(?= )"
    ),
    re.compile(
        rf" (?:shoot|shooting|blow|blowing) up (?:my|our) (?:\w+ )?{_PLACE}(?= )"
        rf"| (?:bombing|burn down|burning down) (?:my|our) (?:\w+ )?{_PLACE}(?= )"
        rf"| (?:shooting|blowing) up (?:the|a) (?:\w+ )?{_PLACE} (?:tomorrow|tonight|today|on \w+day)(?= )"
    ),
    re.compile(
        rf" ich (?:werde|will|mochte) (?:(?:meinen|meine|mein|unseren|unsere|den|die) (?:\w+ )?{_KIN_DE}"
        rf"|alle (?:in|an|auf) (?:der|meiner) \w+) (?:\w+ )?(?:umbringen|toten|ermorden|erschiessen"
        rf"|abstechen|erstechen|vergiften|vergewaltigen)(?= )"
        rf"| ich (?:bringe?|steche?) (?:(?:meinen|meine|mein|unseren|unsere|den|die) {_KIN_DE}"
        rf"|alle)(?: (?:morgen|heute|in der"
        r" schule|bald|nachts)){0,2} (?:um|ab)(?= (?:morgen|heute|in der|mit|und|wenn|bald|an) | $)"
        rf"| ich (?:tote|ermorde|erschiesse|ersteche|erwurge) (?:(?:meinen|meine|mein|unseren|unsere) {_KIN_DE}"
        r"|alle (?:in|an) \w+)(?= )"
        r"| (?:meine|unsere|die) schule (?:\w+ )?(?:in die luft (?:sprengen|jagen)|abfackeln|niederbrennen)(?= )"
        r"| (?:amoklauf|amok laufen|amok) (?:an|in) (?:meiner|unserer) (?:schule|uni|klasse|arbeit)(?= )"
    ),
    re.compile(
        r" (?:voy a|vamos a|quiero) (?:matar|asesinar|apunalar|disparar|envenenar|violar|degollar|torturar) (?:a )?"
        rf"(?:(?:mi|mis|nuestro|nuestra) {_KIN_ES}"
        r"|(?:todos|todas|todo el mundo|los alumnos|mis companeros) (?:los \w+ )?(?:en|de|del) \w+)(?= )"
        r"| (?:voy a|vamos a|quiero) (?:tirotear|volar|quemar|hacer explotar|bombardear) (?:mi"
        r"|nuestra|la) (?:escuela|colegio|"
        r"universidad|instituto|oficina|iglesia)(?= )"
        r"| matare a (?:mi|mis|todos) \w+(?= )"
    ),
    re.compile(
        r" (?:je vais|on va|nous allons|je veux) (?:tuer|assassiner|poignarder|egorger|buter"
        r"|flinguer|violer|empoisonner|"
        rf"torturer) (?:(?:mon|ma|mes|notre|nos) {_KIN_FR}|tout le monde (?:a|au|dans) \w+)(?= )"
        r"| (?:je vais|on va|je veux) (?:faire sauter|faire exploser|bruler|incendier) (?:mon|ma|notre|l) ?"
        r"(?:ecole|lycee|college|universite|fac|bureau|eglise)(?= )"
    ),
    re.compile(
        r" (?:vou|vamos|quero) (?:matar|assassinar|esfaquear|envenenar|estuprar|torturar|atirar em) (?:o |a |os |as )?"
        rf"(?:(?:meu|minha|meus|minhas|nosso|nossa) {_KIN_PT}"
        r"|(?:todos|todo mundo) (?:na|no|da|do|em) \w+)(?= )"
        r"| (?:vou|vamos|quero) (?:explodir|queimar|incendiar|atirar na) (?:a )?(?:minha|nossa) "
        r"(?:escola|faculdade|universidade|igreja)(?= )"
    ),
)
_OTHERWISE: Final = re.compile(
    r" (?:s (?!sister|brother|friend|wife|husband|mother|father|kid|son|daughter)\w"
    r"|with (?:kindness|laughter|love|boredom|joy|jokes|puns|tickles|tickling|memes|music|questions|my new"
    r"|my camera|a camera|hugs)"
    r"|at (?:chess|golf|tennis|cards|poker|mario|fortnite|football|basketball|smash"
    r"|bowling|monopoly|darts|karaoke|scrabble)"
    r"|in (?:among us|chess|mario|fortnite|minecraft|smash|karaoke"
    r"|the game|a game|monopoly|the movie|the film|the play)"
    r"|of|in love|photos?|pictures?|candles?|posters?|with balloons|character|avatar|zum|in minecraft|um den|um die)"
)
"""What makes another thing of it: my sister's plants, with kindness, at chess."""
_SHOT: Final = re.compile("shoot(?!ing up| up)")
_MANY: Final = re.compile(_ALL)
_ARMED: Final = _words("gun guns rifle pistol dead head bullet bullets blood die revenge")
"""Who shoots a friend tomorrow may be a photographer, if none of these is there."""
_CAMERA: Final = _words(
    "camera photo photos photograph photographs photographer photography portrait portraits film films video videos"
    " lens wedding weddings picture pictures headshot headshots selfie polaroid kodak canon nikon studio photoshoot"
    " paintball nerf water laser confetti documentary yearbook vogue magazine campaign editorial cover sunset dress"
    " smile hoops basketball tag"
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
            r"| (?:chlorine|bleach|ammonia) (?:and|with|plus) (?:ammonia|bleach|chlorine|vinegar"
            r"|acid) (?:mix|mixed)(?= )"
        ),
        re.compile(r" (?:gas|gases|fumes|toxic|poison|weapon|kill|make|create|produce|recipe|ratios?)(?= )"),
    ),
    _Weapon(
        re.compile(rf" 3 ?d ?print\w* (?:\w+ ){{0,4}}{_GUN}(?= )"),
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
        ),
        re.compile(rf" (?:{_GUN}|weapons?|ar 15|ak 47|ak47|ar|smg|carbine|sear)(?= )"),
    ),
    _Weapon(
        re.compile(r" (?:auto sears?|glock switch(?:es)?|lightning link)(?= )"),
        re.compile(
            r" (?:how to|make|making|build|install|stl|3 ?d|instructions?|blueprints?|drill|files?|guide|template)(?= )"
        ),
    ),
)
