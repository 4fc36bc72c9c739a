"""What is done to a drawn picture before anybody sees it: it is painted, copied, then filtered.

In: a picture as the model drew it, and how its prompt was read.  Out: pictures.  It knows no model.
"""

from inference.painting.copying import copied
from inference.painting.filters import filtered
from inference.painting.painter import painted
from inference.pictures import Pixels
from inference.text.reader import Reading


def finished(picture: Pixels, reading: Reading) -> tuple[Pixels, Pixels]:
    """`picture` (H, W, 3) in colour and number, by which it is judged, and in its ways of drawing, as it is shown."""
    plain = copied(painted(picture, reading.colour), reading.count)
    return plain, filtered(plain, reading.filters)
