"""Name the arm that suggestions are compared with: only what the column may hold, no statement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0014_workspace")]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="suggest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Nothing"),
                    ("none", "nothing, to compare with"),
                    ("after", "after the own answer"),
                    ("before", "beforehand"),
                ],
                db_default="",
                default="",
                max_length=6,
            ),
        ),
    ]
