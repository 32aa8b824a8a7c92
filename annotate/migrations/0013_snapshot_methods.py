"""Which methods of aggregation a snapshot's labels are made into one by; none for earlier ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0012_ledger_by_unit")]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="methods",
            field=models.JSONField(blank=True, default=dict),
        )
    ]
