"""Charts of the People list: an interval beside each name, and everybody in one picture."""

import math
from collections.abc import Callable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotate.models import AnnotatorQuality, QualityReport
from annotate.quality.intervals import Z
from annotate.quality.study import LEAST_COMPARED
from frontend.charts import Estimate, domain, percent
from frontend.people.listing import main_question, name_of
from frontend.project_pages import Role, Visit

MOST_DOTS, MANY_DOTS = 400, 80
HEIGHT, TOP, BOTTOM = 240, 14, 206
LEFT, RIGHT = 10.0, 98.0
LEAST_PEOPLE = 3
Scale = Callable[[float], float]


def inline(estimate: Estimate, *, usual: float) -> SafeString:
    """An interval on a line from 0 to 1, in the width of a table's cell; a tick where most are."""
    return format_html(
        '<svg class="chart spark" aria-hidden="true" width="100%" height="12">'
        '<line x1="0" x2="100%" y1="6" y2="6" class="grid"></line>'
        '<line x1="{0}%" x2="{0}%" y1="1" y2="11" class="usual"></line>'
        '<g class="people"><line x1="{1}%" x2="{2}%" y1="6" y2="6" class="interval"></line>'
        '<circle cx="{3}%" cy="6" r="3.5" class="point"></circle></g></svg>',
        f"{100 * usual:.1f}",
        f"{100 * estimate.least:.1f}",
        f"{100 * estimate.most:.1f}",
        f"{100 * estimate.value:.1f}",
    )


def spread_chart(seen: Visit) -> dict[str, object] | None:
    """Everybody's agreement against the number of labels it stands on; None with too few people.

    The band holds 95 of 100 people who all agree as often as the group does: the fewer labels,
    the wider it is, so that nobody looks odd for having labelled little.
    """
    question = main_question(seen.project)
    report = QualityReport.objects.filter(project=seen.project, question=question).first()
    rows = list(
        AnnotatorQuality.objects.filter(
            project=seen.project,
            question=question,
            agreement__isnull=False,
            annotator__kind="human",
        )
        .select_related("annotator__user")
        .defer("data")
        .order_by("-compared")[:MOST_DOTS]
    )
    if report is None or len(rows) < LEAST_PEOPLE:
        return None
    usual = report.prior_a / (report.prior_a + report.prior_b)
    return {
        "svg": _drawn(seen, rows, usual),
        "least": rows[-1].compared if len(rows) == MOST_DOTS else LEAST_COMPARED,
        "usual": usual,
    }


def _drawn(seen: Visit, rows: list[AnnotatorQuality], usual: float) -> SafeString:
    shares = [row.hits / row.compared for row in rows]
    shown = domain([Estimate(share) for share in shares], always=[usual])
    least, most = rows[-1].compared, max(rows[0].compared, rows[-1].compared * 2)

    def x(n: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(n / least) / math.log(most / least)

    def y(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * shown.share(share), 1)

    admin = seen.may(Role.ADMIN)
    return format_html(
        '<svg class="chart spread" role="group" aria-label="Agreement of {} people by number of labels"'
        ' width="100%" height="{}">{}{}{}{}</svg>',
        len(rows),
        HEIGHT,
        format_html_join(
            "",
            '<line x1="{2}%" x2="100%" y1="{0}" y2="{0}" class="grid"></line>'
            '<text x="0" y="{1}" class="tick">{3}</text>',
            ((y(t), y(t) + 4, LEFT, percent(t, places=0)) for t in shown.ticks),
        ),
        format_html_join(
            "",
            '<text x="{}%" y="{}" text-anchor="{}" class="tick">{} labels</text>',
            (
                (LEFT, HEIGHT - 6, "start", f"{least:,}"),
                ("100", HEIGHT - 6, "end", f"{most:,}"),
            ),
        ),
        format_html_join(
            "",
            '<a href="{0}"><title>{5}: {6} of {7}</title>'
            '<circle cx="{1}%" cy="{2}" r="{3}" class="point {4}"></circle></a>',
            (
                (
                    reverse("person", args=[seen.project.slug, row.annotator_id]),
                    f"{x(row.compared):.2f}",
                    y(share),
                    4 if len(rows) <= MANY_DOTS else 2.5,
                    "looks" if row.signs else "people",
                    name_of(row.annotator, admin=admin),
                    percent(share, places=0),
                    f"{row.compared:,}",
                )
                for row, share in zip(rows, shares, strict=True)
            ),
        ),
        _band(usual, least, most, x, y),
    )


def _band(usual: float, least: int, most: int, x: Scale, y: Scale) -> SafeString:
    """Two lines of short pieces, between which 95 % of equals lie."""
    places = [least * (most / least) ** (step / 24) for step in range(25)]
    half = [Z * math.sqrt(usual * (1 - usual) / n) for n in places]
    pieces = [
        (f"{x(a):.2f}", y(usual + sign * p), f"{x(b):.2f}", y(usual + sign * q), name)
        for sign, name in ((1, "edge"), (-1, "edge"), (0, "usual"))
        for a, b, p, q in zip(places, places[1:], half, half[1:], strict=False)
    ]
    return format_html_join(
        "", '<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="{}"></line>', pieces
    )
