"""A snapshot says which items were there, so that later ones stay out of its exports."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0004_item_waits_for")]

    operations = [
        migrations.AddField(
            model_name="snapshot", name="last_item", field=models.BigIntegerField(default=0)
        )
    ]
