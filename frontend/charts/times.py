"""What came when: stacked bars by bucket of time, and stacked areas of sums with their caps."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.charts.scales import Domain

LEFT, RIGHT = 10.0, 99.5  # per cent of the width between which values are drawn
TOP, BOTTOM, HEIGHT = 18, 190, 216
NAMES = 5  # places named below the axis, so that they fit a narrow page


@dataclass(frozen=True)
class Stack:
    """One layer: its values by place. ``look`` is a CSS class."""

    name: str
    look: str
    values: Sequence[float]

    @property
    def total(self) -> float:
        return sum(self.values)


@dataclass(frozen=True)
class Level:
    """A horizontal line at ``value`` between two shares of the width, with words at its start."""

    value: float
    words: str
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Ahead:
    """What is expected: a line from the last value to (``at``, ``value``), reached between two times.

    All times are shares of the width.
    """

    start: float
    start_value: float
    at: float
    value: float
    earliest: float | None = None
    latest: float | None = None


def counted(value: float) -> str:
    return f"{value:,.0f}"


def round_domain(most: float, *, whole: bool = True, most_ticks: int = 4) -> Domain:
    """From 0 to a round number of at least ``most``, in steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return Domain(0, 1, (0, 1))
    exponent = math.floor(math.log10(most / most_ticks))
    powers = (10.0 ** (exponent + up) for up in range(3))
    steps = [factor * power for power in powers for factor in (1, 2, 5)]
    least = 1.0 if whole else 0.0
    step = next(s for s in steps if s >= least and most / s <= most_ticks)
    ticks = tuple(round(n * step, 6) for n in range(math.ceil(most / step - 1e-9) + 1))
    return Domain(0, ticks[-1], ticks)


def stacked(
    places: Sequence[str],
    stacks: Sequence[Stack],
    *,
    label: str,
    write: Callable[[float], str] = counted,
    last_is_part: bool = False,
) -> SafeString:
    """A bar a place, its stacks one on the other, the first at the bottom.

    ``last_is_part``: the last place's time is not over yet, and it is drawn lighter.
    """
    count = len(places)
    sums = [sum(stack.values[n] for stack in stacks) for n in range(count)]
    shown = round_domain(max(sums, default=0))
    return format_html(
        '<svg class="chart bars" role="img" aria-label="{}" width="100%" height="{}">{}{}{}</svg>',
        label,
        HEIGHT,
        _grid(shown, write),
        format_html_join(
            "",
            "{}",
            (
                (_bar(place, places[place], stacks, shown, count, write, last_is_part),)
                for place in range(count)
            ),
        ),
        _names([(_middle(n, count), name) for n, name in enumerate(places)]),
    )


def _middle(place: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * (place + 0.5) / count


def _bar(
    place: int,
    name: str,
    stacks: Sequence[Stack],
    shown: Domain,
    count: int,
    write: Callable[[float], str],
    last_is_part: bool,
) -> SafeString:
    wide = (RIGHT - LEFT) / count
    left, width = LEFT + wide * (place + 0.12), wide * 0.76
    pieces, below = [], 0.0
    for stack in stacks:
        value = stack.values[place]
        if value:
            low, high = _y(below, shown), _y(below + value, shown)
            text = f"{name}: {write(value)} {stack.name}"
            pieces.append(
                (f"{left:.2f}", f"{width:.2f}", high, round(low - high, 1), stack.look, text)
            )
        below += value
    part = " part" if last_is_part and place == count - 1 else ""
    return format_html(
        '<g class="place{}">{}</g>',
        part,
        format_html_join(
            "",
            '<rect x="{}%" width="{}%" y="{}" height="{}" class="fill {}"><title>{}</title></rect>',
            pieces,
        ),
    )


def _y(value: float, shown: Domain) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * shown.share(value), 1)


def _grid(shown: Domain, write: Callable[[float], str]) -> SafeString:
    return format_html_join(
        "",
        '<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"></line>'
        '<text x="0" y="{1}" class="tick">{2}</text>',
        ((y := _y(tick, shown), y - 4, write(tick)) for tick in shown.ticks),
    )


