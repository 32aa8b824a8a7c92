"""Gold planted among the items of work, so that how well somebody answers is known all along.

A claim that has found a free item hands out gold in its place every so often. How many items lie
between two is drawn evenly from 1 to twice the project's number less one: their mean is that number,
and no item can be told beforehand. Planted gold takes no seat, so its item is read without a lock.
"""

import secrets
from collections.abc import Sequence

from annotate.rows import fetch

_UNSEEN = """
    SELECT item.id FROM annotate_gold AS gold JOIN annotate_item AS item ON item.id = gold.item_id
    WHERE gold.use = 'planted' AND item.project_id = %(project)s
    AND item.waits_for IS DISTINCT FROM 'archive' AND item.queue = ANY(%(queues)s)
    AND NOT EXISTS (
        SELECT 1 FROM annotate_assignment AS own
        WHERE own.item_id = item.id AND own.annotator_id = %(annotator)s AND own.state <> 'expired')
    AND NOT EXISTS (
        SELECT 1 FROM annotate_annotation AS label
        WHERE label.item_id = item.id AND label.annotator_id = %(annotator)s)
    ORDER BY random() LIMIT 1
"""


def is_due(every: int, since: int) -> bool:
    """Whether the next item is gold, ``since`` items having been handed out after the last that was."""
    return secrets.randbelow(max(2 * every - 1 - since, 1)) == 0


def unseen_gold(project: int, annotator: int, queues: Sequence[str]) -> int | None:
    """Some planted item, by id, that this annotator has never had and may be asked about."""
    parameters = {"project": project, "annotator": annotator, "queues": list(queues)}
    found = fetch(_UNSEEN, parameters)
    return found[0][0] if found else None
