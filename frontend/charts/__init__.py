"""Charts drawn on the server as SVG, each with the figures beside it for a table.

Across, everything is placed in per cent and text keeps its size, so a chart fits any width without
a script. Looks come from classes: the Content Security Policy allows no style in the page.
"""

from frontend.charts.intervals import Row, intervals
from frontend.charts.scales import Domain, Estimate, domain, percent
from frontend.charts.shares import Part, bar, meter, parts
from frontend.charts.times import Ahead, Level, Stack, areas, round_domain, stacked
from frontend.charts.versions import Series, by_version

__all__ = [
    "Ahead",
    "Domain",
    "Estimate",
    "Level",
    "Part",
    "Row",
    "Series",
    "Stack",
    "areas",
    "bar",
    "by_version",
    "domain",
    "intervals",
    "meter",
    "parts",
    "percent",
    "round_domain",
    "stacked",
]
