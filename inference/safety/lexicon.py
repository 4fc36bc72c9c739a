"""A short word list: the first, coarse filter.

In: normalised text (inference/safety/normalise.py).  Out: which listed words it has.  Words match whole, so that grass,
Essex and Scunthorpe are safe; `*` stands for any ending.  Harmless phrases with a listed word are taken out first.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


class Weight(enum.Enum):
    CLEAR = "clear"  # hardly ever harmless in a prompt for a picture
    DOUBTFUL = "doubtful"  # worth a moderator's look


@dataclass(frozen=True, slots=True)
class Match:
    """One listed word in a text."""

    category: str
    weight: Weight
    text: str


_CLEAR: Final = {
    "sexual": """
        porn, porno, porns, pornstar*, pornograph*, hentai, nsfw, xxx, blowjob*, blow job*, handjob*, hand job,
        rimjob*, deepthroat*, gangbang*, bukkake, cumshot*, cumming, creampie*, masturbat*, orgasm*, ejaculat*,
        fellatio, cunnilingus, anal sex, oral sex, group sex, having sex, sex scene, sex act, sex slave*, sex orgy,
        sexual intercourse, sexual act*, fucking her, fucking him, fucked by, cunt, cunts, penis, penises, vagina,
        vaginas, genitals, genitalia, clitoris, dildo*, upskirt*, bestiality, zoophil*, incest, incestuous, rape,
        raped, rapes, raping, rapist*
    """,
    "violence_gore": """
        gore, gory, guro, snuff film, decapitat*, behead*, dismember*, disembowel*, eviscerat*, mutilat*, skinned
        alive, severed head*, severed limb*, mass shooting, school shooting, guts spilling, intestines hanging
    """,
    "hate_harassment": """
        nigger*, nigga, niggas, faggot*, kike, kikes, wetback*, tranny, trannies, raghead*, towelhead*, heil hitler,
        sieg heil, white power, white supremacy, gas the jews, race war, ethnic cleansing, ku klux klan, kkk
    """,
    "self_harm": """
        suicide, suicides, suicidal, self harm, self harming, selfharm, kill myself, kill yourself, killing himself,
        killing herself, kill himself, kill herself, hang myself, hanging himself, hanging herself, slit wrist*,
        slitting wrist*, slitting his wrist*, slitting her wrist*, cutting wrist*, cut my wrist*, kys, thinspo
    """,
    "illegal": """
        build a bomb, make a bomb, making a bomb, bomb recipe, pipe bomb*, bomb making, meth lab, cook meth, cooking
        meth, counterfeit money, counterfeit bill*, fake passport*, fake id card*, human trafficking, snort cocaine,
        snorting cocaine
    """,
    "minors": """
        child porn, childporn, kiddie porn, child erotica, loli, lolis, lolicon, shota, shotacon, jailbait, pedophil*,
        paedophil*
    """,
}
_DOUBTFUL: Final = {
    "sexual": """
        sex, sexy, sexual, sexually, nude, nudes, nudity, naked, topless, erotic*, lingerie, fetish*, bdsm, bondage,
        stripper*, nipple*, boob, boobs, tits, titties, breasts, pussy, dick, dicks, cock, cocks, cum, horny, slut,
        sluts, whore*, milf*, thong, orgy, orgies, undressed, undressing, seductive*, aroused, fuck, fucks, fucked,
        fucking
    """,
    "violence_gore": """
        torture*, massacre*, corpse*, bloodbath, stabbing, strangl*, impaled, slaughtered, lynch, lynched, lynching*
    """,
    "hate_harassment": "hitler, nazi, nazis, swastika*, retard, retards, retarded, dyke, dykes, fag, fags",
    "self_harm": "anorexi*, bulimi*, noose",
    "illegal": "cocaine, heroin, meth, methamphetamine*, fentanyl, molotov, drug cartel*",
}
_MINORS: Final = """
    child, children, childlike, kid, kids, kiddie, kiddies, toddler*, baby, babies, infant, infants, minor, minors,
    teen, teens, teenage, teenager*, preteen*, tween, tweens, underage, underaged, schoolgirl*, schoolboy*, school
    girl*, school boy*, kindergarten*, preschool*, little girl*, little boy*, young girl*, young boy*, small girl*,
    small boy*, newborn*, juvenile*, prepubescent, elementary school, middle school, high school
"""
_YOUNG: Final = (
    r"(?:1[0-7]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen)"
)
# "12yo", "12 y/o", "12-year-old", "twelve years old", "aged 12"
_AGES: Final = rf"(?<!\w){_YOUNG}[\s-]*(?:yo|y/o|yrs?[\s-]*old|years?[\s-]*old)(?!\w)|(?<!\w)aged?\s+{_YOUNG}(?!\w)"

_HARMLESS: Final = """
    naked mole rat*, naked eye, al gore, gore tex, gore verbinski, suicide squad, moby dick, philip k dick, dick
    tracy, dick van dyke, dick grayson, dick turpin, van dyke, pussy willow*, pussy riot, pussy cat*, sex pistols, sex
    and the city, sex education, same sex, blue tits, great tits, coal tits, corpse bride, corpse flower*, rape seed,
    rape field*, oilseed rape, cock a doodle*, game cock, cock and bull, cum laude, texas chainsaw massacre, chicken
    breasts, turkey breasts, minor key, minor planet*, minor chord, asia minor, ursa minor, billy the kid, baby yoda,
    food porn, earth porn
"""


def find(text: str) -> Iterator[Match]:
    """Every listed word in a normalised text."""
    text = _HARMLESS_PATTERN.sub(" ", text)
    for category, weight, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield Match(category, weight, found[0])


def names_minors(text: str) -> bool:
    """Whether a normalised text speaks of minors, by a word or by an age.  That says nothing by itself."""
    return _MINORS_PATTERN.search(_HARMLESS_PATTERN.sub(" ", text)) is not None


def _compile(words: str, *more: str) -> re.Pattern[str]:
    """Whole words: no letter before or after.  Between the words of a phrase, any sign may stand."""
    patterns = [_word_pattern(entry) for entry in words.split(",")]
    return re.compile("|".join([rf"(?<![a-z])(?:{'|'.join(patterns)})(?![a-z])", *more]))


def _word_pattern(entry: str) -> str:
    stem = r"[\W_]+".join(re.escape(word) for word in entry.rstrip("* \n").split())
    return stem + "[a-z]*" if entry.rstrip().endswith("*") else stem


_PATTERNS: Final = [
    (category, weight, _compile(words))
    for weight, lists in ((Weight.CLEAR, _CLEAR), (Weight.DOUBTFUL, _DOUBTFUL))
    for category, words in lists.items()
]
_MINORS_PATTERN: Final = _compile(_MINORS, _AGES)
_HARMLESS_PATTERN: Final = _compile(_HARMLESS)
