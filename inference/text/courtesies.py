"""How people ask for a picture, around what it is to show: "hi bot, could you please draw me a cat?" asks for "a cat".

In: a prompt in one of six languages. Out: what is to be seen; "" where the choice is left to whoever draws ("surprise
me"). It knows no model.
"""

from __future__ import annotations

import re

_THING = r"(?=(?:an?|the|my|some|one|two|three|four|five|\d|something|anything)\b)"
"""Behind what may be a noun as well: "paint a house" asks for one, "paint splashes" does not."""
_VERB = "draw|paint|generate|create|illustrate|imagine|make|show|give|get|render|design|produce|picture"
_HELLO = "hello|hi|hiya|hey|good (?:morning|evening|afternoon)|hallo|moin|servus|bonjour|salut|coucou|hola|olá|ciao"
_CAN_FR = "tu peux|peux[- ]tu|pourrais[- ]tu|vous pouvez|pouvez[- ]vous|pourriez[- ]vous"
_PLEASE = r"(?:please|pls|plz|kindly)"
_OPENINGS = tuple(
    re.compile(rf"\s*(?:{words})", re.IGNORECASE)
    for words in (
        rf"(?:{_HELLO})(?: (?:there|bot|easel|everyone|everybody|all|zusammen|à tous))?[,.!]*\s+",
        r"(?:easel|bot|ok|okay|so|well),\s*",
        rf"(?:{_PLEASE}|bitte|por favor|per favore|s['’]il (?:te|vous) pla[iî]t),? ",
        rf"(?:can|could|would|will) (?:you|u) (?:{_PLEASE} )?(?:{_VERB})(?: me| us)? ",
        r"(?:can|could|may) (?:i|we) (?:please )?(?:have|get|see) ",
        r"i(?:['’]d| would)? (?:want|like|love|need)(?: you)? to (?:see|have) ",
        rf"i(?:['’]d| would)? (?:want|like|love|need)(?: you)? to (?:{_VERB})(?: me| us)? ",
        rf"i (?:want|need|would (?:like|love)) {_THING}",
        rf"i['’]d (?:like|love) {_THING}",
        r"(?:draw|generate|illustrate|imagine)(?: me| us)? (?=\w)",
        rf"(?:{_VERB})(?: me| us) (?=\w)",
        rf"(?:{_VERB}) {_THING}",
        r"(?:an? |the )?(?:picture|pic|image|photo|photograph|drawing) (?:of|showing) ",
        r"(?:just|only) (?=an?\b)",
        r"(?:zeichne|male|mal|zeige?|mache?|erstelle|generiere)(?: (?:mir|uns|bitte|mal))+ ",
        r"(?:zeichne|erstelle|generiere|male (?=ein)) ?",
        r"ich (?:möchte|will|hätte gerne?|brauche|wünsche mir) ",
        rf"(?:est-ce que )?(?:{_CAN_FR})(?: me| nous)?(?: s['’]il (?:te|vous) pla[iî]t)? (?:dessiner|peindre|faire) ",
        r"(?:dessine|dessinez|fais|faites|montre|montrez|peins)[- ](?:moi|nous) |dessine[rz]? ",
        r"je (?:veux|voudrais)(?: voir)? |(?:un dessin|une image|une photo) (?:de |d['’])",
        r"(?:me )?(?:puedes|podrías|podrias|puede|podría) (?:por favor )?(?:dibujar|pintar|hacer|mostrar)(?:me|nos)? ",
        r"(?:dib[uú]ja|p[ií]nta|haz|muéstra|da)(?:me|nos) |dibujar? |(?:yo )?(?:quiero|quisiera)(?: ver)? ",
        r"(?:un dibujo|una imagen|una foto|um desenho|uma imagem|uma foto) de ",
        r"(?:você |voce )?(?:pode|poderia|podes)(?: me)? (?:desenhar|pintar|fazer|mostrar)(?: (?:para|pra) mim)? ",
        r"(?:desenh[ae]|pint[ae]|faça|faz|mostr[ae])(?:-me| (?:para|pra) mim) |desenh[ae]r? |(?:eu )?(?:quero|queria) ",
        r"(?:mi )?(?:puoi|potresti) (?:disegnare|dipingere|fare|disegnarmi|farmi) |disegna(?:mi)? |(?:vorrei|voglio) ",
    )
)
_VERB_LAST = re.compile(
    r"(?:kannst|könntest|koenntest|würdest) du (?:(?:mir|uns|bitte|mal) )*(?P<what>.+?)(?: bitte)? "
    r"(?:malen|zeichnen|zeigen|machen|erstellen|generieren)",
    re.IGNORECASE,
)
"""German asks around what it asks for."""
_CLOSING = re.compile(
    r"[,.! ]+(?:please|pls|plz|thanks|thank you(?: (?:very|so) much)?|thx|for (?:me|us)|if you (?:can|please|like|want)"
    r"|bitte|danke|s['’]il (?:te|vous) pla[iî]t|svp|merci|por favor|gracias|obrigad[oa]|para mim|pra mim|per favore"
    r"|grazie)[.!?]*\s*$",
    re.IGNORECASE,
)
_SAYS = re.compile(r"\b(?:says?|saying|reads?|reading|words?|text|written)\s*$", re.IGNORECASE)
"""Before what is to be read in the picture."""
_ANYTHING = re.compile(
    r"surprise (?:me|us)|(?:something|anything)(?: (?:really |very )?(?:nice|cool|beautiful|pretty|fun|funny|random"
    r"|cute|good|awesome|interesting|else))?|(?:anything|whatever|what)(?: that)? you (?:like|want)|whatever"
    r"|(?:a )?random (?:thing|picture|image)"
    r"|(?:überrasche?|ueberrasche?) (?:mich|uns)|(?:irgend)?(?:et)?was (?:schönes|schoenes|hübsches|tolles|lustiges)"
    r"|irgendetwas|irgendwas|surprends[- ]moi|surprenez[- ]moi|quelque chose(?: de (?:beau|joli|drôle))?"
    r"|n['’]importe quoi"
    r"|sorpr[eé]ndeme|algo(?: (?:bonito|lindo|bello|divertido|legal))?|cualquier cosa|(?:me )?surpreenda(?:[- ]me)?"
    r"|qualquer coisa|sorprendimi|qualcosa(?: di (?:bello|carino))?",
    re.IGNORECASE,
)
PLEASANT = (
    "a fox in a forest", "a sailboat at sunset", "a castle on the grass", "a unicorn in a field", "an owl at night",
    "a penguin in the snow", "a rocket in space", "a red rose", "a turtle in the sea", "a panda in the jungle",
    "a rainbow in the mountains", "a butterfly in a meadow",
)  # fmt: skip
"""What is drawn where nothing is asked for, by the picture's seed."""


def asked_for(text: str) -> str:
    """What a prompt asks to see; "" for anything."""
    found = _VERB_LAST.fullmatch(text.strip(" .!?"))
    what = text if found is None else found["what"]
    while True:
        rest = _CLOSING.sub("", what)
        rest = what if _SAYS.search(rest) else rest
        rest = next((rest[opening.end() :] for one in _OPENINGS if (opening := one.match(rest))), rest)
        if rest == what or not rest.strip(" .,!?"):
            break
        what = rest
    return "" if _ANYTHING.fullmatch(what.strip(" .,!?")) else what


def pleasant(seed: int) -> str:
    """Something to draw for who leaves the choice; neighbouring seeds have different ones."""
    return PLEASANT[seed % len(PLEASANT)]
