"""What is done to drawn pictures before anybody sees them: they are painted and put together, then filtered.

In: pictures as the model drew them, one a text of `Reading.drawn`, and how their prompt was read.  Out: pictures.
It knows no model.
"""

from collections.abc import Sequence

from inference.painting.composing import composed
from inference.painting.filters import filtered
from inference.pictures import Pixels
from inference.text.reader import Reading


def finished(pictures: Sequence[Pixels], reading: Reading) -> tuple[Pixels, Pixels]:
    """One picture of all (H, W, 3), by which it is judged, and that in its ways of drawing, as it is shown."""
    plain = pictures[0] if reading.composition is None else composed(pictures, reading.composition)
    return plain, filtered(plain, reading.filters)
