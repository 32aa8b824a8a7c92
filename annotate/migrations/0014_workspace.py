"""What the workspace is about: onboarding, gold among the work, suggestions, media and crowds."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotate", "0013_snapshot_methods"),
    ]

    operations = [
        migrations.CreateModel(
            name="Crowd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("completion_code", models.CharField(max_length=60)),
                ("labels_each", models.PositiveIntegerField(default=20)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="CrowdVisit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("participant", models.CharField(max_length=64)),
                ("study", models.CharField(blank=True, max_length=64)),
                ("session", models.CharField(blank=True, max_length=64)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                ("digest", models.CharField(max_length=64)),
                ("content_type", models.CharField(max_length=60)),
                ("size", models.PositiveBigIntegerField()),
                ("width", models.PositiveIntegerField(blank=True, null=True)),
                ("height", models.PositiveIntegerField(blank=True, null=True)),
                ("file", models.FileField(max_length=200, upload_to="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "media",
            },
        ),
        migrations.AddField(
            model_name="annotation",
            name="reason",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="assignment",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("work", "Work"),
                    ("qualification", "Qualification"),
                    ("planted", "Planted"),
                ],
                db_default="work",
                default="work",
                max_length=13,
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="suggest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Nothing"),
                    ("after", "after the own answer"),
                    ("before", "beforehand"),
                ],
                db_default="",
                default="",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="gold",
            name="use",
            field=models.CharField(
                choices=[
                    ("check", "measures whoever comes across it"),
                    ("planted", "planted among everybody's items"),
                    ("qualification", "part of the qualification test"),
                    ("example", "a worked example"),
                ],
                default="check",
                max_length=13,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="examples_seen_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="guidelines_read_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="most_labels",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="qualification_attempt",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="membership",
            name="qualified_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="since_gold",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="project",
            name="corrections",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="project",
            name="dispute_overlap",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(2),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="gold_every",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, validators=[django.core.validators.MinValueValidator(2)]
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="gold_pass",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(1),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="gold_window",
            field=models.PositiveSmallIntegerField(
                default=10, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="most_labels_each",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="open_to_all",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="qualification_feedback",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="project",
            name="qualification_pass",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(1),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="qualification_size",
            field=models.PositiveSmallIntegerField(
                default=5,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="qualification_tries",
            field=models.PositiveSmallIntegerField(
                default=2, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="suggestions",
            field=models.CharField(
                choices=[
                    ("off", "never"),
                    ("after", "after the own answer"),
                    ("arm", "beforehand, for a random share of the items"),
                ],
                default="off",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="suggestions_from",
            field=models.CharField(
                choices=[("judges", "the judges"), ("model", "the reward model")],
                default="judges",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="suggestions_share",
            field=models.FloatField(
                default=0.5,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(1),
                ],
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="comfort",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddIndex(
            model_name="gold",
            index=models.Index(
                condition=models.Q(("use", "check"), _negated=True), fields=["use"], name="gold_use"
            ),
        ),
        migrations.AddField(
            model_name="crowd",
            name="group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="crowds",
                to="annotate.group",
            ),
        ),
        migrations.AddField(
            model_name="crowd",
            name="project",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="crowd",
                to="annotate.project",
            ),
        ),
        migrations.AddField(
            model_name="crowdvisit",
            name="crowd",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="visits",
                to="annotate.crowd",
            ),
        ),
        migrations.AddField(
            model_name="crowdvisit",
            name="membership",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="crowd_visit",
                to="annotate.membership",
            ),
        ),
        migrations.AddField(
            model_name="media",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="media",
                to="annotate.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="crowdvisit",
            constraint=models.UniqueConstraint(
                fields=("crowd", "participant"), name="crowd_participant_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.UniqueConstraint(
                fields=("project", "name"),
                name="media_name",
                violation_error_message="The project already has a file of this name.",
            ),
        ),
    ]
