"""Staff may read what was routed, asked and learnt; changes go through the pages."""

from django.contrib import admin

from annotate.admin import ReadOnly
from routing.models import Judge, JudgeCall, Review, RewardModel, RoutingDecision, RoutingPolicy


@admin.register(Judge)
class JudgeAdmin(ReadOnly):
    list_display = ("name", "version", "project", "kind", "model", "active", "fault")
    list_select_related = True


@admin.register(JudgeCall)
class JudgeCallAdmin(ReadOnly):
    list_display = ("id", "judge", "item", "order", "state", "tries", "cost_usd", "fault")
    list_filter = ("state", "judge")
    list_select_related = True


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(ReadOnly):
    list_display = ("project", "version", "kind", "active", "created_at")
    list_select_related = True


@admin.register(RoutingDecision)
class RoutingDecisionAdmin(ReadOnly):
    list_display = ("created_at", "item", "route", "reason", "policy")
    list_filter = ("route", "policy")
    list_select_related = True


@admin.register(RewardModel)
class RewardModelAdmin(ReadOnly):
    list_display = ("project", "version", "recipe", "promoted", "verdict", "created_at")
    exclude = ("heads",)
    list_select_related = True


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    list_display = ("project", "annotation", "probability", "state", "created_at")
    list_filter = ("state",)
    list_select_related = True
