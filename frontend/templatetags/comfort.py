"""Keys on controls, as the annotator has set them."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontend.comfort import COMMANDS, classes, keys_of, shown

register = template.Library()


@register.simple_tag(takes_context=True)
def key(context: dict[str, Any], command: str) -> SafeString:
    """The key of a command, where a control shows it. The script changes it when it is set anew."""
    keys = _keys(context)
    return format_html('<kbd data-key-of="{}">{}</kbd>', command, shown(keys[command]))


@register.simple_tag(takes_context=True)
def commands(context: dict[str, Any]) -> list[dict[str, str]]:
    """All commands with their keys; the script reads from this list which key does what."""
    keys = _keys(context)
    return [{"name": each.name, "words": each.words, "key": keys[each.name]} for each in COMMANDS]


@register.simple_tag(takes_context=True)
def comfort_classes(context: dict[str, Any]) -> str:
    """Size and width of texts, as classes of the page."""
    user = context["request"].user
    return classes(user.comfort if user.is_authenticated else {})


def _keys(context: dict[str, Any]) -> dict[str, str]:
    user = context["request"].user
    return keys_of(user.comfort if user.is_authenticated else {})
