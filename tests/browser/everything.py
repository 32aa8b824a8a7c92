"""A project in which every page has something to show: the demo's items and labels, and the rest."""

from decimal import Decimal
from functools import cached_property

from django.core.files.base import ContentFile

from annotate import crowd, invitations, members
from annotate.budgets import set_budget
from annotate.demo.pairs import PRESET, read_items
from annotate.demo.pairs.simulate import FIRST_DAY, simulate_labels
from annotate.form_versions import store_form
from annotate.formats import importer
from annotate.gold import set_gold_from
from annotate.guidelines import add_guidelines
from annotate.importing import import_items
from annotate.models import BulkAction, Gold, Membership
from annotate.presets import create_project
from annotate.transfers import start_export, start_import
from routing.models import RoutingDecision
from routing.routing import set_policy
from routing.trial_models import JudgeTrial
from tests.background import do_all_jobs
from tests.factories import make_annotation, make_assignment, make_item, make_member, make_user
from tests.frontend.rows import make_judge, make_review, make_reward_model, metrics

LINES = b'{"id": "a", "prompt": "Why?", "completions": ["Yes.", "No."]}\nnot a line of JSON\n'


class Everything:
    """The project, whom to sign in as, and for every page's argument what to fill in."""

    def __init__(self):
        self.project = create_project(name="Everything", slug="everything", preset=PRESET)
        # A reward model is made below: to train one takes longer than to look at all pages.
        self.project.retrain_after_labels = 10**6
        self.project.save(update_fields=["retrain_after_labels"])
        self.admin = make_user("admin", is_staff=True)
        make_member(self.project, role=Membership.Role.ADMIN, user=self.admin)
        self.bring_in_items()
        self.add_people()
        self.change_items()
        do_all_jobs(self.project)
        self.add_routing()
        self.add_own_labels()

    def bring_in_items(self):
        rows = simulate_labels(read_items(), seed=1, since=FIRST_DAY)
        import_items(self.project, rows, importer("tandem", self.project.questions, {}))
        self.items = list(self.project.items.order_by("pk"))
        self.labels = list(self.project.annotations.filter(annotator__kind="human"))

    def add_people(self):
        self.annotator = make_user("annotator")
        self.group = members.add_group(self.project, "german", ["de"])
        self.member = make_member(self.project, user=self.annotator)
        members.set_groups(self.member, [self.group])
        members.qualify(self.member)
        self.learner = make_member(self.project, user=make_user("learner"))
        members.pause(make_member(self.project, user=make_user("paused")), "Answers too fast.")
        self.invitation = invitations.invite(self.project, note="for Ada", uses=9, by=self.admin)
        invitations.revoke(invitations.invite(self.project, by=self.admin).invitation)
        _, self.crowd_secret = crowd.set_up(self.project, completion_code="C1", labels_each=5)
        set_budget(self.project, unit="usd", period="month", cap=Decimal(25))
        set_budget(self.project, unit="labels", period="total", cap=Decimal(150))

    def change_items(self):
        uses = (Gold.Use.EXAMPLE, Gold.Use.QUALIFICATION, Gold.Use.PLANTED, Gold.Use.CHECK)
        one_each = {label.item_id: label for label in self.labels}
        for label, use in zip(one_each.values(), uses, strict=False):
            set_gold_from(label, by=self.admin, note="As the *guidelines* say.", use=use)
        self.project.qualification_pass, self.project.qualification_size = 0.5, 1
        self.project.save(update_fields=["qualification_pass", "qualification_size"])
        file = ContentFile(LINES, name="items.jsonl")
        self.transfer = start_import(self.project, file, format="tandem", user=self.admin)
        self.export = start_export(self.project, format="tandem", user=self.admin)
        ids = [item.pk for item in self.items[:3]]
        self.bulk = BulkAction.objects.create(
            project=self.project, user=self.admin, kind="tag", settings={"tag": "short"}, items=ids
        )
        add_guidelines(self.project, "# Read both\n\nThen choose.")
        questions = list(self.project.form.questions)
        store_form(self.project, questions[:-1], note="Nobody wrote why.")

    def add_routing(self):
        self.judge = make_judge(self.project, name="near")
        for item in self.items[:9]:
            make_annotation(item, self.judge.annotator)
        self.policy = set_policy(self.project, "confidence", judge=self.judge)
        RoutingDecision.objects.bulk_create(
            RoutingDecision(policy=self.policy, item=item, route="judge", reason="sure", score=0.9)
            for item in self.items[:9]
        )
        self.trial = JudgeTrial.objects.create(
            project=self.project, judge=self.judge, cap_usd=1, state="done"
        )
        make_reward_model(self.project, metrics=metrics(accuracy=0.65))
        self.model = make_reward_model(self.project, version=2, promoted=True)
        self.review = make_review(self.labels[0], self.model)

    def add_own_labels(self):
        """By whoever looks at the pages; one was corrected."""
        member = self.admin.memberships.get(project=self.project)
        lent = make_assignment(make_item(self.project), member, state="submitted")
        told = {"assignment": lent, "order": lent.order, "active_seconds": 90}
        label = make_annotation(lent.item, lent.annotator, **told)
        self.own_label = make_annotation(
            lent.item, lent.annotator, supersedes=label, key="again", **told
        )

    def value(self, page, argument):
        """What stands for ``argument`` in the address of ``page``; 0 where nobody has said."""
        found = {
            "slug": self.project.slug,
            "secret": self.crowd_secret if page == "crowd-link" else self.invitation.secret,
            "version": self.model.version,
            "kind": {"log-file": "csv", "site-log-file": "csv"}.get(page, "all_human"),
        }
        return found[argument] if argument in found else self.rows.get(page, 0)

    @cached_property
    def rows(self):
        """The primary key in the address of each page about one row."""
        rows = {
            "person": self.labels[0].annotator,
            "member": self.member,
            "group": self.group,
            "item": self.items[0],
            "bulk-change": self.bulk,
            "transfer": self.transfer,
            "transfer-file": self.export,
            "judge": self.judge,
            "judge-trial": self.trial,
            "review": self.review,
            "adjudicate": self.items[7],
            "my-label": self.own_label,
        }
        return {page: row.pk for page, row in rows.items()}

    @property
    def queries(self):
        """What follows the address of a page that is not one without it."""
        return {"crowd-link": "?PROLIFIC_PID=a1&STUDY_ID=b2&SESSION_ID=c3"}