def _names(places: Sequence[tuple[float, str]]) -> SafeString:
    """Some of the places, evenly, the last one among them; (per cent of the width, words)."""
    every = max(1, math.ceil(len(places) / NAMES))
    named = [place for n, place in enumerate(reversed(places)) if n % every == 0]
    return format_html_join(
        "",
        '<text x="{}%" y="{}" text-anchor="{}" class="tick">{}</text>',
        (
            (f"{min(x, 100):.2f}", HEIGHT - 8, "end" if x > 94 else "middle", name)
            for x, name in named
        ),
    )


def areas(
    times: Sequence[float],
    stacks: Sequence[Stack],
    *,
    label: str,
    names: Sequence[tuple[float, str]],
    levels: Sequence[Level] = (),
    ahead: Sequence[Ahead] = (),
    write: Callable[[float], str] = counted,
) -> SafeString:
    """Stacked areas over ``times`` (shares of the width, rising), with caps and what is expected.

    Areas and slanted lines are drawn in a picture of 100 by 100 that is stretched to the width.
    """
    sums = [sum(stack.values[n] for stack in stacks) for n in range(len(times))]
    most = max(
        [*sums, *(level.value for level in levels), *(one.value for one in ahead)], default=0
    )
    shown = round_domain(most, whole=False)
    return format_html(
        '<svg class="chart areas" role="img" aria-label="{}" width="100%" height="{}">{}'
        '<svg x="{}%" width="{}%" y="{}" height="{}" viewBox="0 0 100 100" preserveAspectRatio="none">'
        "{}{}</svg>{}{}{}</svg>",
        label,
        HEIGHT,
        _grid(shown, write),
        LEFT,
        RIGHT - LEFT,
        TOP,
        BOTTOM - TOP,
        format_html_join("", "{}", ((piece,) for piece in _areas(times, stacks, shown))),
        format_html_join(
            "",
            '<path d="M{} {}L{} {}" class="ahead"></path>',
            (
                (
                    _across(a.start),
                    _down(a.start_value, shown),
                    _across(a.at),
                    _down(a.value, shown),
                )
                for a in ahead
            ),
        ),
        format_html_join("", "{}", ((_level(level, shown),) for level in levels)),
        format_html_join("", "{}", ((_reached(one, shown),) for one in ahead)),
        _names([(LEFT + (RIGHT - LEFT) * at, name) for at, name in names]),
    )


def _areas(times: Sequence[float], stacks: Sequence[Stack], shown: Domain) -> list[SafeString]:
    below, drawn = [0.0] * len(times), []
    for stack in stacks:
        above = [low + value for low, value in zip(below, stack.values, strict=True)]
        if stack.total:
            edge = [f"{_across(x)} {_down(y, shown)}" for x, y in zip(times, above, strict=True)]
            base = [f"{_across(x)} {_down(y, shown)}" for x, y in zip(times, below, strict=True)]
            path = f"M{'L'.join(edge)}L{'L'.join(reversed(base))}Z"
            drawn.append(
                format_html(
                    '<path d="{}" class="fill {}"><title>{}</title></path>',
                    path,
                    stack.look,
                    stack.name,
                )
            )
        below = above
    return drawn


def _across(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.2f}"


def _down(value: float, shown: Domain) -> str:
    return f"{100 * (1 - shown.share(value)):.2f}"


def _level(level: Level, shown: Domain) -> SafeString:
    y = _y(level.value, shown)
    return format_html(
        '<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="cap"></line>'
        '<text x="{}%" y="{}" class="name">{}</text>',
        f"{LEFT + (RIGHT - LEFT) * level.start:.2f}",
        f"{LEFT + (RIGHT - LEFT) * level.end:.2f}",
        f"{LEFT + (RIGHT - LEFT) * level.start:.2f}",
        y - 5,
        level.words,
        y=y,
    )


def _reached(one: Ahead, shown: Domain) -> SafeString | str:
    """The interval in which what is expected happens."""
    if one.earliest is None or one.latest is None:
        return ""
    return format_html(
        '<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="interval ahead"></line>',
        f"{LEFT + (RIGHT - LEFT) * min(1.0, one.earliest):.2f}",
        f"{LEFT + (RIGHT - LEFT) * min(1.0, one.latest):.2f}",
        y=_y(one.value, shown),
    )
