"""What items show, and the files of a project, where pages list or show them."""

from django import template

from annotate.models import Item
from frontend import reading
from frontend.reading.files import address, kind_of

register = template.Library()
register.filter("kind", kind_of)
register.filter("address", address)


@register.simple_tag
def prompt_of(item: Item) -> list[reading.Turn]:
    """The prompt's turns and passages, for those who look after the project."""
    marked = item.project.questions.needs_texts
    return reading.prompt(item, project=item.project, marked=marked)


@register.simple_tag
def completions_of(item: Item) -> list[reading.ShownCompletion]:
    """All completions in the item's own order."""
    return reading.own_order(item, list(item.completions.all()))
