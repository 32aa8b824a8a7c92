"""Find the labels that a suggestion is recorded with; empty where nothing was ever suggested."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0016_planted_labels")]

    operations = [
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("suggestions__isnull", False)),
                fields=["project", "id"],
                name="annotation_suggested",
            ),
        ),
    ]
