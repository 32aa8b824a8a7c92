"""Labels of planted gold have a purpose of their own: only what the column may hold, no statement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0015_suggestion_arms")]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("work", "Work"),
                    ("qualification", "Qualification"),
                    ("planted", "Planted"),
                    ("review", "Review"),
                ],
                default="work",
                max_length=13,
            ),
        ),
    ]
