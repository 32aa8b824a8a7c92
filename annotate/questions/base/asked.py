"""Which of an item's completions a question is about: their positions in the item, none for all."""

from collections.abc import Sequence

from annotate.offsets import Texts
from annotate.questions.base.question import InvalidForm

MOST_COMPLETIONS = 26


def check_positions(where: str, positions: Sequence[int]) -> None:
    """Refuse what no item has, and a position named twice. Raises ``InvalidForm``."""
    whole = all(type(one) is int and 0 <= one < MOST_COMPLETIONS for one in positions)
    if not whole or len(set(positions)) < len(positions):
        raise InvalidForm(
            f"{where}: completions {list(positions)!r}; name each position once, below "
            f"{MOST_COMPLETIONS}, such as [0], or none for all."
        )


def asked_places(positions: Sequence[int], places: int, texts: Texts | None) -> list[int]:
    """Their places in the order of ``texts``, of as many completions as there are ``places``."""
    own = [place if texts is None else texts.position(place) for place in range(places)]
    wanted = set(positions or own)
    return [place for place, position in enumerate(own) if position in wanted]
