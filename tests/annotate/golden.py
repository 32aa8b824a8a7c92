"""Gold items for tests: the first completion is right."""

from annotate.gold import set_gold
from annotate.models import Gold
from tests.factories import make_item

RIGHT = {"overall": {"value": -1, "both_bad": False}}
WRONG = {"overall": {"value": 2, "both_bad": False}}


def make_gold(project, use=Gold.Use.PLANTED, *, answers=RIGHT, note="", **fields):
    """The item, set aside for ``use``."""
    item = make_item(project, **fields)
    set_gold(item, answers, use=use, note=note)
    item.refresh_from_db()
    return item
